// SPDX-License-Identifier: MIT
/*
 * assert - stops at a broken invariant, which is a bug and never an input.
 *
 * assert() is there in debug builds; in release the condition is compiled, so
 * that it stays valid C, but never evaluated.  assert_always() is for the few
 * checks whose failure would go on to destroy data.  Both are expressions.
 */
#pragma once

#include "lib/panic.h"
#include "lib/util.h"

#define assert_always(cond)						\
	(likely(cond) ? (void)0 : panic("%s", __FILE__ ":"		\
		STRINGIFY(__LINE__) ": assertion failed: " #cond))

#ifdef DEBUG
#define assert(cond)	assert_always(cond)
#else
#define assert(cond)	((void)sizeof(!(cond)))
#endif
