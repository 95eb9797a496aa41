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
 * it, too, and max_gap bounds the gaps of its subtree.  So the search for a
 * hole of some size passes by whole subtrees and takes O(log n) steps.
 *
 * It is a bound, not the maximum: it must rise at once when a gap grows, but
 * may stay when one shrinks.  Memory that comes, goes and comes again at the
 * same place, as it mostly does, then changes no bound at all.  A search that
 * a bound has led astray lowers it on its way out (tighten()); the call that
 * made the gap smaller has saved that work before.
 *
 * Always true (vma_check() walks it):
 *   V1  areas are page-aligned, not empty, below TASK_SIZE; in the list each
 *       ends where the next one starts, or before
 *   V2  the tree has the same nr areas in the same order
 *   V3  max_gap of an area is not below its own gap, with what of it is a
 *       guard gap, nor below its children's max_gap
 *   V4  cache is NULL or one of them
 *
 * The pgoff of private anonymous memory is the page number that start had when
 * its first page was touched.  So two such areas that touch are contiguous
 * unless one was moved since.
 */
#include "mm/vma.h"

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

/* The same without regard for guard gaps, which is good enough for a bound. */
static uint32_t own_bound(const struct vma *vma)
{
	return vma->start - end_below(vma);
}

static uint32_t max_gap_of(const struct rb_node *node)
{
	return node ? rb_entry(node, struct vma, node)->max_gap : 0;
}

static uint32_t least_bound(const struct vma *vma)
{
	uint32_t bound = own_bound(vma);

	bound = max(bound, max_gap_of(vma->node.left));
	return max(bound, max_gap_of(vma->node.right));
}

static void tighten(struct vma *vma)
{
	vma->max_gap = least_bound(vma);
}

/*
 * Raise the bound to what V3 demands; where it holds it holds further up.  The
 * tree may call this as its summary, though it is none: rotations, too, leave
 * bounds that are loose at worst.
 */
static bool raise_max_gap(struct rb_node *node)
{
	struct vma *vma = to_vma(node);
	uint32_t gap = least_bound(vma);

	if (gap <= vma->max_gap)
		return false;
	vma->max_gap = gap;
	return true;
}

/* The gap below @vma has: restore V3 from there on up. */
void vma_gap_has_grown(struct vma *vma)
{
	struct rb_node *node = &vma->node;
	uint32_t gap = own_bound(vma);

	while (node && to_vma(node)->max_gap < gap) {
		to_vma(node)->max_gap = gap;
		node = rb_parent(node);
	}
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

struct vma *vma_find_called(struct vma_tree *tree, vaddr_t addr)
{
	return (vma_find)(tree, addr);
}

/* ------------------------------------------------------------------ gaps */
/*
 * "side" is the direction of the search, 0 down and 1 up.  The nearest area to
 * @vma in that direction, @vma aside, whose own gap is at least @size.
 */
static struct vma *next_with_gap(struct vma *vma, uint32_t size,
				 unsigned int side)
{
	struct rb_node *child = vma->node.child[side], *parent;

	for (;;) {
		if (max_gap_of(child) >= size) {
			/* Down to the nearest end of what may have one ... */
			do {
				vma = to_vma(child);
				child = child->child[!side];
			} while (max_gap_of(child) >= size);
		} else {
			/* ... or up to the next, done with all below. */
			do {
				if (vma->max_gap >= size)
					tighten(vma);
				child = &vma->node;
				parent = rb_parent(child);
				if (!parent)
					return NULL;
				vma = to_vma(parent);
			} while (child == parent->child[side]);
		}
		if (own_gap(vma) >= size)
			return vma;
		child = vma->node.child[side];
	}
}

/* As vma_find(); a limit near the top has but the stack above it. */
static struct vma *first_above(struct vma_tree *tree, vaddr_t addr)
{
	struct vma *last = tree->last;

	if (likely(last && addr < last->end && end_below(last) <= addr))
		return last;
	return vma_find_slow(tree, addr);
}

vaddr_t vma_find_gap_below(struct vma_tree *tree, uint32_t size, vaddr_t low,
			   vaddr_t high, struct vma **next)
{
	struct vma *vma = first_above(tree, high);
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

vaddr_t __small vma_find_gap_above(struct vma_tree *tree, uint32_t size,
				   vaddr_t low, vaddr_t high, struct vma **next)
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
	rb_insert_fixup_augmented(&tree->root, &vma->node, raise_max_gap);
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
	tree_insert(tree, vma);
	tree->cache = vma;		/* likely to be touched next */
}

void vma_remove(struct vma_tree *tree, struct vma *vma)
{
	rb_remove_augmented(&tree->root, &vma->node, raise_max_gap);
	list_take_out(tree, vma);
	if (vma->next)
		vma_gap_has_grown(vma->next);
}

void vma_split(struct vma_tree *tree, struct vma *vma, vaddr_t addr,
	       struct vma *upper)
{
	assert(vma->start < addr && addr < vma->end);
	upper->start = addr;
	upper->end = vma->end;
	upper->flags = vma->flags;
	upper->file = vma->file;
	upper->anon = vma->anon;
	upper->pgoff = vma->pgoff + ((addr - vma->start) >> PAGE_SHIFT);
	vma->end = addr;
	list_put_between(tree, upper, vma, vma->next);
	tree_insert(tree, upper);
}

struct vma *vma_swallow_next(struct vma_tree *tree, struct vma *vma)
{
	struct vma *next = vma->next;

	rb_remove_augmented(&tree->root, &next->node, raise_max_gap);
	list_take_out(tree, next);
	vma->end = next->end;		/* so no gap has changed */
	if (!vma->anon)
		vma->anon = next->anon;
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
		assert(vma->max_gap >= least_bound(vma));		/* V3 */
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
