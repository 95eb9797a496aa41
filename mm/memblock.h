// SPDX-License-Identifier: MIT
/*
 * memblock - RAM as ranges of page frames, from the loader's map until buddy
 * takes over.
 *
 * Context of everything here: boot, one CPU, interrupts off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86/mmu.h"

struct boot_info;

/* That the two sets can hold: the map's ranges, and what boot reserves. */
#define MEMBLOCK_RAM		240
#define MEMBLOCK_RESERVED	48

/* In page frames, of 4 KiB each. */
struct memblock_stats {
	uint64_t nr_told;	/* RAM in the loader's map */
	pfn_t	nr_ram;		/* of it, what Atlas uses */
	pfn_t	nr_reserved;	/* of that, taken: image, modules, ... */
	uint64_t nr_beyond;	/* RAM at 4 GiB and above, out of reach */
	pfn_t	nr_cut;		/* below: cut by mem= or want of mem_map */
	unsigned int nr_lost;	/* map entries that found no room */
};

/**
 * memblock_init() - make a memory map of what was added and removed so far.
 *
 * RAM counts as far up as mem_map can describe without taking more than half
 * of low memory.  Reserved are frame 0, the kernel's image and the modules of
 * @info.  From here on max_pfn and max_low_pfn are known.
 */
void memblock_init(const struct boot_info *info);

/**
 * memblock_add() - there is RAM in [@start, @end), in bytes.
 * memblock_remove() - there is none in it after all.
 * memblock_reserve() - what of it is RAM, now or later, is taken.
 *
 * RAM rounds inward to whole pages, the other two outward.  Ranges may come
 * in any order, touch and overlap.  An empty one changes nothing.  One with
 * @end < @start wraps: nobody can trust it, so as RAM it changes nothing, and
 * for the other two it reaches to the end of the world.
 *
 * RAM that no longer fits into the table is left unused and counted as lost;
 * a reservation that does not fit panics.
 */
void memblock_add(uint64_t start, uint64_t end);
void memblock_remove(uint64_t start, uint64_t end);
void memblock_reserve(uint64_t start, uint64_t end);

/** memblock_limit() - use no RAM at or above byte @size. */
void memblock_limit(uint64_t size);

/**
 * memblock_alloc() - take zeroed memory for ever, out of low RAM.
 * @size:  rounded up to whole pages
 * @align: a power of two; at least a page anyway
 *
 * The highest address that fits, so that zone DMA stays free if it can.
 * Panics, saying so, when there is none.
 */
void *memblock_alloc(size_t size, size_t align);

/**
 * memblock_next_ram(), memblock_next_free() - walk ranges in rising order.
 *
 *	pfn_t start, end = 0;
 *
 *	while (memblock_next_free(&start, &end))
 *		...[start, end) is RAM and not reserved...
 *
 * Return: false when no range is left.
 */
bool memblock_next_ram(pfn_t *start, pfn_t *end);
bool memblock_next_free(pfn_t *start, pfn_t *end);

/** memblock_retire() - buddy has it all: nobody may ask here any more. */
void memblock_retire(void);

struct memblock_stats memblock_get_stats(void);

/** memblock_report() - print the ranges and what is out of reach. */
void memblock_report(void);
void memblock_check(void);
