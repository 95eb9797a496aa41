// SPDX-License-Identifier: MIT
/*
 * bitmap - an array of bits in 32-bit words, lowest bit of the first one first.
 *
 * A search answers with a bit number, or with @nr_bits when there is none.
 * Bits at and beyond @nr_bits in the last word are never looked at.
 *
 * Locking: the caller's; no operation here is atomic.
 */
#pragma once

#include "lib/util.h"

#define BITMAP_WORDS(nr_bits)	DIV_ROUND_UP(nr_bits, 32)
#define BITMAP_BIT_(bit)	((uint32_t)1 << ((bit) % 32))

static inline void bitmap_set(uint32_t *map, size_t bit)
{
	map[bit / 32] |= BITMAP_BIT_(bit);
}

static inline void bitmap_clear(uint32_t *map, size_t bit)
{
	map[bit / 32] &= ~BITMAP_BIT_(bit);
}

static inline bool bitmap_test(const uint32_t *map, size_t bit)
{
	return map[bit / 32] & BITMAP_BIT_(bit);
}

/* Set or clear the bits [start, start + nr). */
void bitmap_set_range(uint32_t *map, size_t start, size_t nr);
void bitmap_clear_range(uint32_t *map, size_t start, size_t nr);

/* The first 0 (or 1) at or above @from, which may be @nr_bits. */
size_t bitmap_find_next_zero(const uint32_t *map, size_t nr_bits, size_t from);
size_t bitmap_find_next_set(const uint32_t *map, size_t nr_bits, size_t from);

static inline size_t bitmap_find_first_zero(const uint32_t *map, size_t nr_bits)
{
	return bitmap_find_next_zero(map, nr_bits, 0);
}

/* The start of the first run of @nr zeros (at least 1) at or above @from. */
size_t bitmap_find_zero_range(const uint32_t *map, size_t nr_bits, size_t from,
			      size_t nr);

/* The number of ones. */
size_t bitmap_count(const uint32_t *map, size_t nr_bits);
