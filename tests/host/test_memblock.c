// SPDX-License-Identifier: MIT
/*
 * memblock against an array of two flags a page, and maps of strange loaders.
 */
#include "host.h"
#include "boot/boot_info.h"

#include "mm/memblock.c"

char _kernel_start[1], _kernel_end[1];

/* What memblock_alloc() cleared: its addresses mean nothing here. */
static size_t nr_cleared;

void clear_page(void *page)
{
	EXPECT(PAGE_ALIGNED((uintptr_t)page));
	nr_cleared++;
}

static void start_anew(void)
{
	ram.nr = 0;
	reserved.nr = 0;
	stats = (struct memblock_stats){ 0 };
	retired = false;
	max_pfn = max_low_pfn = 0;
	nr_cleared = 0;
}

/* ---------------------------------------------------------------- the model */

#define NR_PAGES	512u
#define NR_BYTES	((uint64_t)NR_PAGES << PAGE_SHIFT)

static bool is_ram[NR_PAGES], is_taken[NR_PAGES];

static void model_start(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		is_ram[i] = is_taken[i] = false;
	start_anew();
}

/* Is page @n wholly in [start, end)? */
static bool covers(uint64_t start, uint64_t end, uint64_t n)
{
	return start <= n * PAGE_SIZE && end >= (n + 1) * PAGE_SIZE;
}

/* Does it have a byte in it? */
static bool touches(uint64_t start, uint64_t end, uint64_t n)
{
	return start < end && start < (n + 1) * PAGE_SIZE &&
	       end > n * PAGE_SIZE;
}

static bool same_as_model(void)
{
	pfn_t start, end = 0, at = 0;

	while (memblock_next_ram(&start, &end)) {
		while (at < min(start, NR_PAGES))
			if (is_ram[at++])
				return false;
		while (at < min(end, NR_PAGES))
			if (!is_ram[at++])
				return false;
	}
	while (at < NR_PAGES)
		if (is_ram[at++])
			return false;
	for (at = end = 0; memblock_next_free(&start, &end); ) {
		while (at < min(start, NR_PAGES)) {
			if (is_ram[at] && !is_taken[at])
				return false;
			at++;
		}
		while (at < min(end, NR_PAGES)) {
			if (!is_ram[at] || is_taken[at])
				return false;
			at++;
		}
	}
	for (; at < NR_PAGES; at++)
		if (is_ram[at] && !is_taken[at])
			return false;
	return true;
}

/* Where memblock_alloc() must find @nr pages, or -1. */
static long model_find(unsigned int nr, unsigned int align)
{
	for (long at = NR_PAGES - nr; at >= 1; at--) {
		unsigned int i = 0;

		if (at % align)
			continue;
		while (i < nr && is_ram[at + i] && !is_taken[at + i])
			i++;
		if (i == nr)
			return at;
	}
	return -1;
}

static void random_alloc(void)
{
	unsigned int nr = 1 + host_random_below(8);
	unsigned int align = 1u << host_random_below(4);
	long at = model_find(nr, align);

	if (at < 0) {
		EXPECT_PANIC(memblock_alloc(nr * PAGE_SIZE,
					    align * PAGE_SIZE));
		EXPECT(strstr(host_panic_text, "too little memory"));
		return;
	}
	EXPECT_EQ((uintptr_t)memblock_alloc(nr * PAGE_SIZE - 7,
					    align * PAGE_SIZE),
		  PAGE_OFFSET + at * PAGE_SIZE);
	while (nr--)
		is_taken[at + nr] = true;
}

/* Mostly short ranges, some empty, some that wrap. */
static void random_range(uint64_t *start, uint64_t *end)
{
	uint64_t size = host_random_below(host_random_one_in(4) ?
					  NR_BYTES : 6 * PAGE_SIZE);

	*start = host_random_below(NR_BYTES);
	if (host_random_one_in(3))
		*start &= ~(uint64_t)(PAGE_SIZE - 1);
	if (host_random_one_in(3))
		size &= ~(uint64_t)(PAGE_SIZE - 1);
	if (host_random_one_in(50))
		size = 0;
	*end = min(*start + size, NR_BYTES);
	if (host_random_one_in(500))
		*end = host_random_below(NR_BYTES);
}

static void random_step(void)
{
	uint64_t start, end, last;
	unsigned int what = host_random_below(10);

	random_range(&start, &end);
	last = end < start ? UINT64_MAX : end;
	if (what < 4) {
		memblock_add(start, end);
		for (unsigned int i = 0; i < NR_PAGES; i++)
			is_ram[i] |= covers(start, end, i);
	} else if (what < 7) {
		memblock_reserve(start, end);
		for (unsigned int i = 0; i < NR_PAGES; i++)
			is_taken[i] |= touches(start, last, i);
	} else if (what < 9) {
		memblock_remove(start, end);
		for (unsigned int i = 0; i < NR_PAGES; i++)
			is_ram[i] &= !touches(start, last, i);
	} else {
		memblock_reserve(0, PAGE_SIZE);
		is_taken[0] = true;
		random_alloc();
	}
}

TEST(memblock, behaves_like_two_flags_a_page)
{
	for (int round = 0; round < 2500; round++) {
		model_start();
		for (int step = 0; step < 60; step++) {
			random_step();
			memblock_check();
			REQUIRE(same_as_model());
		}
	}
}

TEST(memblock, reservations_and_ram_may_come_in_any_order)
{
	model_start();
	memblock_reserve(0x3000, 0x5001);
	memblock_add(0x1000, 0x9000);
	memblock_reserve(0x8fff, 0x9000);
	for (int i = 1; i < 9; i++) {
		is_ram[i] = true;
		is_taken[i] = (i >= 3 && i <= 5) || i == 8;
	}
	EXPECT(same_as_model());
}

/* ------------------------------------------------------------ strange maps */

static struct boot_range map[256];
static unsigned int map_length;
static struct boot_info info;

static void map_start(void)
{
	start_anew();
	map_length = 0;
	info = (struct boot_info){ 0 };
}

static void map_entry(uint64_t start, uint64_t end, uint32_t type)
{
	map[map_length++] = (struct boot_range){ start, end, type };
}

/* In the order of boot/multiboot.c: RAM first. */
static void map_done(void)
{
	for (unsigned int i = 0; i < map_length; i++)
		if (map[i].type == BOOT_RANGE_RAM)
			memblock_add(map[i].start, map[i].end);
	for (unsigned int i = 0; i < map_length; i++)
		if (map[i].type != BOOT_RANGE_RAM)
			memblock_remove(map[i].start, map[i].end);
	memblock_init(&info);
}

static bool is_free(pfn_t pfn)
{
	pfn_t start, end = 0;

	while (memblock_next_free(&start, &end))
		if (pfn >= start && pfn < end)
			return true;
	return false;
}

TEST(memblock, a_usual_map_gives_its_ram)
{
	map_start();
	map_entry(0, 0x9fc00, 1);
	map_entry(0x9fc00, 0xa0000, 2);
	map_entry(0xf0000, 0x100000, 2);
	map_entry(0x100000, 0x7fe0000, 1);
	map_entry(0x7fe0000, 0x8000000, 2);
	map_entry(0xfffc0000, 0x100000000, 2);
	info.nr_modules = 1;
	info.modules[0] = (struct boot_module){ 0x200123, 0x201001, "x" };
	map_done();
	EXPECT_EQ(max_pfn, 0x7fe0);
	EXPECT_EQ(max_low_pfn, 0x7fe0);
	EXPECT(!is_free(0));
	EXPECT(is_free(1));
	EXPECT(is_free(0x9e));
	EXPECT(!is_free(0x9f));
	EXPECT(!is_free(0xf0));
	EXPECT(is_free(0x1ff));
	EXPECT(!is_free(0x200));
	EXPECT(!is_free(0x201));
	EXPECT(is_free(0x202));
	EXPECT_EQ(memblock_get_stats().nr_ram, 0x9f + 0x7ee0);
	EXPECT_EQ(memblock_get_stats().nr_reserved, 3);
	EXPECT_EQ(memblock_get_stats().nr_beyond, 0);
}

TEST(memblock, firmware_wins_over_ram_wherever_it_stands_in_the_map)
{
	map_start();
	map_entry(0x400000, 0x400800, 2);
	map_entry(0, 64 << 20, 1);
	map_entry(0x500800, 0x501800, 3);
	map_entry(0x3000000, 0x3000000, 2);
	map_done();
	EXPECT(is_free(0x3ff));
	EXPECT(!is_free(0x400));
	EXPECT(is_free(0x401));
	EXPECT(!is_free(0x500));
	EXPECT(!is_free(0x501));
	EXPECT(is_free(0x502));
	EXPECT(is_free(0x3000));
	EXPECT_EQ(max_pfn, 0x4000);
}

TEST(memblock, ram_out_of_reach_is_counted)
{
	map_start();
	map_entry(0x100000000, 0x140000000, 1);
	map_entry(0, 0xe0000000, 1);
	map_entry(0x120000000, 0x180000000, 1);
	map_done();
	EXPECT_EQ(max_pfn, 0xe0000);
	EXPECT_EQ(max_low_pfn, DIRECTMAP_MAX >> PAGE_SHIFT);
	EXPECT_EQ(memblock_get_stats().nr_beyond, 0x80000);
	EXPECT_EQ(memblock_get_stats().nr_cut, 0);
	EXPECT_EQ(memblock_get_stats().nr_told, 0x160000);
}

TEST(memblock, ram_up_to_the_end_of_64_bits_is_counted)
{
	map_start();
	map_entry(0, 64 << 20, 1);
	map_entry(0xffffffff00000000, UINT64_MAX, 1);
	map_entry(0xfffff000, 0x100001000, 1);
	map_done();
	EXPECT_EQ(memblock_get_stats().nr_beyond, 1);
	EXPECT_EQ(memblock_get_stats().nr_cut, 1); /* for want of mem_map */
	EXPECT_EQ(max_pfn, 0x4000);
}

TEST(memblock, an_entry_that_wraps_is_no_ram)
{
	map_start();
	map_entry(0, 64 << 20, 1);
	map_entry(0x5000000, 0x1000, 1);
	map_done();
	EXPECT_EQ(memblock_get_stats().nr_ram, 0x4000);
	memblock_remove(0x2000000, 0x1000);
	EXPECT_EQ(memblock_get_stats().nr_ram, 0x2000);
}

TEST(memblock, nothing_above_the_limit_is_used)
{
	map_start();
	map_entry(0, 0x40000000, 1);
	map_done();
	memblock_limit(64 << 20);
	EXPECT_EQ(max_pfn, 0x4000);
	EXPECT_EQ(memblock_get_stats().nr_cut, 0x3c000);
	EXPECT_EQ(memblock_get_stats().nr_ram, 0x4000);
	memblock_limit(0x1000800);
	EXPECT_EQ(max_pfn, 0x1000);
	EXPECT_EQ(memblock_get_stats().nr_cut, 0x3f000);
}

TEST(memblock, mem_map_takes_at_most_half_of_low_memory)
{
	map_start();
	map_entry(0, 16 << 20, 1);
	map_entry(0xf0000000, 0xf1000000, 1);
	map_done();
	EXPECT(max_pfn * sizeof(struct page) <= 8 << 20);
	EXPECT_EQ(memblock_get_stats().nr_cut, 0x1000);
}

TEST(memblock, takes_128_ranges_with_holes_between)
{
	map_start();
	map_entry(127 << 20, 160 << 20, 1);
	for (uint64_t i = 127; i-- > 0; )
		map_entry(i << 20, (i << 20) + 0x80000 + 0x7ff, 1);
	map_done();
	memblock_check();
	EXPECT_EQ(memblock_get_stats().nr_ram, 127 * 0x80 + 0x2100);
	EXPECT_EQ(memblock_get_stats().nr_lost, 0);
	for (pfn_t i = 1; i < 127; i++) {
		EXPECT(is_free(i << 8));
		EXPECT(is_free((i << 8) + 0x7f));
		EXPECT(!is_free((i << 8) + 0x80));
	}
}

TEST(memblock, one_ram_and_127_firmware_holes_in_it)
{
	map_start();
	for (uint64_t i = 1; i < 128; i++)
		map_entry((i << 20) + 0x123, (i << 20) + 0x124, i);
	map[0].type = 2;
	map_entry(0, 256 << 20, 1);
	map_done();
	memblock_check();
	EXPECT_EQ(memblock_get_stats().nr_ram, 0x10000 - 127);
	EXPECT(!is_free(0x7f00));
	EXPECT(is_free(0x7f01));
}

TEST(memblock, a_full_table_loses_ram_and_says_so)
{
	start_anew();
	for (uint64_t i = 0; i < MEMBLOCK_RAM + 3; i++)
		memblock_add(i * 0x2000, i * 0x2000 + 0x1000);
	memblock_check();
	EXPECT_EQ(memblock_get_stats().nr_lost, 3);
	EXPECT_EQ(memblock_get_stats().nr_ram, MEMBLOCK_RAM);
	memblock_add(0, 0x3000);		/* joins two: fits */
	EXPECT_EQ(memblock_get_stats().nr_lost, 3);
	memblock_add(0x800000, 0x801000);	/* and leaves room for one */
	EXPECT_EQ(memblock_get_stats().nr_lost, 3);
	memblock_remove(0x1000, 0x2000);	/* a split does not fit */
	memblock_check();
	EXPECT_EQ(memblock_get_stats().nr_lost, 4);
	EXPECT(!is_free(1));
}

TEST(memblock, a_range_that_no_split_fits_for_keeps_its_larger_part)
{
	start_anew();
	for (uint64_t i = 0; i < MEMBLOCK_RAM - 1; i++)
		memblock_add(i * 0x2000, i * 0x2000 + 0x1000);
	memblock_add(0x1000000, 0x2000000);
	memblock_remove(0x1001000, 0x1002000);
	memblock_remove(0x1ffe000, 0x1fff000);
	memblock_check();
	EXPECT_EQ(memblock_get_stats().nr_lost, 2);
	EXPECT(!is_free(0x1000));
	EXPECT(is_free(0x1002));
	EXPECT(is_free(0x1ffd));
	EXPECT(!is_free(0x1fff));
}

TEST(memblock, a_reservation_that_does_not_fit_panics)
{
	start_anew();
	for (uint64_t i = 0; i < MEMBLOCK_RESERVED; i++)
		memblock_reserve(i * 0x2000, i * 0x2000 + 1);
	EXPECT_PANIC(memblock_reserve(0x800000, 0x800001));
	EXPECT(strstr(host_panic_text, "no room for reservation"));
	memblock_reserve(0, 0x800000);
	EXPECT_EQ(reserved.nr, 1);
}

TEST(memblock, alloc_takes_the_highest_low_memory_and_clears_it)
{
	start_anew();
	memblock_add(0x1000, 2 * (uint64_t)DIRECTMAP_MAX);
	memblock_reserve(DIRECTMAP_MAX - 0x5000, DIRECTMAP_MAX - 0x4000);
	EXPECT_EQ((uintptr_t)memblock_alloc(0x4000, 4),
		  DIRECTMAP_LIMIT - 0x4000);
	EXPECT_EQ(nr_cleared, 4);
	EXPECT_EQ((uintptr_t)memblock_alloc(1, 0x4000),
		  DIRECTMAP_LIMIT - 0x8000);
	EXPECT_EQ(nr_cleared, 5);
	EXPECT_PANIC(memblock_alloc((size_t)DIRECTMAP_MAX, 4));
	EXPECT(strstr(host_panic_text, "too little memory"));
}

TEST(memblock, no_ram_at_all_is_said_clearly)
{
	map_start();
	map_done();
	EXPECT_EQ(max_pfn, 0);
	EXPECT_PANIC(memblock_alloc(PAGE_SIZE, PAGE_SIZE));
	EXPECT(strstr(host_panic_text, "too little memory"));
}

TEST(memblock, after_retirement_nothing_can_be_asked)
{
	start_anew();
	memblock_add(0x1000, 0x100000);
	memblock_retire();
	EXPECT_PANIC(memblock_alloc(PAGE_SIZE, PAGE_SIZE));
	EXPECT_PANIC(memblock_add(0, 0x1000));
	EXPECT_PANIC(memblock_reserve(0, 0x1000));
}
