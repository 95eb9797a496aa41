// SPDX-License-Identifier: MIT
/*
 * init - memory management comes up, each step standing on the one before:
 *
 *	memblock	which frames are RAM, and which are taken already
 *	directmap	low RAM at 3 GiB + phys for good; the kernel's tables
 *	zone		struct page for each frame; DMA, Normal, HighMem
 *	buddy		every free frame; memblock retires
 *	slab		objects smaller than a page: kmalloc(); from here on a
 *			zone that runs short asks reclaim() below
 *	vmalloc		contiguous addresses over any frames
 *	page tables, areas, shared memory, faults: what address spaces need
 */
#include "mm/init.h"

#include "boot/boot_info.h"
#include "boot/multiboot.h"
#include "lib/cmdline.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/directmap.h"
#include "mm/fault.h"
#include "mm/highmem.h"
#include "mm/memblock.h"
#include "mm/mm.h"
#include "mm/shmem.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/zone.h"

#define MIN_FREE	32u		/* pages; boot itself takes fewer */

static void limit_memory(void)
{
	char text[32];
	uint64_t size;

	if (!cmdline_get(boot_info.cmdline, "mem", text, sizeof(text)))
		return;
	if (parse_size(text, NULL, &size) || size < 2 * MIB)
		pr_warn("init: mem=%s is no size of 2M or more: ignored", text);
	else
		memblock_limit(size);
}

/* One clear word here, not a dozen places where boot runs dry. */
static void require_memory(void)
{
	size_t nr_free = buddy_nr_free();

	if (nr_free < MIN_FREE)
		panic("init: this machine has too little memory: %zu KiB are free, %u are needed",
		      nr_free * 4, MIN_FREE * 4);
}

/* Memory is short: what the allocators keep for speed goes back first. */
static size_t reclaim(gfp_t gfp, unsigned int order)
{
	(void)gfp;
	(void)order;
	return slab_reap();
}

void mm_bring_up(void)
{
	memblock_init(&boot_info);
	limit_memory();
	multiboot_keep_text();
	directmap_init();
	zone_init();
	buddy_init();
	require_memory();
	slab_init();
	(void)buddy_set_reclaim(reclaim);
	highmem_init();
	vmalloc_init();
	mm_init();
	pagecache_init();
	shmem_init();
	fault_init();
}

void mm_report(void)
{
	memblock_report();
	zone_report();
}
