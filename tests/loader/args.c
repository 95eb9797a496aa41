// SPDX-License-Identifier: MIT
/* args - prints what it was called with. */
#include <stdio.h>
#include <string.h>

static const char *volatile relocated = "moved pointers point";

int main(int argc, char **argv)
{
	size_t length = 0;

	printf("args: %s\n", relocated);
	for (int i = 0; i < argc; i++) {
		printf("args: argv[%d] = %.60s\n", i, argv[i]);
		length += strlen(argv[i]) + 1;
	}
	printf("args: %d arguments, %zu bytes, then %s\n", argc, length,
	       argv[argc] ? "rubbish" : "NULL");
	return 0;
}
