// SPDX-License-Identifier: MIT
/*
 * bitmap - searches and ranges, a word at a time.
 *
 * Searching for a 0 is searching for a 1 in the complement, so there is one
 * search, with a mask that flips each word or does not.
 */
#include "lib/bitmap.h"

/* The bits of word @word that lie in [start, end), which meets that word. */
static uint32_t word_mask(size_t word, size_t start, size_t end)
{
	uint32_t mask = ~(uint32_t)0;

	if (start > word * 32)
		mask <<= start % 32;
	if (end < (word + 1) * 32)
		mask &= ~(~(uint32_t)0 << end % 32);
	return mask;
}

void bitmap_set_range(uint32_t *map, size_t start, size_t nr)
{
	size_t end = start + nr;

	for (size_t word = start / 32; word * 32 < end; word++)
		map[word] |= word_mask(word, start, end);
}

void bitmap_clear_range(uint32_t *map, size_t start, size_t nr)
{
	size_t end = start + nr;

	for (size_t word = start / 32; word * 32 < end; word++)
		map[word] &= ~word_mask(word, start, end);
}

static __always_inline size_t find_next(const uint32_t *map, size_t nr_bits,
					size_t from, uint32_t flip)
{
	size_t word = from / 32;
	uint32_t bits;

	if (from >= nr_bits)
		return nr_bits;
	bits = (map[word] ^ flip) & ~(uint32_t)0 << from % 32;
	while (!bits) {
		if (++word >= BITMAP_WORDS(nr_bits))
			return nr_bits;
		bits = map[word] ^ flip;
	}
	return min(word * 32 + (size_t)__builtin_ctz(bits), nr_bits);
}

size_t bitmap_find_next_zero(const uint32_t *map, size_t nr_bits, size_t from)
{
	return find_next(map, nr_bits, from, ~(uint32_t)0);
}

size_t bitmap_find_next_set(const uint32_t *map, size_t nr_bits, size_t from)
{
	return find_next(map, nr_bits, from, 0);
}

size_t bitmap_find_zero_range(const uint32_t *map, size_t nr_bits, size_t from,
			      size_t nr)
{
	size_t start = bitmap_find_next_zero(map, nr_bits, from);
	size_t end;

	while (nr <= nr_bits - start) {
		end = bitmap_find_next_set(map, start + nr, start);
		if (end == start + nr)
			return start;
		start = bitmap_find_next_zero(map, nr_bits, end);
	}
	return nr_bits;
}

size_t bitmap_count(const uint32_t *map, size_t nr_bits)
{
	size_t count = 0;
	uint32_t bits;

	for (size_t word = 0; word * 32 < nr_bits; word++) {
		bits = map[word] & word_mask(word, 0, nr_bits);
		for (; bits; bits &= bits - 1)
			count++;
	}
	return count;
}
