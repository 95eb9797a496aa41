// SPDX-License-Identifier: MIT
/*
 * What memblock said of this machine, against what stands on it.  (Strange
 * maps are in tests/host/test_memblock.c.)
 */
#include "boot/boot_info.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "mm/zone.h"
#include "tests/ktap.h"
#include "x86/sections.h"

static bool is_free_at_boot(pfn_t pfn)
{
	pfn_t start, end = 0;

	while (memblock_next_free(&start, &end))
		if (pfn >= start && pfn < end)
			return true;
	return false;
}

TEST(memblock, ranges_rise_and_do_not_touch)
{
	pfn_t start, end = 0, last = 0;

	memblock_check();
	while (memblock_next_ram(&start, &end)) {
		EXPECT(start < end);
		EXPECT(start > last || last == 0);
		last = end;
	}
	EXPECT_EQ(last, max_pfn);
}

TEST(memblock, free_ranges_lie_in_ram)
{
	pfn_t start, end = 0, nr_free = 0;
	struct memblock_stats stats = memblock_get_stats();

	while (memblock_next_free(&start, &end)) {
		pfn_t ram_start, ram_end = start;

		EXPECT(memblock_next_ram(&ram_start, &ram_end));
		EXPECT(ram_start == start && ram_end >= end);
		nr_free += end - start;
	}
	EXPECT_EQ(nr_free + stats.nr_reserved, stats.nr_ram);
	EXPECT_EQ(stats.nr_ram + stats.nr_cut + stats.nr_beyond,
		  stats.nr_told);
}

TEST(memblock, frame_0_the_image_and_modules_are_reserved)
{
	phys_addr_t image = virt_to_phys(_kernel_start);

	EXPECT(!is_free_at_boot(0));
	EXPECT(mem_map[0].flags & PG_RESERVED);
	for (; image < virt_to_phys(_kernel_end); image += PAGE_SIZE) {
		EXPECT(!is_free_at_boot(image >> PAGE_SHIFT));
		EXPECT(phys_to_page(image)->flags & PG_RESERVED);
	}
	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		const struct boot_module *module = &boot_info.modules[i];

		for (phys_addr_t at = PAGE_ALIGN_DOWN(module->start);
		     at < module->end; at += PAGE_SIZE)
			EXPECT(!is_free_at_boot(at >> PAGE_SHIFT));
	}
	EXPECT(virt_to_page(mem_map)->flags & PG_RESERVED);
	EXPECT(virt_to_page(mem_map + max_pfn - 1)->flags & PG_RESERVED);
}

TEST(memblock, buddy_has_every_frame_that_was_free_and_no_other)
{
	pfn_t start, end = 0, at = 0;
	size_t nr_managed = 0, nr_free = 0;

	while (memblock_next_free(&start, &end)) {
		for (; at < start; at++)
			if (!EXPECT(mem_map[at].flags == PG_RESERVED))
				return;
		for (; at < end; at++)
			if (!EXPECT(!(mem_map[at].flags & PG_RESERVED)))
				return;
		nr_free += end - start;
	}
	for (; at < max_pfn; at++)
		REQUIRE(mem_map[at].flags == PG_RESERVED);
	for (enum zone_id id = 0; id < NR_ZONES; id++)
		nr_managed += zones[id].nr_managed;
	EXPECT_EQ(nr_managed, nr_free);
}
