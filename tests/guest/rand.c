// SPDX-License-Identifier: MIT
/* rand - see rand.h. */
#include "tests/guest/rand.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/guest/guest.h"

uint32_t features;

static const struct rand_program *program;
static uint32_t random_state;
static char line[4096];
static size_t length;

/* Shared by the processes of a sequence. */
static struct {
	uint32_t digest, nr_lines;
	bool aloud;
} *told;

/* ------------------------------------------------------- random numbers */

void seed_random(uint32_t seed, uint32_t step)
{
	random_state = seed * 2654435761u ^ (step + 1) * 0x9E3779B1u;
	if (!random_state)
		random_state = 1;
}

uint32_t below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return (random_state >> 3) % limit;
}

bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* ---------------------------------------------------------------- lines */

void say(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	length += vsnprintf(line + length, sizeof(line) - length, text, args);
	va_end(args);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
}

static void write_line(void)
{
	for (size_t at = 0; at < length;) {
		ssize_t done = write(STDOUT_FILENO, line + at, length - at);

		if (done <= 0)
			_exit(3);
		at += done;
	}
	length = 0;
}

void end_line(void)
{
	line[length++] = '\n';
	for (size_t i = 0; i < length; i++)
		told->digest = (told->digest ^ line[i]) * 16777619u;
	told->nr_lines++;
	if (told->aloud)
		write_line();
	length = 0;
}

/* ------------------------------------------------------------- sequences */

/* In a child: @taken is which steps, in order; NULL: all. */
static void sequence(uint32_t seed, char *const *taken, uint32_t nr_taken)
{
	const uint32_t nr = taken ? nr_taken : program->nr_steps;

	program->begin();
	for (uint32_t i = 0; i < nr; i++)
		program->step(seed, taken ? strtoul(taken[i], NULL, 0) : i, i);
	program->end();
	_exit(0);
}

static void tell_sequence(uint32_t seed, char *const *taken,
			  uint32_t nr_taken)
{
	int status = -1;
	pid_t pid;

	told->digest = 2166136261u;
	told->nr_lines = 0;
	pid = fork();
	if (pid == 0)
		sequence(seed, taken, nr_taken);
	waitpid(pid, &status, 0);
	length = 0;
	if (status)
		say("seed %u: status %#x", seed, status);
	say("seed %u: %u lines, digest %08x\n", seed, told->nr_lines,
	    told->digest);
	write_line();
}

int rand_main(int argc, char **argv, const struct rand_program *which)
{
	guest_start(argv);
	program = which;
	features = program->features;
	told = shared(sizeof(*told));
	if (argc > 3 && !strcmp(argv[1], "only")) {
		features = strtoul(argv[2], NULL, 0);
		told->aloud = true;
		tell_sequence(strtoul(argv[3], NULL, 0),
			      argc > 4 ? argv + 4 : NULL, argc - 4);
		return 0;
	}
	if (argc > 4 && !strcmp(argv[1], "all")) {
		char *same[] = { argv[0], argv[3], argv[4], argv[2] };

		told->aloud = true;
		memcpy(argv, same, sizeof(same));
	}
	if (argc > 3)
		features = strtoul(argv[3], NULL, 0);
	say("# features %u\n", features);
	write_line();
	for (uint32_t seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1,
	     nr = argc > 2 ? strtoul(argv[2], NULL, 0) : 40; nr--; seed++)
		tell_sequence(seed, NULL, 0);
	return 0;
}
