// SPDX-License-Identifier: MIT
/*
 * What many pairs cost in a row, divided by their number: a purge that one in
 * some dozen frees does is part of the figure, while a median would hide it.
 *
 * Each row begins with empty hot lists, for what lies there splits the blocks
 * of buddy, and the rows before would show in the figures.
 */
#include "lib/fmt.h"
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/vmalloc.h"
#include "tests/bench/kbench.h"

#define NR_MAX	10000

static void vmalloc_pairs(size_t size, unsigned int nr)
{
	while (nr-- > 0)
		vfree(vmalloc(size));
}

static void bench_size(size_t nr_pages, unsigned int nr_pairs)
{
	char row[40];

	snprintf(row, sizeof(row), "vmalloc + vfree, %zu page%s", nr_pages,
		 nr_pages == 1 ? "" : "s");
	kbench_row(row);
	buddy_drain();
	KBENCH(8, nr_pairs, { vmalloc_pairs(nr_pages * PAGE_SIZE, nr_pairs); });
}

BENCH(vmalloc_sizes, "vmalloc + vfree")
{
	bench_size(1, 1024);
	bench_size(16, 256);
	bench_size(256, 64);
	bench_size(1024, 64);
}

/* The same beside areas that stay. */
static void bench_beside(unsigned int nr_live, const char *row)
{
	void **live = vmalloc(NR_MAX * sizeof(*live));
	unsigned int nr = 0;

	kbench_row(row);
	buddy_drain();
	while (live && nr < nr_live && (live[nr] = vmalloc(PAGE_SIZE)))
		nr++;
	if (nr == nr_live)
		KBENCH(8, 1024, { vmalloc_pairs(PAGE_SIZE, 1024); });
	else
		kbench_skip("not enough memory");
	while (nr > 0)
		vfree(live[--nr]);
	vfree(live);
}

BENCH(vmalloc_live, "vmalloc + vfree, live areas")
{
	bench_beside(1000, "vmalloc + vfree, 1 page with 1000 live areas");
	bench_beside(10000, "vmalloc + vfree, 1 page with 10000 live areas");
	bench_beside(1, "scaling: vmalloc + vfree, 1 page, 1 areas");
	bench_beside(100, "scaling: vmalloc + vfree, 1 page, 100 areas");
	bench_beside(10000, "scaling: vmalloc + vfree, 1 page, 10000 areas");
}

BENCH(ioremap, "ioremap + iounmap, 1 page")
{
	KBENCH(8, 1024, {
		for (unsigned int i = 0; i < 1024; i++)
			iounmap(ioremap(0xfee00000, PAGE_SIZE));
	});
}

BENCH(vmap, "vmap + vunmap, 16 pages")
{
	struct page *pages[16];
	size_t nr = alloc_pages_bulk(GFP_USER, 16, pages);

	if (nr == 16)
		KBENCH(8, 1024, {
			for (unsigned int i = 0; i < 1024; i++)
				vunmap(vmap(pages, 16, PROT_KERNEL));
		});
	free_pages_bulk(pages, nr);
}
