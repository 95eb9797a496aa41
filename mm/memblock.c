// SPDX-License-Identifier: MIT
/*
 * memblock - which RAM there is, and which of it is taken, before buddy.
 *
 * Two sets of page frame ranges.  What is free is their difference:
 *
 *	ram		|=======|   |=====================|
 *	reserved	|=|          |====|             |=|
 *	free		  |=====|   |      |============|
 *
 * True whenever no call is under way (memblock_check() walks it):
 *   M1  the ranges of a set are not empty and rise; between two there is a gap
 *   M2  nothing is added to a full set in silence
 *
 * The loader's map is not to be trusted: its entries come unsorted, overlap,
 * end inside pages, wrap, or lie beyond what 32 bits reach.  Each is rounded
 * so that a doubtful page is not RAM, then goes into the set; the set sorts.
 *
 * Locking: none; boot runs on one CPU with interrupts off.
 * Not here: what the frames are used for (zone.c), giving back (buddy.c).
 */
#include "mm/memblock.h"

#include "boot/boot_info.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/page.h"
#include "mm/pagecopy.h"
#include "mm/zone.h"
#include "x86/sections.h"

#define PFN_4G		((pfn_t)1 << (32 - PAGE_SHIFT))
#define PFN_LOW_MAX	(DIRECTMAP_MAX >> PAGE_SHIFT)
#define PFN_TOP		((pfn_t)-1)		/* 16 TiB, the end */

/* Taken before mem_map: the kernel's tables, and four of the direct map's. */
#define NR_TABLES	(KERNEL_TABLES + 4)

struct range {
	pfn_t start, end;
};

struct range_set {
	unsigned int nr, max;
	struct range *range;
};

static struct range ram_ranges[MEMBLOCK_RAM];
static struct range reserved_ranges[MEMBLOCK_RESERVED];
static struct range_set ram = { 0, MEMBLOCK_RAM, ram_ranges };
static struct range_set reserved = { 0, MEMBLOCK_RESERVED, reserved_ranges };
static struct memblock_stats stats;
static bool retired;

pfn_t max_pfn, max_low_pfn;

/* ----------------------------------------------------------- sets of ranges */

/* Make @nr_new ranges out of the @nr_old ones at @at. */
static bool set_resize(struct range_set *set, unsigned int at,
		       unsigned int nr_old, unsigned int nr_new)
{
	if (set->nr - nr_old + nr_new > set->max)
		return false;
	memmove(&set->range[at + nr_new], &set->range[at + nr_old],
		(set->nr - at - nr_old) * sizeof(struct range));
	set->nr += nr_new - nr_old;
	return true;
}

/* Return: false when there is no room; then nothing has changed. */
static bool set_add(struct range_set *set, pfn_t start, pfn_t end)
{
	unsigned int first = 0, last;

	if (start >= end)
		return true;
	while (first < set->nr && set->range[first].end < start)
		first++;
	for (last = first; last < set->nr && set->range[last].start <= end;
	     last++) {			/* it overlaps or touches: swallow */
		start = min(start, set->range[last].start);
		end = max(end, set->range[last].end);
	}
	if (!set_resize(set, first, last - first, 1))
		return false;
	set->range[first] = (struct range){ start, end };
	return true;
}

/* Return: false when a range that was split lost its smaller part. */
static bool set_remove(struct range_set *set, pfn_t start, pfn_t end)
{
	unsigned int i = 0;
	bool fits = true;

	while (i < set->nr && start < end) {
		struct range *range = &set->range[i];

		if (range->end <= start || range->start >= end) {
			i++;
			continue;
		}
		if (start <= range->start && range->end <= end) {
			set_resize(set, i, 1, 0);
		} else if (start <= range->start) {
			range->start = end;
		} else if (range->end <= end) {
			range->end = start;
		} else if (set_resize(set, i, 0, 1)) {
			range[0].end = start;		/* 1 is a copy of 0 */
			range[1].start = end;
		} else {
			fits = false;
			if (start - range->start < range->end - end)
				range->start = end;
			else
				range->end = start;
		}
	}
	return fits;
}

static uint64_t set_count(const struct range_set *set)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < set->nr; i++)
		nr += set->range[i].end - set->range[i].start;
	return nr;
}

static void set_check(const struct range_set *set)
{
	assert(set->nr <= set->max);
	for (unsigned int i = 0; i < set->nr; i++) {		/* M1 */
		assert(set->range[i].start < set->range[i].end);
		assert(i == 0 || set->range[i - 1].end < set->range[i].start);
	}
}

/* ---------------------------------------------------------- bytes to frames */

static pfn_t pfn_down(uint64_t address)
{
	return min(address >> PAGE_SHIFT, (uint64_t)PFN_TOP);
}

static pfn_t pfn_up(uint64_t address)
{
	uint64_t pfn = address >> PAGE_SHIFT;

	return min(pfn + ((address & (PAGE_SIZE - 1)) != 0), (uint64_t)PFN_TOP);
}

void memblock_add(uint64_t start, uint64_t end)
{
	assert(!retired);
	if (start <= end && !set_add(&ram, pfn_up(start), pfn_down(end)))
		stats.nr_lost++;				/* M2 */
}

void memblock_remove(uint64_t start, uint64_t end)
{
	assert(!retired);
	if (start == end)
		return;
	if (!set_remove(&ram, pfn_down(start),
			end < start ? PFN_TOP : pfn_up(end)))
		stats.nr_lost++;				/* M2 */
}

void memblock_reserve(uint64_t start, uint64_t end)
{
	assert(!retired);
	if (start == end)
		return;
	if (!set_add(&reserved, pfn_down(start),
		     end < start ? PFN_TOP : pfn_up(end)))
		panic("memblock: no room for reservation %u of this machine",
		      MEMBLOCK_RESERVED + 1);			/* M2 */
}

/* ------------------------------------------------------------ what is there */

bool memblock_next_ram(pfn_t *start, pfn_t *end)
{
	for (unsigned int i = 0; i < ram.nr; i++) {
		if (ram.range[i].end <= *end)
			continue;
		*start = max(ram.range[i].start, *end);
		*end = ram.range[i].end;
		return true;
	}
	return false;
}

/* The first part of [*start, *end) that is not reserved. */
static bool clip_to_unreserved(pfn_t *start, pfn_t *end)
{
	for (unsigned int i = 0; i < reserved.nr && *start < *end; i++) {
		const struct range *taken = &reserved.range[i];

		if (taken->end <= *start)
			continue;
		if (taken->start > *start) {
			*end = min(*end, taken->start);
			break;
		}
		*start = taken->end;
	}
	return *start < *end;
}

bool memblock_next_free(pfn_t *start, pfn_t *end)
{
	while (memblock_next_ram(start, end)) {
		pfn_t ram_end = *end;

		if (clip_to_unreserved(start, end))
			return true;
		*end = ram_end;
	}
	return false;
}

void *memblock_alloc(size_t size, size_t align)
{
	pfn_t nr = DIV_ROUND_UP((uint64_t)size, PAGE_SIZE);
	pfn_t step = max(align >> PAGE_SHIFT, (size_t)1);
	pfn_t start, end = 0, found = 0;
	char *memory;

	assert(!retired && size > 0 && IS_POWER_OF_2(align));
	while (memblock_next_free(&start, &end) && start < PFN_LOW_MAX) {
		pfn_t top = min(end, PFN_LOW_MAX);

		if (top - start >= nr &&
		    ALIGN_DOWN(top - nr, step) >= start)
			found = ALIGN_DOWN(top - nr, step);
	}
	if (!found)
		panic("memblock: this machine has too little memory: "
		      "no %u KiB in one piece", (unsigned int)(size / 1024));

	memblock_reserve((uint64_t)found << PAGE_SHIFT,
			 (uint64_t)(found + nr) << PAGE_SHIFT);
	memory = phys_to_virt(found << PAGE_SHIFT);
	for (pfn_t i = 0; i < nr; i++)
		clear_page(memory + i * PAGE_SIZE);
	return memory;
}

/* -------------------------------------------------------- the loader's map */

static void cut(pfn_t limit)
{
	pfn_t start, end = 0;

	while (memblock_next_ram(&start, &end)) {
		pfn_t from = max(start, limit);
		pfn_t border = max(from, PFN_4G);

		if (end > border)
			stats.nr_beyond += end - border;
		if (min(end, PFN_4G) > from)
			stats.nr_cut += min(end, PFN_4G) - from;
	}
	set_remove(&ram, limit, PFN_TOP);	/* never splits */
	max_pfn = ram.nr ? ram.range[ram.nr - 1].end : 0;
	max_low_pfn = min(max_pfn, PFN_LOW_MAX);
}

/*
 * mem_map has an entry for each frame up to the last, holes too, and on to the
 * next MAX_BLOCK (zone.c, Z2).  It must lie in one piece in low memory, from
 * which tables have been taken by then.
 * A machine with a little RAM far up would lose all of its low memory to it.
 */
static void cut_what_mem_map_cannot_describe(void)
{
	pfn_t start, end = 0, nr_low = 0, nr_longest = 0;
	uint64_t room;
	pfn_t nr;

	while (memblock_next_free(&start, &end) && start < PFN_LOW_MAX) {
		nr = min(end, PFN_LOW_MAX) - start;
		nr_low += nr;
		nr_longest = max(nr_longest, nr);
	}
	nr_longest -= min(nr_longest, NR_TABLES);
	room = (uint64_t)min(nr_low / 2, nr_longest) * PAGE_SIZE;
	nr = ALIGN_DOWN(room / sizeof(struct page), MAX_BLOCK);
	if (nr < max_pfn)
		cut(nr);
}

void memblock_limit(uint64_t size)
{
	assert(!retired);
	cut(pfn_down(size));
	cut_what_mem_map_cannot_describe();
}

void memblock_init(const struct boot_info *info)
{
	stats.nr_told = set_count(&ram);
	cut(PFN_4G);

	memblock_reserve(0, PAGE_SIZE);		/* the BIOS's, and NULL */
	memblock_reserve((uintptr_t)_kernel_start - PAGE_OFFSET,
			 (uintptr_t)_kernel_end - PAGE_OFFSET);
	for (unsigned int i = 0; i < info->nr_modules; i++)
		memblock_reserve(info->modules[i].start, info->modules[i].end);
	cut_what_mem_map_cannot_describe();
}

void memblock_retire(void)
{
	retired = true;
}

/* ----------------------------------------------------------------- reports */

struct memblock_stats memblock_get_stats(void)
{
	struct memblock_stats now = stats;
	pfn_t start, end = 0;

	now.nr_ram = set_count(&ram);
	now.nr_reserved = now.nr_ram;
	while (memblock_next_free(&start, &end))
		now.nr_reserved -= end - start;
	return now;
}

static unsigned int mib(uint64_t nr_pages)
{
	return nr_pages >> (20 - PAGE_SHIFT);
}

void memblock_report(void)
{
	struct memblock_stats now = memblock_get_stats();
	pfn_t start, end = 0;

	while (memblock_next_ram(&start, &end))
		pr_info("memblock: RAM %08x-%08x, %u KiB",
			start << PAGE_SHIFT, (end << PAGE_SHIFT) - 1,
			(end - start) << (PAGE_SHIFT - 10));
	pr_info("memblock: %u MiB of RAM, %u KiB of it taken at boot",
		mib(now.nr_ram), now.nr_reserved << (PAGE_SHIFT - 10));
	if (now.nr_beyond)
		pr_info("memblock: %u MiB of RAM at 4 GiB and above are "
			"out of reach",
			mib(now.nr_beyond));
	if (now.nr_cut)
		pr_info("memblock: %u MiB of RAM are left unused "
			"(mem=, or no room for mem_map)",
			mib(now.nr_cut));
	if (now.nr_lost)
		pr_warn("memblock: %u entries of the memory map found no room",
			now.nr_lost);
}

void memblock_check(void)
{
	set_check(&ram);
	set_check(&reserved);
}
