// SPDX-License-Identifier: MIT
/*
 * Areas against an array of pages: what is at each page, and for a hole, a
 * look at every page.
 */
#include "host.h"

#include "lib/string.h"
#include "mm/vma.h"

#define PAGES		2048u		/* of the window that is used */
#define BASE		0x10000000u
#define GUARD_PAGES	(STACK_GUARD_GAP / PAGE_SIZE)
#define OPERATIONS	150000

struct model_page {
	uint32_t flags;			/* VM_*, or 0: nothing here */
	const struct vm_file *file;
	uint32_t pgoff;
};

static struct vma_tree tree;
static struct model_page model[PAGES];
static unsigned int nr_live;

static vaddr_t to_addr(uint32_t page)
{
	return BASE + page * PAGE_SIZE;
}

static uint32_t to_page(vaddr_t addr)
{
	return (addr - BASE) / PAGE_SIZE;
}

static struct vm_file *fake_file(uint32_t n)
{
	return n ? (struct vm_file *)(uintptr_t)(n * 64) : NULL;
}

/* Few kinds, so that neighbours are often alike. */
static uint32_t random_flags(void)
{
	static const uint32_t some[] = {
		VM_READ, VM_READ, VM_READ | VM_WRITE, VM_READ | VM_WRITE,
		VM_READ | VM_EXEC, VM_READ | VM_WRITE | VM_SHARED,
	};

	if (host_random_one_in(24))
		return VM_READ | VM_WRITE | VM_GROWSDOWN;
	return some[host_random_below(6)];
}

static struct vma *new_vma(void)
{
	struct vma *vma = malloc(sizeof(*vma));

	memset(vma, 0xa5, sizeof(*vma));
	nr_live++;
	return vma;
}

static void delete_vma(struct vma *vma)
{
	memset(vma, 0x5a, sizeof(*vma));
	free(vma);
	nr_live--;
}

static void setup(void)
{
	vma_tree_init(&tree);
	memset(model, 0, sizeof(model));
}

static void teardown(void)
{
	while (tree.first) {
		struct vma *vma = tree.first;

		vma_remove(&tree, vma);
		delete_vma(vma);
		vma_check(&tree);
	}
	EXPECT_EQ(tree.nr, 0);
	EXPECT_EQ(nr_live, 0);
}

/* --------------------------------------- what mm/mmap.c does with the calls */

static void unmap(vaddr_t start, vaddr_t end)
{
	struct vma *vma = vma_find_intersection(&tree, start, end), *next;

	if (!vma)
		return;
	if (vma->start < start) {
		if (vma->end > end)
			vma_split(&tree, vma, end, new_vma());
		vma_resize(vma, vma->start, start);
		vma = vma->next;
	}
	for (; vma && vma->end <= end; vma = next) {
		next = vma->next;
		vma_remove(&tree, vma);
		delete_vma(vma);
	}
	if (vma && vma->start < end)
		vma_resize(vma, end, vma->end);
}

static struct vma *join_next(struct vma *vma)
{
	const struct vma *next = vma->next;

	if (!next || !vma_can_follow(vma, next->start, next->flags, next->file,
				     next->pgoff, next->anon))
		return NULL;
	return vma_swallow_next(&tree, vma);
}

static void map(vaddr_t start, vaddr_t end, uint32_t flags,
		struct vm_file *file, uint32_t pgoff, struct vma *next)
{
	struct vma *prev = next ? next->prev : tree.last, *gone, *vma;

	EXPECT(next == vma_find(&tree, start));
	if (prev && vma_can_follow(prev, start, flags, file, pgoff, 0)) {
		vma_resize(prev, prev->start, end);
		vma = prev;
	} else {
		vma = new_vma();
		vma->start = start;
		vma->end = end;
		vma->flags = flags;
		vma->file = file;
		vma->pgoff = pgoff;
		vma->anon = 0;
		vma_insert(&tree, vma, next);
	}
	gone = join_next(vma);
	if (gone)
		delete_vma(gone);
}

static void protect(vaddr_t start, vaddr_t end, uint32_t flags)
{
	struct vma *vma = vma_find(&tree, start), *gone, *first;

	first = vma->prev ? vma->prev : vma;
	for (; vma && vma->start < end; vma = vma->next) {
		struct vma *upper;

		if (vma->start < start) {
			upper = new_vma();
			vma_split(&tree, vma, start, upper);
			vma = upper;
		}
		if (vma->end > end)
			vma_split(&tree, vma, end, new_vma());
		vma->flags = (vma->flags & ~VM_ACCESS) | flags;
	}
	for (vma = first; vma && vma->start < end; vma = vma->next)
		while ((gone = join_next(vma)))
			delete_vma(gone);
}

/* ------------------------------------------------------------- the model */

static void model_fill(uint32_t page, uint32_t nr, uint32_t flags,
		       const struct vm_file *file, uint32_t pgoff)
{
	for (uint32_t i = 0; i < nr; i++)
		model[page + i] = (struct model_page){ flags, file,
						       pgoff + i };
}

/* Free, and not in the guard gap of a stack that starts above. */
static bool model_is_usable(uint32_t page, const bool *guarded)
{
	return !model[page].flags && !guarded[page];
}

/* The highest or lowest page of @nr usable ones in [low, high); PAGES: none. */
static uint32_t model_gap(uint32_t nr, uint32_t low, uint32_t high, bool up)
{
	static bool guarded[PAGES];
	uint32_t guard = 0, run = 0, found = PAGES;

	for (uint32_t page = PAGES; page-- > 0;) {
		guarded[page] = guard > 0;
		if (model[page].flags)
			guard = model[page].flags & VM_GROWSDOWN ?
				GUARD_PAGES : 0;
		else if (guard)
			guard--;
	}
	for (uint32_t page = high; page-- > low;) {
		run = model_is_usable(page, guarded) ? run + 1 : 0;
		if (run >= nr) {
			found = page;
			if (!up)
				break;
		}
	}
	return found;
}

static void expect_equal(void)
{
	uint32_t page = 0;

	vma_check(&tree);
	for (struct vma *vma = tree.first; vma; vma = vma->next) {
		uint32_t pgoff = vma->pgoff;

		for (; page < to_page(vma->start); page++)
			EXPECT_EQ(model[page].flags, 0);
		for (; page < to_page(vma->end); page++, pgoff++) {
			EXPECT_EQ(model[page].flags, vma->flags);
			EXPECT(model[page].file == vma->file);
			EXPECT_EQ(model[page].pgoff, pgoff);
		}
	}
	for (; page < PAGES; page++)
		EXPECT_EQ(model[page].flags, 0);
	EXPECT_EQ(tree.nr, nr_live);
}

/* ------------------------------------------------------ random operations */

static uint32_t random_range(uint32_t *nr)
{
	uint32_t page = host_random_below(PAGES);

	*nr = 1 + host_random_below(host_random_one_in(16) ? 300 : 24);
	if (*nr > PAGES - page)
		*nr = PAGES - page;
	return page;
}

static void map_random_at(uint32_t page, uint32_t nr, struct vma *next)
{
	uint32_t flags = random_flags();
	uint32_t kind = flags & VM_GROWSDOWN ? 0 : host_random_below(3);
	struct vm_file *file = fake_file(kind);
	uint32_t pgoff = kind ? page : to_addr(page) >> PAGE_SHIFT;

	if (kind && host_random_one_in(3))
		pgoff = host_random_below(1000);
	map(to_addr(page), to_addr(page + nr), flags, file, pgoff, next);
	model_fill(page, nr, flags, file, pgoff);
}

static void do_map(void)
{
	bool up = host_random_one_in(2);
	uint32_t low = host_random_one_in(2) ? 0 : host_random_below(PAGES);
	uint32_t high = host_random_one_in(2) ? PAGES :
		low + host_random_below(PAGES - low + 1);
	uint32_t nr = 1 + host_random_below(host_random_one_in(8) ? 500 : 16);
	uint32_t page = model_gap(nr, low, high, up);
	struct vma *next = NULL;
	vaddr_t addr;

	addr = (up ? vma_find_gap_above : vma_find_gap_below)(&tree,
		nr * PAGE_SIZE, to_addr(low), to_addr(high), &next);
	if (page == PAGES)
		EXPECT_EQ(addr, 0);
	else if (EXPECT_EQ(addr, to_addr(page)))
		map_random_at(page, nr, next);
}

static void do_map_fixed(void)
{
	uint32_t nr, page = random_range(&nr);

	unmap(to_addr(page), to_addr(page + nr));
	map_random_at(page, nr, vma_find(&tree, to_addr(page)));
}

static void do_unmap(void)
{
	uint32_t nr, page = random_range(&nr);

	unmap(to_addr(page), to_addr(page + nr));
	model_fill(page, nr, 0, NULL, 0);
}

static void do_protect(void)
{
	uint32_t nr, page = random_range(&nr), flags = 0;

	for (uint32_t i = 0; i < nr; i++)
		if (!model[page + i].flags)
			nr = i;
	if (!nr)
		return;
	flags = host_random_one_in(2) ? VM_READ : VM_READ | VM_WRITE;
	protect(to_addr(page), to_addr(page + nr), flags);
	for (uint32_t i = 0; i < nr; i++)
		model[page + i].flags = (model[page + i].flags & ~VM_ACCESS) |
					flags;
}

/* Move one end of the area at a random page, as brk and a stack do. */
static void do_resize(void)
{
	struct vma *vma = vma_find(&tree, to_addr(host_random_below(PAGES)));
	uint32_t first, last, page;

	if (!vma || vma->file)
		return;
	first = to_page(vma->start);
	last = to_page(vma->end);
	for (page = first; page > 0 && !model[page - 1].flags &&
	     !host_random_one_in(8);)
		page--;
	model_fill(page, first - page, vma->flags, NULL,
		   to_addr(page) >> PAGE_SHIFT);
	vma_resize(vma, to_addr(page), vma->end);
	for (page = last; page < PAGES && !model[page].flags &&
	     !host_random_one_in(8);)
		page++;
	model_fill(last, page - last, vma->flags, NULL,
		   to_addr(last) >> PAGE_SHIFT);
	vma_resize(vma, vma->start, to_addr(page));
}

static void do_find(void)
{
	uint32_t nr, page = random_range(&nr), first = page;
	struct vma *vma = vma_find(&tree, to_addr(page) + 123);
	struct vma *hit = vma_find_intersection(&tree, to_addr(page),
						to_addr(page + nr));

	while (first < PAGES && !model[first].flags)
		first++;
	if (first == PAGES) {
		EXPECT(!vma && !hit);
		return;
	}
	EXPECT(vma && vma->start <= to_addr(first) &&
	       to_addr(first) < vma->end);
	EXPECT(hit == (first < page + nr ? vma : NULL));
}

static void (*const operations[])(void) = {
	do_map, do_map, do_map_fixed, do_unmap, do_unmap, do_protect,
	do_protect, do_resize, do_find, do_find,
};

TEST(vma, random_calls_agree_with_an_array_of_pages)
{
	setup();
	for (int i = 0; i < OPERATIONS; i++) {
		operations[host_random_below(10)]();
		if (i % 32 == 0)
			expect_equal();
	}
	expect_equal();
	teardown();
}

TEST(vma, stays_right_when_crowded)
{
	setup();
	for (uint32_t page = 0; page < PAGES; page += 2) {
		map(to_addr(page), to_addr(page + 1), VM_READ, NULL,
		    to_addr(page) >> PAGE_SHIFT, NULL);
		model_fill(page, 1, VM_READ, NULL, to_addr(page) >> PAGE_SHIFT);
	}
	expect_equal();
	for (int i = 0; i < OPERATIONS; i++) {
		do_find();
		operations[host_random_below(10)]();
		if (i % 64 == 0)
			expect_equal();
	}
	expect_equal();
	teardown();
}

/* ----------------------------------------------------------- by the piece */

static void map_plain(uint32_t page, uint32_t nr, uint32_t flags)
{
	map(to_addr(page), to_addr(page + nr), flags, NULL,
	    to_addr(page) >> PAGE_SHIFT, vma_find(&tree, to_addr(page)));
}

TEST(vma, alike_neighbours_become_one)
{
	setup();
	map_plain(10, 5, VM_READ);
	map_plain(20, 5, VM_READ);
	EXPECT_EQ(tree.nr, 2);
	map_plain(15, 5, VM_READ);
	EXPECT_EQ(tree.nr, 1);
	EXPECT_EQ(tree.first->start, to_addr(10));
	EXPECT_EQ(tree.first->end, to_addr(25));
	map_plain(25, 5, VM_READ | VM_WRITE);
	EXPECT_EQ(tree.nr, 2);
	protect(to_addr(25), to_addr(30), VM_READ);
	EXPECT_EQ(tree.nr, 1);
	vma_check(&tree);
	teardown();
}

TEST(vma, parts_of_a_file_join_only_where_they_continue)
{
	struct vm_file *file = fake_file(1);

	setup();
	map(to_addr(0), to_addr(4), VM_READ, file, 7, NULL);
	map(to_addr(4), to_addr(6), VM_READ, file, 11, NULL);
	EXPECT_EQ(tree.nr, 1);
	map(to_addr(6), to_addr(8), VM_READ, file, 11, NULL);
	EXPECT_EQ(tree.nr, 2);
	map(to_addr(8), to_addr(9), VM_READ, fake_file(2), 13, NULL);
	EXPECT_EQ(tree.nr, 3);
	teardown();
}

TEST(vma, no_hole_is_found_in_a_guard_gap)
{
	struct vma *next;

	setup();
	map_plain(1000, 10, VM_READ | VM_GROWSDOWN);
	EXPECT_EQ(vma_find_gap_below(&tree, PAGE_SIZE, BASE, to_addr(1000),
				     &next),
		  to_addr(1000 - GUARD_PAGES - 1));
	EXPECT(next == tree.first);
	EXPECT_EQ(vma_find_gap_above(&tree, PAGE_SIZE,
				     to_addr(1000 - GUARD_PAGES), to_addr(1010),
				     &next), 0);
	teardown();
}

TEST(vma, limits_of_a_search_are_kept)
{
	struct vma *next;

	setup();
	EXPECT_EQ(vma_find_gap_below(&tree, PAGE_SIZE, BASE, BASE, &next), 0);
	EXPECT_EQ(vma_find_gap_above(&tree, PAGE_SIZE, BASE, BASE, &next), 0);
	EXPECT_EQ(vma_find_gap_below(&tree, TASK_SIZE, 0x10000, TASK_SIZE,
				     &next), 0);
	EXPECT_EQ(vma_find_gap_below(&tree, TASK_SIZE - 0x10000, 0x10000,
				     TASK_SIZE, &next), 0x10000);
	EXPECT_EQ(vma_find_gap_above(&tree, TASK_SIZE - 0x10000, 0x10000,
				     TASK_SIZE, &next), 0x10000);
	map_plain(1, 1, VM_READ);
	EXPECT_EQ(vma_find_gap_above(&tree, PAGE_SIZE, BASE, TASK_SIZE, &next),
		  to_addr(0));
	EXPECT(next == tree.first);
	EXPECT_EQ(vma_find_gap_above(&tree, 2 * PAGE_SIZE, BASE, TASK_SIZE,
				     &next), to_addr(2));
	EXPECT(!next);
	teardown();
}

TEST(vma, sixty_thousand_areas)
{
	static const uint32_t nr = 60000;
	struct vma *next;

	setup();
	for (uint32_t i = 0; i < nr; i++) {
		vaddr_t addr = vma_find_gap_below(&tree, PAGE_SIZE, 0x10000,
						  MMAP_BASE, &next);

		map(addr, addr + PAGE_SIZE, i & 1 ? VM_READ : VM_WRITE, NULL,
		    addr >> PAGE_SHIFT, next);
	}
	EXPECT_EQ(tree.nr, nr);
	vma_check(&tree);
	unmap(MMAP_BASE - 30001 * PAGE_SIZE, MMAP_BASE - 30000 * PAGE_SIZE);
	EXPECT_EQ(vma_find_gap_below(&tree, PAGE_SIZE, 0x10000, MMAP_BASE,
				     &next),
		  MMAP_BASE - 30001 * PAGE_SIZE);
	unmap(0, TASK_SIZE);
	EXPECT_EQ(tree.nr, 0);
	teardown();
}
