// SPDX-License-Identifier: MIT
/*
 * malloc - libc's allocator works, on its brk path and on its mmap path.
 *
 * Promises: every size from 1 byte to 64 MiB can be had, holds a pattern, and
 * can be given back; calloc is zero even where memory was used before; realloc
 * keeps contents over growing, shrinking and the border between brk and mmap;
 * many blocks live side by side without touching one another.
 */
#include "tests/guest/guest.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NR_LIVE	512

/* mark(), is_marked() - a byte of its own at both ends and every 1021. */
__attribute__((noinline))
static void mark(uint8_t *block, size_t size, uint8_t seed)
{
	for (size_t i = 0; i < size; i += size > 65536 ? 1021 : 1)
		block[i] = seed + i % 251;
	block[size - 1] = seed;
}

static bool is_marked(const uint8_t *block, size_t size, uint8_t seed)
{
	for (size_t i = 0; i < size - 1; i += size > 65536 ? 1021 : 1)
		if (block[i] != (uint8_t)(seed + i % 251))
			return false;
	return block[size - 1] == seed;
}

static void check_sizes(void)
{
	static const size_t around[] = { 0, 1, 3 };
	bool all = true, aligned = true;

	for (unsigned int shift = 0; shift <= 26; shift++) {
		for (size_t i = 0; i < 3; i++) {
			size_t size = (1u << shift) + around[i];
			uint8_t *block;

			if (size == 0 || size > 64 << 20)
				continue;
			block = malloc(size);
			if (!block) {
				note("malloc(%zu) is NULL", size);
				all = false;
				continue;
			}
			aligned &= (uintptr_t)block % 8 == 0;
			mark(block, size, shift);
			all &= is_marked(block, size, shift);
			free(block);
		}
	}
	check(all, "sizes from 1 byte to 64 MiB can be had, used, given back");
	check(aligned, "each block is aligned to 8 bytes");
}

static void check_many(void)
{
	static uint8_t *block[NR_LIVE];
	static size_t size[NR_LIVE];
	uint32_t random = 1;
	bool all = true;

	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int i;

		random = random * 1664525 + 1013904223;
		i = random >> 16 & (NR_LIVE - 1);
		if (block[i]) {
			all &= is_marked(block[i], size[i], i);
			free(block[i]);
			block[i] = NULL;
			continue;
		}
		size[i] = 1 + (random >> 8) % (random % 16 ? 300 : 20000);
		block[i] = malloc(size[i]);
		if (!block[i])
			all = false;
		else
			mark(block[i], size[i], i);
	}
	for (unsigned int i = 0; i < NR_LIVE; i++) {
		if (block[i])
			all &= is_marked(block[i], size[i], i);
		free(block[i]);
	}
	check(all, "20000 random steps leave every block as it was written");
}

static void check_calloc(void)
{
	const size_t sizes[] = { 24, 5000, 100000, 1 << 20 };
	bool zero = true;

	for (size_t i = 0; i < 4; i++) {
		uint8_t *block = malloc(sizes[i]);

		memset(block, 0xa5, sizes[i]);
		free(block);
		block = calloc(1, sizes[i]);
		zero &= is_zero((uintptr_t)block, sizes[i]);
		free(block);
	}
	check(zero, "calloc gives zeros where memory was used before");
}

static void check_realloc(void)
{
	size_t size = 1;
	uint8_t *block = malloc(size);
	bool kept = true;

	block[0] = 1;
	while (size < 8 << 20) {
		block = realloc(block, size * 2);
		for (size_t i = 0; i < size; i += size / 16 + 1)
			kept &= block[i] == (uint8_t)(i * 7 + 1);
		size *= 2;
		for (size_t i = 0; i < size; i++)
			block[i] = i * 7 + 1;
	}
	check(kept, "realloc keeps the contents while it grows to 8 MiB");
	while (size > 16) {
		size /= 2;
		block = realloc(block, size);
		for (size_t i = 0; i < size; i += size / 16 + 1)
			kept &= block[i] == (uint8_t)(i * 7 + 1);
	}
	check(kept, "and while it shrinks again");
	free(block);
}

static void check_paths(void)
{
	struct mallinfo2 before, after;
	void *volatile small, *volatile large;	/* not optimised away */

	before = mallinfo2();
	large = malloc(1 << 20);
	after = mallinfo2();
	check(after.hblks == before.hblks + 1, "1 MiB comes from mmap");
	free(large);
	after = mallinfo2();
	check(after.hblks == before.hblks, "and goes back by munmap");
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	small = malloc(100 << 10);
	after = mallinfo2();
	check(after.hblks == before.hblks && after.arena >= 100 << 10,
	      "100 KiB come from brk");
	free(small);
	check(malloc_trim(0) >= 0, "the heap can be trimmed");
	small = malloc(0x60000000);
	large = malloc(0x60000000);
	check(!small || !large, "two blocks of 1.5 GiB are too much");
	free(small);
	free(large);
	small = malloc(100);
	check(small != NULL, "and the heap works afterwards");
	free(small);
}

static int fill_heap(long seed)
{
	uint8_t *block = malloc(200000);

	mark(block, 200000, seed);
	return is_marked(block, 200000, seed) ? 0 : 1;
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_paths();
	check_sizes();
	check_many();
	check_calloc();
	check_realloc();
	check(exited(run(fill_heap, 9), 0), "a child has a heap of its own");
	return guest_end();
}
