// SPDX-License-Identifier: MIT
/*
 * vmspace - hands out ranges of kernel addresses, lowest first.
 *
 * The space is a row of areas and free ranges, each a whole number of pages.
 * The first page of an area is its guard, never mapped.  The page behind an
 * area is the first of the next one, a guard too, or free; so on either side
 * of what is mapped lies a page that is not.
 *
 * The page-table entry of an unmapped page has 31 bits for which the CPU does
 * not care.  That is enough for a pointer, and so the tables which exist
 * anyway are the index from addresses to areas.  An area has such a tag in its
 * guard's entry, a free range in its first and its last:
 *
 *	      area A       area B          free range F        area C
 *	 | -A  m  m  m | -B  m  m | -F   .   .   .   .   -F | -C  m ...
 *
 *	m  mapped, bit 0 set      -A  tag, bit 0 clear      .  0
 *
 * So freeing finds its area, and whether its neighbours are free and to be
 * joined with it, by looking at three entries, however many areas there are.
 *
 * Free ranges also form a tree, ordered by address, in which each knows the
 * largest range of its subtree.  Taking goes down to the lowest range that is
 * large enough and cuts the area off its front: O(log of free ranges).
 *
 * True between calls (vmspace_check() walks it):
 *   V1  from VMALLOC_START each range ends where the next one begins, and the
 *	 last one ends at VMALLOC_END
 *   V2  two free ranges are never neighbours
 *   V3  the tree has exactly the free ranges, in order, with true summaries
 *   V4  guards are tagged; of a free range only the two ends are not 0; a lazy
 *	 area has nothing mapped
 *
 * The structures come from the caller and go back to him, so nothing here
 * allocates, and freeing cannot fail.  Locking: the caller's (vmalloc.c).
 */
#include "mm/vmspace.h"

#include "lib/assert.h"
#include "mm/kernel_map.h"

static struct rb_root free_ranges = RB_ROOT_INIT;

/* What the entry of @va, mapped or not, says: a tag or NULL. */
static struct vmspace_area *tag_at(vaddr_t va)
{
	pte_t pte = *kernel_pte(va);

	return pte_is_present(pte) ? NULL :
	       (struct vmspace_area *)(uintptr_t)pte.raw;
}

static void tag_set(vaddr_t va, struct vmspace_area *area)
{
	assert(!pte_is_present((pte_t){ (uintptr_t)area }));
	kernel_pte(va)->raw = (uintptr_t)area;
}

static vaddr_t last_page(const struct vmspace_area *area)
{
	return area->end - PAGE_SIZE;
}

static void tag_ends(struct vmspace_area *range)
{
	tag_set(range->start, range);
	tag_set(last_page(range), range);
}

static size_t range_size(const struct vmspace_area *area)
{
	return area->end - area->start;
}

static struct vmspace_area *range_of(struct rb_node *node)
{
	return rb_entry(node, struct vmspace_area, node);
}

static size_t largest_below(struct rb_node *node)
{
	return node ? range_of(node)->largest : 0;
}

static size_t range_largest(struct vmspace_area *range)
{
	return max(range_size(range), max(largest_below(range->node.left),
					  largest_below(range->node.right)));
}

static bool range_update(struct rb_node *node)
{
	struct vmspace_area *range = range_of(node);
	size_t old = range->largest;

	range->largest = range_largest(range);
	return range->largest != old;
}

static void range_insert(struct vmspace_area *range)
{
	struct rb_node **link = &free_ranges.node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (range->start < range_of(parent)->start)
			link = &parent->left;
		else
			link = &parent->right;
	}
	rb_link(&range->node, parent, link);
	rb_insert_fixup_augmented(&free_ranges, &range->node, range_update);
}

/* The lowest range of at least @size bytes. */
static struct vmspace_area *range_search(size_t size)
{
	struct rb_node *node = free_ranges.node;

	if (largest_below(node) < size)
		return NULL;
	for (;;) {
		if (largest_below(node->left) >= size)
			node = node->left;
		else if (range_size(range_of(node)) >= size)
			return range_of(node);
		else
			node = node->right;
	}
}

void __small vmspace_init(struct vmspace_area *all)
{
	all->start = VMALLOC_START;
	all->end = VMALLOC_END;
	all->kind = VMSPACE_FREE;
	tag_ends(all);
	range_insert(all);
}

/* Take all of @range: it becomes the area. */
static struct vmspace_area *take_whole(struct vmspace_area *range)
{
	rb_remove_augmented(&free_ranges, &range->node, range_update);
	tag_set(last_page(range), NULL);
	tag_set(range->start, range);
	return range;
}

struct vmspace_area *vmspace_take(size_t size, struct vmspace_area *spare)
{
	struct vmspace_area *range = range_search(size);

	assert(size >= 2 * PAGE_SIZE && PAGE_ALIGNED(size));
	if (!range)
		return NULL;
	if (range_size(range) == size)
		return take_whole(range);

	spare->start = range->start;
	spare->end = range->start + size;
	tag_set(spare->start, spare);
	range->start = spare->end;
	tag_set(range->start, range);
	rb_propagate(&range->node, range_update);
	return spare;
}

/*
 * Of the ranges that are joined the highest keeps its structure, just as the
 * rest of a range does when an area is cut off.  So however a range was cut
 * up, in the end the structure that it began with is left, and a test can
 * compare the pages in use before and after.
 */
static void extend_down(struct vmspace_area *range, vaddr_t start)
{
	range->start = start;
	tag_ends(range);
	rb_propagate(&range->node, range_update);
}

static struct vmspace_area *join_three(struct vmspace_area *left,
				       struct vmspace_area *area,
				       struct vmspace_area *right)
{
	rb_remove_augmented(&free_ranges, &left->node, range_update);
	tag_set(right->start, NULL);
	extend_down(right, left->start);
	area->next = left;
	left->next = NULL;
	return area;
}

static struct vmspace_area *join_left(struct vmspace_area *left,
				      struct vmspace_area *area)
{
	rb_replace(&free_ranges, &left->node, &area->node);
	area->largest = left->largest;
	area->kind = VMSPACE_FREE;
	extend_down(area, left->start);
	left->next = NULL;
	return left;
}

static struct vmspace_area *join_right(struct vmspace_area *area,
				       struct vmspace_area *right)
{
	tag_set(right->start, NULL);
	extend_down(right, area->start);
	area->next = NULL;
	return area;
}

struct vmspace_area *vmspace_give(struct vmspace_area *area)
{
	/* A tag at the end of what lies before is that of a free range. */
	struct vmspace_area *left = tag_at(area->start - PAGE_SIZE);
	struct vmspace_area *right = tag_at(area->end);
	bool right_is_free = right && right->kind == VMSPACE_FREE;

	assert(area->kind != VMSPACE_FREE);
	assert(!left || left->kind == VMSPACE_FREE);
	tag_set(area->start, NULL);
	if (left)
		tag_set(last_page(left), NULL);
	if (left && right_is_free)
		return join_three(left, area, right);
	if (left)
		return join_left(left, area);
	if (right_is_free)
		return join_right(area, right);
	area->kind = VMSPACE_FREE;
	tag_ends(area);
	range_insert(area);
	return NULL;
}

struct vmspace_area *vmspace_find(vaddr_t va)
{
	struct vmspace_area *area;

	if (va < VMALLOC_START + PAGE_SIZE || va >= VMALLOC_END)
		return NULL;
	area = tag_at(va - PAGE_SIZE);
	return area && area->kind <= VMSPACE_IO ? area : NULL;
}

struct vmspace_area *vmspace_next(vaddr_t va)
{
	struct vmspace_area *area;

	if (va >= VMALLOC_END)
		return NULL;		/* aligned up it might wrap */
	va = max(PAGE_ALIGN_UP(va), VMALLOC_START);
	while (va < VMALLOC_END) {
		area = tag_at(va);
		if (area && area->start == va)
			return area;
		va += PAGE_SIZE;
	}
	return NULL;
}

size_t vmspace_largest(void)
{
	return largest_below(free_ranges.node);
}

static void check_entries(struct vmspace_area *area)
{
	vaddr_t va = area->start + PAGE_SIZE;

	for (; va < area->end; va += PAGE_SIZE)
		if (area->kind == VMSPACE_FREE && va == last_page(area))
			assert(tag_at(va) == area);			/* V4 */
		else if (area->kind <= VMSPACE_IO)
			assert(!tag_at(va));
		else
			assert(pte_is_none(*kernel_pte(va)));
}

/* V3; return: the number of ranges in the tree. */
static size_t check_tree(void)
{
	struct rb_node *node;
	vaddr_t last = 0;

	rb_for_each(node, &free_ranges) {
		assert(range_of(node)->kind == VMSPACE_FREE);
		assert(range_of(node)->start > last);
		assert(range_of(node)->largest ==
		       range_largest(range_of(node)));
		last = range_of(node)->start;
	}
	return rb_check(&free_ranges);
}

void vmspace_check(void)
{
	struct vmspace_area *area;
	bool was_free = false;
	size_t nr_free = 0;
	vaddr_t va;

	for (va = VMALLOC_START; va < VMALLOC_END; va = area->end) {
		area = tag_at(va);
		assert(area && area->start == va && area->end > va);	/* V1 */
		assert(!was_free || area->kind != VMSPACE_FREE);	/* V2 */
		check_entries(area);
		was_free = area->kind == VMSPACE_FREE;
		nr_free += was_free;
	}
	assert(va == VMALLOC_END);					/* V1 */
	assert(check_tree() == nr_free);				/* V3 */
}
