// SPDX-License-Identifier: MIT
/*
 * vma - the areas of an address space, and the gaps between them.
 *
 *	     gap     A     gap B            gap          C
 *	|..........[====]....[==]......................[====]...........|
 *	0					     (a stack: part of the
 *						      gap below it is not to
 *						      be used)
 *
 * Areas hang in a red-black tree by address, and in a list, so that the
 * neighbours of an area are at hand.  Each area stands for the gap just below
 * it, too: max_gap is the largest of those in its subtree.  So the search for
 * a hole of some size passes by whole subtrees and takes O(log n) steps.
 *
 * That an area's gap depends on its neighbour wants care: the tree goes up
 * from a changed node only while summaries change, so between two steps all
 * summaries must be true.  Hence the order of things below: when a neighbour
 * leaves, first the tree forgets it, then the list; when one comes, first the
 * list has it, then the tree.
 *
 * Always true (vma_check() walks it):
 *   V1  areas are page-aligned, not empty, below TASK_SIZE; in the list each
 *       ends where the next one starts, or before
 *   V2  the tree has the same nr areas in the same order
 *   V3  max_gap is right
 *   V4  cache is NULL or one of them
 *   V5  pgoff of private anonymous memory is the page number of start, so two
 *       such areas that touch are always contiguous
 */
#include "mm/vma.h"

#include "lib/assert.h"

static struct vma *to_vma(struct rb_node *node)
{
	return rb_entry(node, struct vma, node);
}

static vaddr_t end_below(const struct vma *vma)
{
	return vma->prev ? vma->prev->end : 0;
}

/* The gap that @vma stands for: [end_below(vma), vma_low_end(vma)). */
static uint32_t own_gap(const struct vma *vma)
{
	vaddr_t low = end_below(vma), high = vma_low_end(vma);

	return high > low ? high - low : 0;
}

static uint32_t max_gap_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vma, node)->max_gap : 0;
}

static uint32_t compute_max_gap(const struct vma *vma)
{
	uint32_t below = max(max_gap_of(vma->node.left),
			     max_gap_of(vma->node.right));

	return max(below, own_gap(vma));
}

static bool update_max_gap(struct rb_node *node)
{
	struct vma *vma = to_vma(node);
	uint32_t gap = compute_max_gap(vma);

	if (vma->max_gap == gap)
		return false;
	vma->max_gap = gap;
	return true;
}

/* What @vma, which may be NULL, says about gaps has changed. */
static void gap_changed(struct vma *vma)
{
	if (vma)
		rb_propagate(&vma->node, update_max_gap);
}

void vma_tree_init(struct vma_tree *tree)
{
	*tree = (struct vma_tree){ .nr = 0 };
}

struct vma *vma_find_slow(struct vma_tree *tree, vaddr_t addr)
{
	struct rb_node *node = tree->root.node;
	struct vma *found = NULL;

	while (node) {
		struct vma *vma = to_vma(node);

		if (addr < vma->end) {
			found = vma;
			if (vma->start <= addr) {
				tree->cache = vma;
				break;
			}
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

/* ------------------------------------------------------------------ gaps */
/*
 * "side" is the direction of the search, 0 down and 1 up.  The nearest area to
 * @vma in that direction, @vma aside, whose own gap is at least @size.
 */
static struct vma *next_with_gap(struct vma *vma, uint32_t size,
				 unsigned int side)
{
	struct rb_node *node = &vma->node, *child = node->child[side], *parent;

	/* Up, until there is enough in a subtree or a node on that side. */
	while (max_gap_of(child) < size) {
		while ((parent = rb_parent(node)) &&
		       node == parent->child[side])
			node = parent;
		if (!parent)
			return NULL;
		node = parent;
		if (own_gap(to_vma(node)) >= size)
			return to_vma(node);
		child = node->child[side];
	}

	/* Down: what is nearest in that subtree is on its other side. */
	for (node = child;; node = child) {
		child = node->child[!side];
		if (max_gap_of(child) >= size)
			continue;
		if (own_gap(to_vma(node)) >= size)
			return to_vma(node);
		child = node->child[side];
	}
}

vaddr_t vma_find_gap_below(struct vma_tree *tree, uint32_t size, vaddr_t low,
			   vaddr_t high, struct vma **next)
{
	struct vma *vma = vma_find_slow(tree, high);
	struct vma *below = vma ? vma->prev : tree->last;
	vaddr_t top = vma ? min(vma_low_end(vma), high) : high;
	vaddr_t bottom = below ? max(below->end, low) : low;

	/* The hole that @high cuts; all others lie below it as a whole. */
	if (top < bottom || top - bottom < size) {
		if (vma)
			vma = next_with_gap(vma, size, 0);
		else if (below && own_gap(below) >= size)
			vma = below;
		else if (below)
			vma = next_with_gap(below, size, 0);
		if (!vma)
			return 0;
		top = vma_low_end(vma);
		if (top < low || top - low < size)
			return 0;
	}
	*next = vma;
	return top - size;
}

vaddr_t vma_find_gap_above(struct vma_tree *tree, uint32_t size, vaddr_t low,
			   vaddr_t high, struct vma **next)
{
	struct vma *vma = vma_find_slow(tree, low);
	vaddr_t bottom = vma ? max(end_below(vma), low) : low;

	/* The hole that @low cuts, the whole ones above, that of the end. */
	if (vma && (vma_low_end(vma) < bottom ||
		    vma_low_end(vma) - bottom < size)) {
		vma = next_with_gap(vma, size, 1);
		bottom = vma ? end_below(vma) : tree->last->end;
	}
	if (!vma && tree->last)
		bottom = max(tree->last->end, low);
	if (bottom > high || high - bottom < size)
		return 0;
	*next = vma;
	return bottom;
}

/* --------------------------------------------------------------- changes */

/* Give @vma, whose place is above @prev and below @next, its node. */
static void tree_insert(struct vma_tree *tree, struct vma *vma)
{
	struct rb_node *parent, **link;

	/* Of two neighbours in a tree, one lies below the other. */
	if (vma->next && !vma->next->node.left) {
		parent = &vma->next->node;
		link = &parent->left;
	} else if (vma->prev) {
		parent = &vma->prev->node;
		link = &parent->right;
	} else {
		parent = NULL;
		link = &tree->root.node;
	}
	assert(!*link);
	vma->max_gap = 0;
	rb_link(&vma->node, parent, link);
	rb_insert_fixup_augmented(&tree->root, &vma->node, update_max_gap);
}

static void list_put_between(struct vma_tree *tree, struct vma *vma,
			     struct vma *prev, struct vma *next)
{
	vma->prev = prev;
	vma->next = next;
	if (prev)
		prev->next = vma;
	else
		tree->first = vma;
	if (next)
		next->prev = vma;
	else
		tree->last = vma;
	tree->nr++;
}

static void list_take_out(struct vma_tree *tree, struct vma *vma)
{
	if (vma->prev)
		vma->prev->next = vma->next;
	else
		tree->first = vma->next;
	if (vma->next)
		vma->next->prev = vma->prev;
	else
		tree->last = vma->prev;
	tree->nr--;
	if (tree->cache == vma)
		tree->cache = vma->prev;
}

void vma_insert(struct vma_tree *tree, struct vma *vma, struct vma *next)
{
	struct vma *prev = next ? next->prev : tree->last;

	assert(vma->start < vma->end && (!next || vma->end <= next->start));
	assert(!prev || prev->end <= vma->start);
	list_put_between(tree, vma, prev, next);
	gap_changed(next);
	tree_insert(tree, vma);
}

void vma_remove(struct vma_tree *tree, struct vma *vma)
{
	rb_remove_augmented(&tree->root, &vma->node, update_max_gap);
	list_take_out(tree, vma);
	gap_changed(vma->next);
}

void vma_resize(struct vma_tree *tree, struct vma *vma, vaddr_t start,
		vaddr_t end)
{
	(void)tree;
	assert(start < end && start >= end_below(vma));
	assert(!vma->next || end <= vma->next->start);
	if (start != vma->start) {
		vma->pgoff += (start >> PAGE_SHIFT) -
			      (vma->start >> PAGE_SHIFT);
		vma->start = start;
		gap_changed(vma);
	}
	if (end != vma->end) {
		vma->end = end;
		gap_changed(vma->next);
	}
}

void vma_split(struct vma_tree *tree, struct vma *vma, vaddr_t addr,
	       struct vma *upper)
{
	assert(vma->start < addr && addr < vma->end);
	upper->start = addr;
	upper->end = vma->end;
	upper->flags = vma->flags;
	upper->mapping = vma->mapping;
	upper->pgoff = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
	vma->end = addr;
	list_put_between(tree, upper, vma, vma->next);
	tree_insert(tree, upper);
}

struct vma *vma_join_next(struct vma_tree *tree, struct vma *vma)
{
	struct vma *next = vma->next;

	if (!next || !vma_can_join(vma, next->start, next->flags,
				   next->mapping, next->pgoff))
		return NULL;
	rb_remove_augmented(&tree->root, &next->node, update_max_gap);
	list_take_out(tree, next);
	vma->end = next->end;		/* so the gap above stays as it was */
	return next;
}

/* ----------------------------------------------------------------- check */

void vma_check(struct vma_tree *tree)
{
	struct rb_node *node = rb_first(&tree->root);
	struct vma *prev = NULL;
	unsigned int nr = 0;
	bool cache_found = !tree->cache;

	for (struct vma *vma = tree->first; vma; vma = vma->next) {
		assert(vma->prev == prev && node == &vma->node);	/* V2 */
		assert(PAGE_ALIGNED(vma->start | vma->end));		/* V1 */
		assert(vma->start < vma->end && vma->end <= TASK_SIZE);
		assert(!prev || prev->end <= vma->start);
		assert(vma->max_gap == compute_max_gap(vma));		/* V3 */
		assert(vma->mapping ||					/* V5 */
		       vma->pgoff == vma->start >> PAGE_SHIFT);
		if (vma == tree->cache)
			cache_found = true;
		prev = vma;
		node = rb_next(node);
		nr++;
	}
	assert(!node && prev == tree->last && nr == tree->nr);		/* V2 */
	assert(rb_check(&tree->root) == nr);
	assert(cache_found);						/* V4 */
	(void)cache_found;
}
