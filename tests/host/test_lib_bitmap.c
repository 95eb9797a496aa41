// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/bitmap.h"

#define MAX_BITS 300

static size_t naive_next(const bool *bit, size_t nr, size_t from, bool wanted)
{
	while (from < nr && bit[from] != wanted)
		from++;
	return from < nr ? from : nr;
}

static size_t naive_zero_range(const bool *bit, size_t nr, size_t from,
			       size_t size)
{
	for (size_t start = from; start + size <= nr; start++) {
		size_t run = 0;

		while (run < size && !bit[start + run])
			run++;
		if (run == size)
			return start;
	}
	return nr;
}

/* One run over a map of @nr_bits, in exactly as many words as that needs. */
static void run_model(size_t nr_bits, int nr_ops)
{
	uint32_t *map = calloc(BITMAP_WORDS(nr_bits), sizeof(*map));
	bool bit[MAX_BITS] = { false };

	/* What lies behind the last bit is no part of it. */
	if (nr_bits % 32)
		map[nr_bits / 32] = (host_random() | 1) << nr_bits % 32;
	for (int op = 0; op < nr_ops; op++) {
		size_t at = host_random_below(nr_bits);
		size_t nr = host_random_below(nr_bits - at + 1);
		size_t size = 1 + host_random_below(host_random_one_in(2)
						    ? 4 : nr_bits);
		size_t count = 0;

		switch (host_random_below(8)) {
		case 0:
			bitmap_set_range(map, at, nr);
			for (size_t i = at; i < at + nr; i++)
				bit[i] = true;
			break;
		case 1:
			bitmap_clear_range(map, at, nr);
			for (size_t i = at; i < at + nr; i++)
				bit[i] = false;
			break;
		case 2 ... 4:
			bitmap_set(map, at);
			bit[at] = true;
			break;
		default:
			bitmap_clear(map, at);
			bit[at] = false;
		}
		for (size_t i = 0; i < nr_bits; i++) {
			EXPECT(bitmap_test(map, i) == bit[i]);
			count += bit[i];
		}
		EXPECT_EQ(bitmap_count(map, nr_bits), count);
		at = host_random_below(nr_bits + 1);
		EXPECT_EQ(bitmap_find_next_zero(map, nr_bits, at),
			  naive_next(bit, nr_bits, at, false));
		EXPECT_EQ(bitmap_find_next_set(map, nr_bits, at),
			  naive_next(bit, nr_bits, at, true));
		EXPECT_EQ(bitmap_find_first_zero(map, nr_bits),
			  naive_next(bit, nr_bits, 0, false));
		EXPECT_EQ(bitmap_find_zero_range(map, nr_bits, at, size),
			  naive_zero_range(bit, nr_bits, at, size));
	}
	free(map);
}

TEST(bitmap, behaves_like_an_array_of_bools)
{
	for (int i = 0; i < 600; i++)
		run_model(1 + host_random_below(MAX_BITS), 250);
}

TEST(bitmap, word_borders_are_no_special_case)
{
	for (size_t nr_bits = 31; nr_bits <= 33; nr_bits++)
		run_model(nr_bits, 2000);
	for (size_t nr_bits = 63; nr_bits <= 65; nr_bits++)
		run_model(nr_bits, 2000);
}

TEST(bitmap, a_range_of_no_bits_changes_nothing)
{
	uint32_t map[2] = { 0x12345678, 0x9abcdef0 };

	for (size_t at = 0; at <= 64; at++) {
		bitmap_set_range(map, at, 0);
		bitmap_clear_range(map, at, 0);
	}
	EXPECT(map[0] == 0x12345678 && map[1] == 0x9abcdef0);
}
