// SPDX-License-Identifier: MIT
/*
 * banner - the map of mm/layout.h with this boot's numbers, as the first thing
 * that somebody sees of Atlas.
 */
#include "kernel/banner.h"

#include "lib/printk.h"
#include "mm/buddy.h"
#include "mm/fixmap.h"
#include "mm/layout.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "mm/zone.h"
#include "x86/sections.h"

static void line(vaddr_t at, const char *name)
{
	kprint("  %08X  +--------------------------------+ %s\n", at, name);
}

static void room(const char *what, uint32_t size)
{
	if (size >= MIB)
		kprint("            | %-16s %7u.%02u MiB |\n", what, size / MIB,
		       size % MIB * 100 / MIB);
	else
		kprint("            | %-16s %10u KiB |\n", what, size / 1024);
}

void banner(void)
{
	vaddr_t low_end = PAGE_OFFSET + (max_low_pfn << PAGE_SHIFT);
	vaddr_t image = (vaddr_t)_kernel_start;

	kprint("\nAtlas: the 4 GiB of this boot\n\n");
	line(FIXADDR_TOP, "");
	room("fixmap", FIX_COUNT * PAGE_SIZE);
	line(FIXADDR_START, "PKMAP_END");
	room("pkmap", PKMAP_END - PKMAP_BASE);
	line(PKMAP_BASE, "");
	room("vmalloc", VMALLOC_END - VMALLOC_START);
	line(VMALLOC_START, "");
	room("hole", VMALLOC_START - low_end);
	line(low_end, "end of low memory");
	room("direct map", low_end - PAGE_OFFSET);
	room("  the image", _kernel_end - _kernel_start);
	line(PAGE_OFFSET, "kernel above, user below");
	room("user", TASK_SIZE - MMAP_MIN_ADDR);
	line(MMAP_MIN_ADDR, "");
	room("never mapped", MMAP_MIN_ADDR);
	line(0, "");
	kprint("\n  image at %08X, virt = phys + %08X\n", image, PAGE_OFFSET);
	for (unsigned int z = 0; z < NR_ZONES; z++) {
		struct buddy_stats stats;

		buddy_get_stats(z, &stats);
		if (zones[z].nr_managed)
			kprint("  zone %-8s %8zu KiB, %8zu KiB free\n",
			       zones[z].name, zones[z].nr_managed * 4,
			       stats.nr_free * 4);
	}
	kprint("\n");
}
