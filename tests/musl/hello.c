/* SPDX-License-Identifier: MIT */
/*
 * hello - a program on musl instead of glibc: another start-up, another malloc,
 * threads by other calls.  It prints the same on Linux and on Atlas.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int total;
static sigjmp_buf back;

static void check(int ok, const char *what)
{
	printf("%sok - %s\n", ok ? "" : "not ", what);
}

static void *count(void *unused)
{
	(void)unused;
	for (int i = 0; i < 10000; i++) {
		pthread_mutex_lock(&lock);
		total++;
		pthread_mutex_unlock(&lock);
	}
	return &total;
}

static void check_threads(void)
{
	pthread_t thread[4];
	void *result = NULL;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, count, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], &result);
	check(total == 40000 && result == &total, "four threads count");
}

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

static void check_memory(void)
{
	char *large = malloc(1 << 20), *small[100];
	char *volatile nowhere = (char *)16;
	int sum = 0;

	memset(large, 7, 1 << 20);
	for (int i = 0; i < 100; i++) {
		small[i] = calloc(1, 100 + i);
		sum += small[i][50];
	}
	large = realloc(large, 3 << 20);
	check(large[1000] == 7 && sum == 0, "malloc, calloc, realloc");
	for (int i = 0; i < 100; i++)
		free(small[i]);
	free(large);
	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(back, 1))
		strcpy(nowhere, "x");
	else
		check(1, "a bad access is caught");
}

static void check_processes(void)
{
	char text[16] = "";
	int ends[2], status;
	FILE *file = tmpfile();

	check(!pipe(ends), "pipe");
	if (!fork()) {
		dprintf(ends[1], "from below");
		_exit(3);
	}
	wait(&status);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 3, "fork and wait");
	check(read(ends[0], text, sizeof(text)) == 10 &&
	      !strcmp(text, "from below"), "what the child wrote");
	check(file && fprintf(file, "%d", 42) == 2, "a file in /tmp");
	check(write(99, "", 1) < 0 && errno == EBADF, "errno");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_threads();
	check_memory();
	check_processes();
	check(time(NULL) > 1000000000, "the date");
	printf("1..9\n");
	return 0;
}
