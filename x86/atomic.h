// SPDX-License-Identifier: MIT
/*
 * atomic - read-modify-write operations on an int32_t that are whole in the
 * eyes of every CPU and every interrupt (SDM volume 3, section 8.1).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline void atomic_inc(int32_t *v)
{
	__atomic_fetch_add(v, 1, __ATOMIC_SEQ_CST);
}

static inline void atomic_add(int32_t *v, int32_t n)
{
	__atomic_fetch_add(v, n, __ATOMIC_SEQ_CST);
}

/** atomic_dec_is_zero() - take one off and tell whether nothing is left. */
static inline bool atomic_dec_is_zero(int32_t *v)
{
	return __atomic_sub_fetch(v, 1, __ATOMIC_SEQ_CST) == 0;
}

/** atomic_cas() - if *@v is @old make it @new; tells whether it did. */
static inline bool atomic_cas(int32_t *v, int32_t old, int32_t new)
{
	return __atomic_compare_exchange_n(v, &old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
