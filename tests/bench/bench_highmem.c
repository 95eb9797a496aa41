// SPDX-License-Identifier: MIT
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/pagecopy.h"
#include "mm/vmalloc.h"
#include "tests/bench/kbench.h"

#define NR_SWEEP	2000

/* A highmem page, or NULL after saying so. */
static struct page *highmem_page(void)
{
	struct page *page = alloc_page(GFP_USER);

	if (page && page_is_highmem(page))
		return page;
	if (page)
		free_page(page);
	kbench_skip("no RAM above the direct map");
	return NULL;
}

BENCH(kmap_same, "kmap + kunmap, same highmem page")
{
	struct page *page = highmem_page();

	if (!page)
		return;
	KBENCH(1000, 1, { kmap(page); kunmap(page); });
	free_page(page);
}

BENCH(kmap_sweep, "kmap + kunmap, sweep over 2000 highmem pages, mean")
{
	struct page **pages = vmalloc(NR_SWEEP * sizeof(*pages));
	unsigned int nr = 0;

	while (pages && nr < NR_SWEEP && (pages[nr] = highmem_page()))
		nr++;
	if (nr == NR_SWEEP)
		KBENCH(8, NR_SWEEP, {
			for (unsigned int i = 0; i < NR_SWEEP; i++) {
				kmap(pages[i]);
				kunmap(pages[i]);
			}
		});
	while (nr > 0)
		free_page(pages[--nr]);
	vfree(pages);
}

BENCH(kmap_lowmem, "kmap + kunmap, lowmem page")
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	KBENCH(1000, 1, {
		barrier();		/* mem_map must be looked up anew */
		asm volatile("" : : "r"(kmap(page)));
		kunmap(page);
	});
	free_page(page);
}

BENCH(kmap_atomic_highmem, "kmap_atomic + kunmap_atomic, highmem")
{
	struct page *page = highmem_page();

	if (!page)
		return;
	KBENCH(1000, 1, { kunmap_atomic(kmap_atomic(page)); });
	free_page(page);
}

BENCH(kmap_atomic_lowmem, "kmap_atomic + kunmap_atomic, lowmem")
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	KBENCH(1000, 1, {
		void *addr = kmap_atomic(page);

		asm volatile("" : "+r"(addr));
		kunmap_atomic(addr);
	});
	free_page(page);
}

BENCH(clear_highpage, "clear a highmem page")
{
	struct page *page = highmem_page();

	if (!page)
		return;
	KBENCH(1000, 1, { clear_highpage(page); });
	free_page(page);
}

BENCH(copy_highpage, "copy highmem to highmem")
{
	struct page *from = highmem_page();
	struct page *to = highmem_page();

	if (from && to)
		KBENCH(1000, 1, { copy_highpage(to, from); });
	if (from)
		free_page(from);
	if (to)
		free_page(to);
}
