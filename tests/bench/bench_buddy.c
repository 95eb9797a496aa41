// SPDX-License-Identifier: MIT
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "tests/bench/kbench.h"

#define NR_PAGES 1024

static void measure_order(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	if (!page) {
		kbench_skip("no block of that order is free");
		return;
	}
	free_pages(page, order);
	KBENCH(1000, 1, free_pages(alloc_pages(gfp, order), order));
}

BENCH(buddy_order0, "alloc_pages + free_pages, order 0, hot")
{
	measure_order(GFP_KERNEL, 0);
}

BENCH(buddy_orders, "order 1")
{
	measure_order(GFP_KERNEL, 1);
	kbench_row("order 2");
	measure_order(GFP_KERNEL, 2);
	kbench_row("order 3");
	measure_order(GFP_KERNEL, 3);
	kbench_row("order 5");
	measure_order(GFP_KERNEL, 5);
	kbench_row("order 9");
	measure_order(GFP_KERNEL, 9);
	kbench_row("order 10");
	measure_order(GFP_KERNEL, 10);
}

BENCH(buddy_zero, "order 0, GFP_ZERO")
{
	measure_order(GFP_KERNEL | GFP_ZERO, 0);
}

static void alloc_and_free_all(struct page **pages)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (unsigned int i = 0; i < NR_PAGES; i++)
		if (pages[i])
			free_page(pages[i]);
}

BENCH(buddy_1024, "1024 x order 0 and back, per page")
{
	struct page **pages = kmalloc(NR_PAGES * sizeof(*pages), GFP_KERNEL);

	if (!pages) {
		kbench_skip("no memory");
		return;
	}
	KBENCH(100, NR_PAGES, alloc_and_free_all(pages));
	kfree(pages);
}
