// SPDX-License-Identifier: MIT
/* cmdline - finds words in the kernel's command line; see cmdline.h. */
#include "lib/cmdline.h"
#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Step to the next word at or behind @s; its size in *@size, 0 at the end. */
static const char *next_word(const char *s, size_t *size)
{
	const char *end;

	while (is_blank(*s))
		s++;
	for (end = s; *end && !is_blank(*end);)
		end++;
	*size = end - s;
	return s;
}

/* Is @word "@name" or "@name=..."? */
static bool word_is(const char *word, size_t size, const char *name)
{
	size_t length = strlen(name);

	return size >= length && strncmp(word, name, length) == 0 &&
	       (size == length || word[length] == '=');
}

bool cmdline_has(const char *cmdline, const char *name)
{
	size_t size;

	for (cmdline = next_word(cmdline, &size); size;
	     cmdline = next_word(cmdline + size, &size))
		if (word_is(cmdline, size, name))
			return true;
	return false;
}

bool cmdline_get(const char *cmdline, const char *name, char *buf, size_t size)
{
	const char *value = NULL;
	size_t length = 0;
	size_t word;

	for (cmdline = next_word(cmdline, &word); word;
	     cmdline = next_word(cmdline + word, &word)) {
		if (!word_is(cmdline, word, name) || word == strlen(name))
			continue;
		value = cmdline + strlen(name) + 1;
		length = cmdline + word - value;
	}
	if (value)
		strlcpy(buf, value, min(size, length + 1));
	return value;
}
