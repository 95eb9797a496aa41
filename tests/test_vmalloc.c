// SPDX-License-Identifier: MIT
#include "mm/vmalloc.h"

#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/kmalloc.h"
#include "mm/tlb.h"
#include "tests/ktap.h"
#include "x86/sections.h"

#define VGA_TEXT	0xb8000u	/* device memory that each PC has */
#define VGA_HIDDEN	(VGA_TEXT + 0x4000)	/* not on the screen */

static bool is_mapped(const void *addr)
{
	return pte_is_present(*kernel_pte((vaddr_t)addr));
}

static struct vmalloc_stats get_stats(void)
{
	struct vmalloc_stats stats;

	vmalloc_get_stats(&stats);
	return stats;
}

/* Free pages, when nothing is held back for speed. */
static size_t nr_free_settled(void)
{
	vmalloc_purge();
	slab_reap();
	return buddy_nr_free();
}

TEST(vmalloc, memory_is_page_aligned_and_holds_what_is_written)
{
	static const size_t sizes[] = {
		1, 4095, 4096, 4097, 8192, 65536, 65 * 4096, 300 * 4096 + 5,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *addr = vmalloc(sizes[i]);

		REQUIRE(addr);
		EXPECT(PAGE_ALIGNED((vaddr_t)addr) && is_vmalloc_addr(addr));
		for (size_t at = 0; at < sizes[i]; at++)
			addr[at] = at * 13 + (at >> 12);
		for (size_t at = 0; at < sizes[i]; at++)
			if (!EXPECT(addr[at] == (uint8_t)(at * 13 + (at >> 12))))
				break;
		vfree(addr);
	}
}

TEST(vmalloc, a_page_before_and_behind_each_area_is_unmapped)
{
	char *a = vmalloc(3 * PAGE_SIZE);
	char *b = vmalloc(2 * PAGE_SIZE);
	char *c = vmalloc(1);

	REQUIRE(a && b && c);
	EXPECT(!is_mapped(a - 1) && !is_mapped(a + 3 * PAGE_SIZE));
	EXPECT(!is_mapped(b - 1) && !is_mapped(b + 2 * PAGE_SIZE));
	EXPECT(!is_mapped(c - 1) && !is_mapped(c + PAGE_SIZE));
	EXPECT(is_mapped(a) && is_mapped(a + 3 * PAGE_SIZE - 1));
	vfree(b);
	EXPECT(!is_mapped(b) && !is_mapped(b + PAGE_SIZE));
	EXPECT(is_mapped(a) && is_mapped(c));
	vfree(a);
	vfree(c);
}

TEST(vmalloc, sizes_of_0_or_above_the_space_give_null)
{
	size_t space = VMALLOC_END - VMALLOC_START;
	size_t nr_areas = get_stats().nr_areas;

	EXPECT(!vmalloc(0));
	EXPECT(!vzalloc(0));
	EXPECT(!vmalloc(space));
	EXPECT(!vmalloc(space + 1));
	EXPECT(!vmalloc(SIZE_MAX));
	EXPECT(!vmalloc(SIZE_MAX - PAGE_SIZE));
	EXPECT(!vmap(NULL, 0, PROT_KERNEL));
	EXPECT(!vmap(NULL, space / PAGE_SIZE, PROT_KERNEL));
	EXPECT(!vmap(NULL, SIZE_MAX, PROT_KERNEL));
	EXPECT_EQ(get_stats().nr_areas, nr_areas);
}

TEST(vmalloc, vfree_of_null_is_nothing)
{
	vfree(NULL);
}

TEST(vmalloc, vzalloc_gives_zeroes)
{
	size_t size = 20 * PAGE_SIZE;
	char *addr = vmalloc(size);
	bool is_zero = true;

	REQUIRE(addr);
	memset(addr, 0xee, size);
	vfree(addr);
	addr = vzalloc(size);
	REQUIRE(addr);
	for (size_t at = 0; at < size; at++)
		is_zero &= addr[at] == 0;
	EXPECT(is_zero);
	vfree(addr);
}

TEST(vmalloc, frames_come_from_highmem_first)
{
	struct page *page = alloc_page(GFP_USER);
	bool has_highmem;
	char *addr;

	REQUIRE(page);
	has_highmem = page_is_highmem(page);
	free_page(page);
	if (!has_highmem)
		SKIP("no RAM above the direct map");
	addr = vmalloc(70 * PAGE_SIZE);
	REQUIRE(addr);
	for (unsigned int i = 0; i < 70; i++)
		EXPECT(page_is_highmem(vmalloc_to_page(addr + i * PAGE_SIZE)));
	vfree(addr);
}

TEST(vmalloc, vmalloc_to_page_names_the_frame_behind_an_address)
{
	char *addr = vmalloc(2 * PAGE_SIZE);
	struct page *page;

	REQUIRE(addr);
	page = vmalloc_to_page(addr + PAGE_SIZE + 17);
	EXPECT(page == vmalloc_to_page(addr + PAGE_SIZE));
	EXPECT(page != vmalloc_to_page(addr));
	EXPECT(page->flags & PG_VMALLOC);
	EXPECT(!vmalloc_to_page(addr - 1));
	EXPECT(!vmalloc_to_page(addr + 2 * PAGE_SIZE));
	vfree(addr);
	EXPECT(!vmalloc_to_page(addr));
}

TEST(vmalloc, vmap_shows_given_pages_and_takes_no_reference)
{
	struct page *pages[3];
	uint32_t *addr;

	for (unsigned int i = 0; i < 3; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		REQUIRE(pages[i]);
		*(uint32_t *)page_to_virt(pages[i]) = i;
	}
	addr = vmap(pages, 3, PROT_KERNEL);
	REQUIRE(addr);
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t *at = addr + i * PAGE_SIZE / 4;

		EXPECT_EQ(*at, i);
		*at = 10 + i;
		EXPECT_EQ(*(uint32_t *)page_to_virt(pages[i]), 10 + i);
		EXPECT_EQ(pages[i]->refs, 1);
		EXPECT(vmalloc_to_page(at) == pages[i]);
	}
	vunmap(addr);
	EXPECT(!is_mapped(addr));
	addr = vmap(pages, 2, PROT_KERNEL_RO);
	REQUIRE(addr);
	EXPECT_EQ(*addr, 10);
	EXPECT(!(kernel_pte((vaddr_t)addr)->raw & PTE_WRITE));
	vunmap(addr);
	for (unsigned int i = 0; i < 3; i++)
		free_page(pages[i]);
}

TEST(vmalloc, ioremap_takes_any_offset_and_length)
{
	volatile uint8_t *direct = phys_to_virt(VGA_HIDDEN);
	volatile uint8_t *addr;
	uint8_t saved;

	for (unsigned int offset = 0; offset < PAGE_SIZE; offset += 819) {
		addr = ioremap(VGA_HIDDEN + offset, PAGE_SIZE + 1);
		REQUIRE(addr);
		EXPECT_EQ((vaddr_t)addr % PAGE_SIZE, offset);
		saved = direct[offset + PAGE_SIZE];
		direct[offset + PAGE_SIZE] = 0x5a;
		EXPECT_EQ(addr[PAGE_SIZE], 0x5a);
		addr[PAGE_SIZE] = 0xa5;
		EXPECT_EQ(direct[offset + PAGE_SIZE], 0xa5);
		direct[offset + PAGE_SIZE] = saved;
		iounmap((const void *)addr);
		EXPECT(!is_mapped((const void *)addr));
	}
}

TEST(vmalloc, ioremap_is_uncached_and_no_ram)
{
	char *addr = ioremap(0xfee00ff0, 0x20);	/* over a page's end */

	REQUIRE(addr);
	for (unsigned int i = 0; i < 2; i++) {
		pte_t pte = *kernel_pte((vaddr_t)addr + i * PAGE_SIZE);

		EXPECT(pte.raw & PTE_PCD && pte.raw & PTE_WRITE);
		EXPECT_EQ(pte_pfn(pte), 0xfee00 + i);
	}
	EXPECT(!vmalloc_to_page(addr));
	iounmap(addr);
}

TEST(vmalloc, ioremap_refuses_ram_nothing_and_wrapping_ranges)
{
	struct page *page = alloc_page(GFP_USER);
	char *addr;

	REQUIRE(page);
	EXPECT(!ioremap(page_to_phys(page), 1));
	EXPECT(!ioremap(page_to_phys(page) + 4095, 1));
	free_page(page);
	EXPECT(!ioremap((phys_addr_t)_text_start - PAGE_OFFSET, PAGE_SIZE));
	EXPECT(!ioremap(VGA_TEXT, 2 * MIB));	/* reaches into RAM */
	EXPECT(!ioremap(VGA_TEXT, 0));
	EXPECT(!ioremap(0xfffff000, 4097));
	EXPECT(!ioremap(0xf0000000, SIZE_MAX));
	addr = ioremap(0xffffffff, 1);
	EXPECT(addr);
	if (addr)
		iounmap(addr);
}

TEST(vmalloc, a_failure_leaves_nothing_half_done)
{
	size_t nr_areas = get_stats().nr_areas;
	unsigned int n = 0;
	size_t nr_free;
	void *addr;

	vfree(vmalloc(PAGE_SIZE));
	nr_free = nr_free_settled();
	do {
		alloc_fail_after(n++);
		addr = vmalloc(150 * PAGE_SIZE);
		alloc_fail_off();
		if (!addr) {
			EXPECT_EQ(get_stats().nr_areas, nr_areas);
			EXPECT_EQ(nr_free_settled(), nr_free);
			vmalloc_check();
		}
	} while (!addr && EXPECT(n < 1000));
	EXPECT(n > 3);
	vfree(addr);
	EXPECT_EQ(nr_free_settled(), nr_free);
}

TEST(vmalloc, vmap_and_ioremap_fail_cleanly_too)
{
	size_t nr_areas = get_stats().nr_areas;
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int n = 0, m = 0;
	void *addr;

	REQUIRE(page);
	do {
		alloc_fail_after(n++);
		addr = vmap(&page, 1, PROT_KERNEL);
		alloc_fail_off();
		EXPECT(addr || get_stats().nr_areas == nr_areas);
	} while (!addr && EXPECT(n < 100));
	vunmap(addr);
	do {
		alloc_fail_after(m++);
		addr = ioremap(VGA_TEXT, 1);
		alloc_fail_off();
		EXPECT(addr || get_stats().nr_areas == nr_areas);
	} while (!addr && EXPECT(m < 100));
	iounmap(addr);
	EXPECT(n > 1 && m > 1);
	free_page(page);
}

TEST(vmalloc, freed_addresses_come_back_with_the_purge)
{
	char *a, *b;
	uint32_t purges;

	vmalloc_purge();
	a = vmalloc(100 * PAGE_SIZE);
	REQUIRE(a);
	purges = get_stats().nr_purges;
	vfree(a);
	EXPECT_EQ(get_stats().lazy, 101 * PAGE_SIZE);
	b = vmalloc(100 * PAGE_SIZE);
	EXPECT(b != a);
	vfree(b);
	EXPECT_EQ(get_stats().nr_purges, purges);
	vmalloc_purge();
	EXPECT_EQ(get_stats().nr_purges, purges + 1);
	EXPECT_EQ(get_stats().lazy, 0);
	b = vmalloc(100 * PAGE_SIZE);
	EXPECT(b == a);
	vfree(b);
}

TEST(vmalloc, one_purge_serves_many_freed_areas)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct page *pages[100];
	uint32_t purges;

	REQUIRE(page);
	for (unsigned int i = 0; i < 100; i++)
		pages[i] = page;
	vmalloc_purge();
	purges = get_stats().nr_purges;
	for (unsigned int i = 0; i < 1000; i++)
		vunmap(vmap(pages, 17 + i % 84, PROT_KERNEL));
	EXPECT(get_stats().nr_purges - purges > 10);
	EXPECT(get_stats().nr_purges - purges < 100);
	free_page(page);
}

TEST(vmalloc, a_small_area_is_reused_by_the_next_of_its_size)
{
	struct page *pages[2];
	volatile uint32_t *a = NULL, *b = NULL;
	uint32_t purges;

	for (unsigned int i = 0; i < 2; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		REQUIRE(pages[i]);
		*(uint32_t *)page_to_virt(pages[i]) = i;
	}
	vmalloc_purge();
	purges = get_stats().nr_purges;
	for (unsigned int i = 0; i < 5000; i++) {
		a = vmap(&pages[i % 2], 1, PROT_KERNEL);
		REQUIRE(a);
		EXPECT(i == 0 || a == b);
		EXPECT_EQ(*a, i % 2);	/* no stale translation */
		vunmap((const void *)a);
		b = a;
	}
	EXPECT_EQ(get_stats().nr_purges, purges);
	EXPECT_EQ(get_stats().lazy, 2 * PAGE_SIZE);
	/* Another size is no match. */
	b = vmap(pages, 2, PROT_KERNEL);
	EXPECT(b && b != a);
	vunmap((const void *)b);
	free_page(pages[0]);
	free_page(pages[1]);
}

TEST(vmalloc, a_purged_address_shows_its_new_frame)
{
	struct page *pages[2];
	volatile uint32_t *addr, *first;

	for (unsigned int i = 0; i < 2; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		REQUIRE(pages[i]);
		*(uint32_t *)page_to_virt(pages[i]) = i;
	}
	vmalloc_purge();
	first = vmap(&pages[0], 1, PROT_KERNEL);
	REQUIRE(first);
	EXPECT_EQ(*first, 0);
	vunmap((const void *)first);
	vmalloc_purge();
	addr = vmap(&pages[1], 1, PROT_KERNEL);
	EXPECT(addr == first);
	EXPECT_EQ(*addr, 1);
	vunmap((const void *)addr);
	free_page(pages[0]);
	free_page(pages[1]);
}

/* Areas of @nr_pages times the same page, until there is no room. */
static unsigned int fill_space(struct page *const *pages, size_t nr_pages,
			       void **areas, unsigned int max)
{
	unsigned int nr = 0;

	while (nr < max && (areas[nr] = vmap(pages, nr_pages, PROT_KERNEL)))
		nr++;
	return nr;
}

TEST(vmalloc, space_can_be_exhausted_and_comes_back)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct page **pages = kmalloc(1024 * sizeof(*pages), GFP_KERNEL);
	void **areas = kmalloc(256 * sizeof(*areas), GFP_KERNEL);
	size_t largest;
	unsigned int nr;

	REQUIRE(page && pages && areas);
	for (unsigned int i = 0; i < 1024; i++)
		pages[i] = page;
	vmalloc_purge();
	largest = get_stats().largest;
	nr = fill_space(pages, 1000, areas, 256);
	EXPECT(nr > 10 && nr < 256);
	nr += fill_space(pages, 100, areas + nr, 256 - nr);
	nr += fill_space(pages, 10, areas + nr, 256 - nr);
	nr += fill_space(pages, 1, areas + nr, 256 - nr);
	EXPECT(nr < 256);
	EXPECT(!vmalloc(1));
	EXPECT(!ioremap(VGA_TEXT, 1));
	EXPECT(get_stats().largest < PAGE_SIZE);
	vmalloc_check();

	/* What is freed can be had again at once: the need purges. */
	vunmap(areas[0]);
	EXPECT_EQ(get_stats().lazy, 1001 * PAGE_SIZE);
	areas[0] = vmap(pages, 1000, PROT_KERNEL);
	EXPECT(areas[0]);
	while (nr > 0)
		if (areas[--nr])
			vunmap(areas[nr]);
	vmalloc_purge();
	EXPECT_EQ(get_stats().largest, largest);
	kfree(areas);
	kfree(pages);
	free_page(page);
}

TEST(vmalloc, memory_can_be_exhausted_and_comes_back)
{
	size_t space = get_stats().largest, nr_free = nr_free_settled();
	void *addr;

	if (nr_free > space / PAGE_SIZE)
		SKIP("more RAM than addresses");
	addr = vmalloc(space);
	EXPECT(!addr);
	EXPECT_EQ(nr_free_settled(), nr_free);
}

TEST(vmalloc, the_iterator_names_each_area_and_its_caller)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct vmalloc_info info;
	vaddr_t cursor = 0, last = 0;
	char *ram = vmalloc(3 * PAGE_SIZE - 1), *map, *io;
	unsigned int nr = 0, found = 0;

	REQUIRE(page && ram);
	map = vmap(&page, 1, PROT_KERNEL);
	io = ioremap(VGA_TEXT + 5, 2);
	REQUIRE(map && io);
	while (vmalloc_next(&cursor, &info)) {
		nr++;
		EXPECT(info.start > last && info.end > info.start);
		EXPECT((char *)info.caller >= _text_start &&
		       (char *)info.caller < _text_end);
		last = info.end;
		if (info.start == (vaddr_t)ram)
			found += info.kind == VMALLOC_RAM &&
				 info.end == info.start + 3 * PAGE_SIZE;
		if (info.start == (vaddr_t)map)
			found += info.kind == VMALLOC_MAP &&
				 info.phys == page_to_phys(page);
		if (info.start == (vaddr_t)io - 5)
			found += info.kind == VMALLOC_IO &&
				 info.phys == VGA_TEXT;
	}
	EXPECT_EQ(found, 3);
	EXPECT_EQ(nr, get_stats().nr_areas);
	iounmap(io);
	vunmap(map);
	vfree(ram);
	free_page(page);
}

TEST(vmalloc, the_iterator_survives_that_areas_go_meanwhile)
{
	char *a = vmalloc(5 * PAGE_SIZE), *b = vmalloc(PAGE_SIZE);
	vaddr_t cursor = (vaddr_t)a - PAGE_SIZE;
	struct vmalloc_info info;

	REQUIRE(a && b);
	EXPECT(vmalloc_next(&cursor, &info) && info.start == (vaddr_t)a);
	vfree(a);
	vfree(b);
	vmalloc_purge();
	while (vmalloc_next(&cursor, &info))
		EXPECT(info.start != (vaddr_t)b);
	cursor = 0xffffff00;
	EXPECT(!vmalloc_next(&cursor, &info));
}

TEST(vmalloc, thousands_of_areas_live_side_by_side)
{
	enum { NR = 3000 };
	struct page *page = alloc_page(GFP_KERNEL);
	void **areas = vmalloc(NR * sizeof(*areas));
	size_t nr_areas = get_stats().nr_areas;

	REQUIRE(page && areas);
	for (unsigned int i = 0; i < NR; i++) {
		areas[i] = vmap(&page, 1, PROT_KERNEL);
		if (!EXPECT(areas[i]))
			return;
	}
	EXPECT_EQ(get_stats().nr_areas, nr_areas + NR);
	/* The odd ones first, so that free ranges lie between the others. */
	for (unsigned int i = 1; i < NR; i += 2)
		vunmap(areas[i]);
	vmalloc_purge();
	vmalloc_check();
	for (unsigned int i = 0; i < NR; i += 2)
		vunmap(areas[i]);
	EXPECT_EQ(get_stats().nr_areas, nr_areas);
	vfree(areas);
	free_page(page);
}

/* Random areas whose every page is marked, as a list remembers it. */
#define NR_MARKED	48

static struct marked {
	uint32_t *addr;
	size_t nr_pages;
	uint32_t mark;
} marked[NR_MARKED];

static void marked_alloc(struct marked *area)
{
	area->nr_pages = 1 + ktest_random() % 12;
	area->mark = ktest_random();
	area->addr = vmalloc(area->nr_pages * PAGE_SIZE);
	for (size_t i = 0; area->addr && i < area->nr_pages; i++) {
		area->addr[i * 1024] = area->mark + i;
		area->addr[i * 1024 + 1023] = area->mark ^ i;
	}
}

static void marked_free(struct marked *area)
{
	for (size_t i = 0; i < area->nr_pages; i++) {
		EXPECT_EQ(area->addr[i * 1024], area->mark + i);
		EXPECT_EQ(area->addr[i * 1024 + 1023], area->mark ^ i);
	}
	vfree(area->addr);
	area->addr = NULL;
}

TEST(vmalloc, random_areas_never_share_a_page)
{
	for (unsigned int op = 0; op < 3000; op++) {
		struct marked *area = &marked[ktest_random() % NR_MARKED];

		if (area->addr)
			marked_free(area);
		else
			marked_alloc(area);
		if (op % 500 == 0)
			vmalloc_check();
	}
	for (unsigned int i = 0; i < NR_MARKED; i++)
		if (marked[i].addr)
			marked_free(&marked[i]);
}
