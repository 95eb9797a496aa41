/* SPDX-License-Identifier: MIT */
/*
 * rand - random sequences of calls, told line by line: what rand_mm and
 * rand_files have in common.
 *
 *	PROGRAM [first seed [how many [features]]]	by default 1 and 40
 *	PROGRAM only features seed [step...]	each line of one sequence
 *	PROGRAM all features seed how-many	each line of several
 *
 * There is no model here, as rand_mmap has one: what is right is what Linux
 * does.  A sequence is a process of its own, and each of its steps makes a
 * line.  All lines together give the digest that is printed;
 * tests/linux/differential.py compares digests, and has the lines printed where
 * two differ.
 *
 *	seed 7: 208 lines, digest 89abcdef
 *
 * Each step has random numbers of its own, from the seed and its number, so
 * that a sequence can be told again with some steps left out ("only"): what is
 * left is nearly the same, and often as wrong.
 *
 * What features there are is the program's business; it is a sum of bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct rand_program {
	uint32_t features;		/* all that there are */
	uint32_t nr_steps;		/* of a sequence */
	void (*begin)(void);		/* a sequence, in its process */
	void (*step)(uint32_t seed, uint32_t step, uint32_t nth);
	void (*end)(void);
};

extern uint32_t features;		/* that are wanted */

/* rand_main() - be that program. */
int rand_main(int argc, char **argv, const struct rand_program *program);

/* seed_random() - the numbers of one step of one sequence. */
void seed_random(uint32_t seed, uint32_t step);

/* below(), one_in() - the next number, as one in [0, limit), or as a chance. */
uint32_t below(uint32_t limit);
bool one_in(uint32_t n);

/* say() - more of the line; end_line() - that was all of it. */
void say(const char *text, ...) __attribute__((format(printf, 1, 2)));
void end_line(void);

/* add_word() - to a digest of the caller's own. */
static inline uint32_t add_word(uint32_t digest, uint32_t word)
{
	return (digest ^ word ^ word >> 15) * 16777619u;
}
