// SPDX-License-Identifier: MIT
/*
 * fuzz - a harness of libFuzzer, made of a host test.
 *
 * fuzz_X.c includes the test of X, with its hooks and its model, and defines
 * fuzz(), which is called with one input after the other.  The test's random
 * numbers are bytes of that input, and a failed EXPECT() is a crash.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of the present input. */
extern const uint8_t *fuzz_input;
extern size_t fuzz_left;

/* Use all of the present input.  Leaves nothing behind. */
void fuzz(void);

/* A size for pieces of an input, so that input alone decides. */
static inline size_t fuzz_piece(void)
{
	return 1 + fuzz_left * 7 % 200;
}
