// SPDX-License-Identifier: MIT
/*
 * The addresses of vmalloc against a sorted array, in which the lowest gap
 * that is large enough is found by looking at all of them.
 *
 * The structures must lie below 4 GiB, since their addresses go into 32-bit
 * page-table entries as in the kernel.
 */
#include "host.h"

#include <sys/mman.h>

#include "lib/string.h"
#include "mm/kernel_map.h"
#include "mm/vmspace.h"

#define POOL	20000			/* structures; more than ever live */

pte_t *kernel_ptes;

static struct vmspace_area *pool, *pool_free;
static unsigned int nr_pool_free;

struct model_area {
	vaddr_t start, end;
	struct vmspace_area *area;
};

static struct model_area model[POOL];
static unsigned int nr_model;

static struct vmspace_area *area_new(void)
{
	struct vmspace_area *area = pool_free;

	pool_free = area->next;
	nr_pool_free--;
	memset(area, 0xa5, sizeof(*area));
	return area;
}

static void area_delete(struct vmspace_area *area)
{
	struct vmspace_area *next;

	for (; area; area = next) {
		next = area->next;
		memset(area, 0x5a, sizeof(*area));
		area->next = pool_free;
		pool_free = area;
		nr_pool_free++;
	}
}

static bool space_setup(void)
{
	if (!pool) {
		pool = mmap(NULL, POOL * sizeof(*pool), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
		kernel_ptes = calloc(KERNEL_TABLES * PTRS_PER_PTE,
				     sizeof(pte_t));
	}
	if (pool == MAP_FAILED || !kernel_ptes)
		return false;
	for (unsigned int i = 0; i < POOL; i++) {
		pool[i].next = NULL;
		area_delete(&pool[i]);
	}
	vmspace_init(area_new());
	return true;
}

/* All areas are back: one range and one structure are left. */
static void space_teardown(void)
{
	struct vmspace_area *all = vmspace_next(0);

	EXPECT(all->start == VMALLOC_START && all->end == VMALLOC_END);
	EXPECT(all->kind == VMSPACE_FREE);
	EXPECT_EQ(nr_pool_free, POOL - 1);
	vmspace_check();
	/* vmspace is initialised once: empty it by force for the next test. */
	EXPECT(vmspace_take(VMALLOC_END - VMALLOC_START, NULL) == all);
	memset(kernel_ptes, 0, KERNEL_TABLES * PTRS_PER_PTE * sizeof(pte_t));
	pool_free = NULL;
	nr_pool_free = 0;
}

static void area_map(struct vmspace_area *area, uint32_t raw)
{
	for (vaddr_t va = area->start + PAGE_SIZE; va < area->end;
	     va += PAGE_SIZE)
		kernel_pte(va)->raw = raw;
}

static struct vmspace_area *space_take(size_t nr_pages)
{
	struct vmspace_area *spare = area_new();
	struct vmspace_area *area = vmspace_take(nr_pages * PAGE_SIZE, spare);

	if (area != spare) {
		spare->next = NULL;
		area_delete(spare);
	}
	if (area) {
		area->kind = VMSPACE_RAM;
		area_map(area, PTE_PRESENT);
	}
	return area;
}

static void space_give(struct vmspace_area *area)
{
	area_map(area, 0);
	area->kind = VMSPACE_LAZY;
	area_delete(vmspace_give(area));
}

/* Where the lowest gap of @size is, as a place in model[] and an address. */
static unsigned int model_search(size_t size, vaddr_t *start)
{
	unsigned int i;

	*start = VMALLOC_START;
	for (i = 0; i < nr_model; i++) {
		if (model[i].start - *start >= size)
			return i;
		*start = model[i].end;
	}
	if (VMALLOC_END - *start < size)
		*start = 0;
	return i;
}

static void take_both(size_t nr_pages)
{
	vaddr_t start;
	unsigned int at = model_search(nr_pages * PAGE_SIZE, &start);
	struct vmspace_area *area = space_take(nr_pages);

	EXPECT_EQ(area ? area->start : 0, start);
	if (!area)
		return;
	EXPECT_EQ(area->end - area->start, nr_pages * PAGE_SIZE);
	EXPECT(vmspace_find(area->start + PAGE_SIZE) == area);
	memmove(&model[at + 1], &model[at], (nr_model - at) * sizeof(*model));
	model[at] = (struct model_area){ start, area->end, area };
	nr_model++;
}

static void give_both(unsigned int at)
{
	space_give(model[at].area);
	nr_model--;
	memmove(&model[at], &model[at + 1], (nr_model - at) * sizeof(*model));
}

static void walk_both(void)
{
	struct vmspace_area *area;
	unsigned int nr = 0;

	for (area = vmspace_next(0); area; area = vmspace_next(area->end)) {
		if (area->kind == VMSPACE_FREE)
			continue;
		EXPECT(nr < nr_model && model[nr].area == area);
		nr++;
	}
	EXPECT_EQ(nr, nr_model);
}

TEST(vmspace, random_areas_are_where_a_list_would_put_them)
{
	REQUIRE(space_setup());
	for (unsigned int op = 0; op < 100000; op++) {
		/* Fill up and empty by turns, with a few large ones. */
		unsigned int bias = op / 10000 % 2 ? 3 : 7;

		if (nr_model == 0 || host_random_below(10) < bias)
			take_both(host_random_one_in(200) ?
				  2 + host_random_below(3000) :
				  2 + host_random_below(12));
		else
			give_both(host_random_below(nr_model));
		if (op % 2000 == 0) {
			vmspace_check();
			walk_both();
		}
	}
	while (nr_model > 0)
		give_both(host_random_below(nr_model));
	space_teardown();
}

TEST(vmspace, the_whole_space_can_be_taken_page_by_page)
{
	unsigned int nr = VMSPACE_PAGES / 2;

	REQUIRE(space_setup());
	for (unsigned int i = 0; i < nr; i++)
		take_both(2);
	EXPECT(!space_take(2));
	vmspace_check();
	/* Every second one back: no two neighbours, so nothing joins. */
	for (unsigned int i = 0; i < nr_model; i++)
		give_both(i);
	EXPECT(!space_take(3));
	vmspace_check();
	while (nr_model > 0)
		give_both(nr_model - 1);
	space_teardown();
}

TEST(vmspace, a_range_keeps_its_structure_however_it_was_cut_up)
{
	struct vmspace_area *all, *area[8];
	unsigned int at;

	REQUIRE(space_setup());
	all = vmspace_next(0);
	for (unsigned int round = 0; round < 1000; round++) {
		for (unsigned int i = 0; i < 8; i++)
			area[i] = space_take(i < 7 ? 2 + host_random_below(9) :
				vmspace_largest() / PAGE_SIZE);
		EXPECT(area[7] == all);
		for (unsigned int left = 8; left > 0; left--) {
			at = host_random_below(left);
			space_give(area[at]);
			area[at] = area[left - 1];
		}
		EXPECT(vmspace_next(0) == all);
	}
	space_teardown();
}

TEST(vmspace, an_exact_fit_needs_no_new_structure)
{
	struct vmspace_area *a, *b, *c;

	REQUIRE(space_setup());
	a = space_take(4);
	b = space_take(2);
	space_give(a);
	EXPECT_EQ(nr_pool_free, POOL - 3);
	c = space_take(4);
	EXPECT(c == a);
	EXPECT_EQ(nr_pool_free, POOL - 3);
	space_give(b);
	space_give(c);
	space_teardown();
}

TEST(vmspace, only_the_first_page_of_a_live_area_finds_it)
{
	struct vmspace_area *a;

	REQUIRE(space_setup());
	a = space_take(4);
	EXPECT(vmspace_find(a->start + PAGE_SIZE) == a);
	EXPECT(!vmspace_find(a->start));
	EXPECT(!vmspace_find(a->start + 2 * PAGE_SIZE));
	EXPECT(!vmspace_find(a->start + 3 * PAGE_SIZE));
	EXPECT(!vmspace_find(a->end));
	EXPECT(!vmspace_find(a->end + PAGE_SIZE));
	EXPECT(!vmspace_find(VMALLOC_START - PAGE_SIZE));
	EXPECT(!vmspace_find(VMALLOC_END));
	EXPECT(!vmspace_find(0));
	space_give(a);
	space_teardown();
}

TEST(vmspace, a_broken_tag_is_found)
{
	struct vmspace_area *a;
	pte_t saved;

	REQUIRE(space_setup());
	a = space_take(4);
	saved = *kernel_pte(a->start);
	kernel_pte(a->start)->raw = PTE_PRESENT;	/* guard mapped */
	EXPECT_PANIC(vmspace_check());
	*kernel_pte(a->start) = saved;
	kernel_pte(a->end + PAGE_SIZE)->raw = PTE_PRESENT; /* free but mapped */
	EXPECT_PANIC(vmspace_check());
	kernel_pte(a->end + PAGE_SIZE)->raw = 0;
	space_give(a);
	space_teardown();
}
