// SPDX-License-Identifier: MIT
/*
 * radix - the tree of radix.h.
 *
 *	height 2         [ . . . . ]            slot = index >> 6
 *	                  |     |
 *	height 1    [ a . b ] [ . c . ]         slot = index & 63
 *	              0   2      129            (items, by index)
 *
 * True between calls (radix_check() walks it):
 *   X1  a node's nr_used counts its slots that are not NULL, and is never 0
 *   X2  a root above height 1 uses a slot other than the first: else its
 *       child could be the root
 *
 * To insert, the nodes that will be needed are first linked in empty, from
 * the root down; if one is refused, those above that hold nothing are pruned,
 * and the tree is as it was.
 */
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/radix.h"
#include "lib/string.h"

#define RADIX_MAX_HEIGHT	DIV_ROUND_UP(32, RADIX_BITS)

/* The way from the root to an index: path[level] is the node at that level. */
struct radix_path {
	struct radix_node *node[RADIX_MAX_HEIGHT];
};

/* The slot of @index in a node at @level; the bottom is level 0. */
static inline unsigned int slot_of(uint32_t index, unsigned int level)
{
	return (index >> level * RADIX_BITS) & (RADIX_SLOTS - 1);
}

/* Does a tree of @height reach as far as @index? */
static inline bool height_covers(unsigned int height, uint32_t index)
{
	return height >= RADIX_MAX_HEIGHT ||
	       index >> height * RADIX_BITS == 0;
}

void radix_init(struct radix *tree, const struct radix_ops *ops)
{
	tree->root = NULL;
	tree->height = 0;
	tree->ops = ops;
}

static struct radix_node *node_create(struct radix *tree)
{
	struct radix_node *node = tree->ops->alloc();

	if (node)
		memset(node, 0, sizeof(*node));
	return node;
}

/* Drop roots that have only their first child, or nothing at all (X1, X2). */
static void tree_shrink(struct radix *tree)
{
	struct radix_node *root;

	while ((root = tree->root) && (root->nr_used == 0 ||
	       (root->nr_used == 1 && root->slot[0] && tree->height > 1))) {
		tree->root = root->nr_used ? root->slot[0] : NULL;
		tree->height = tree->root ? tree->height - 1 : 0;
		tree->ops->free(root);
	}
}

/* Free the nodes on @path that are empty, from @level upward. */
static void path_prune(struct radix *tree, struct radix_path *path,
		       uint32_t index, unsigned int level)
{
	for (; level + 1 < tree->height; level++) {
		if (path->node[level]->nr_used)
			break;
		tree->ops->free(path->node[level]);
		path->node[level + 1]->slot[slot_of(index, level + 1)] = NULL;
		path->node[level + 1]->nr_used--;
	}
	tree_shrink(tree);
}

/* Make the tree reach @index: an empty one at once, else by roots on top. */
static int tree_grow(struct radix *tree, uint32_t index)
{
	struct radix_node *root;

	if (!tree->root) {
		tree->root = node_create(tree);
		if (!tree->root)
			return -ENOMEM;
		for (tree->height = 1; !height_covers(tree->height, index);)
			tree->height++;
	}
	while (!height_covers(tree->height, index)) {
		root = node_create(tree);
		if (!root)
			return -ENOMEM;
		root->slot[0] = tree->root;
		root->nr_used = 1;
		tree->root = root;
		tree->height++;
	}
	return 0;
}

int radix_insert(struct radix *tree, uint32_t index, void *item)
{
	struct radix_path path;
	struct radix_node *node;
	unsigned int level;
	void **slot;

	assert(item);
	if (tree_grow(tree, index)) {
		tree_shrink(tree);
		return -ENOMEM;
	}
	level = tree->height - 1;
	node = tree->root;
	path.node[level] = node;
	for (; level > 0; level--) {
		slot = &node->slot[slot_of(index, level)];
		if (!*slot) {
			*slot = node_create(tree);
			if (!*slot) {
				path_prune(tree, &path, index, level);
				return -ENOMEM;
			}
			node->nr_used++;
		}
		node = *slot;
		path.node[level - 1] = node;
	}
	slot = &node->slot[slot_of(index, 0)];
	if (*slot)
		return -EEXIST;
	*slot = item;
	node->nr_used++;
	return 0;
}

void *radix_lookup(const struct radix *tree, uint32_t index)
{
	unsigned int level = tree->height;
	void *node = tree->root;

	if (!height_covers(level, index))
		return NULL;
	while (node && level-- > 0)
		node = ((struct radix_node *)node)->slot[slot_of(index, level)];
	return node;
}

void *const *radix_leaf(const struct radix *tree, uint32_t index)
{
	struct radix_node *node = tree->root;

	if (!height_covers(tree->height, index))
		return NULL;
	for (unsigned int level = tree->height; node && --level > 0;)
		node = node->slot[slot_of(index, level)];
	return node ? node->slot : NULL;
}

void *radix_remove(struct radix *tree, uint32_t index)
{
	struct radix_path path;
	struct radix_node *node = tree->root;
	unsigned int slot;
	void *item;

	if (!height_covers(tree->height, index))
		return NULL;
	for (unsigned int level = tree->height; node && level-- > 0;) {
		path.node[level] = node;
		if (level > 0)
			node = node->slot[slot_of(index, level)];
	}
	if (!node)
		return NULL;
	slot = slot_of(index, 0);
	item = node->slot[slot];
	if (item) {
		node->slot[slot] = NULL;
		node->nr_used--;
		path_prune(tree, &path, index, 0);
	}
	return item;
}

/*
 * The first index at or above *@index that may hold an item, found by going
 * down along *@index and, where a slot is empty, on to the start of the next
 * slot's range.  Return the bottom node, NULL at the tree's end.
 */
static struct radix_node *gang_descend(const struct radix *tree,
				       uint32_t *index)
{
	struct radix_node *node = tree->root;
	uint64_t next = *index;
	unsigned int level = tree->height;

	while (node && --level > 0) {
		unsigned int shift = level * RADIX_BITS;
		unsigned int slot = slot_of(next, level);

		while (slot < RADIX_SLOTS && !node->slot[slot]) {
			next = ((next >> shift) + 1) << shift;
			slot++;
		}
		if (next > UINT32_MAX || !height_covers(tree->height, next))
			return NULL;
		if (slot == RADIX_SLOTS) {	/* on in the next subtree */
			node = tree->root;
			level = tree->height;
			continue;
		}
		node = node->slot[slot];
	}
	*index = next;
	return node;
}

size_t radix_gang(const struct radix *tree, uint32_t first,
		  struct radix_entry *entry, size_t max)
{
	uint32_t index = first;
	struct radix_node *node;
	size_t nr = 0;

	while (nr < max && height_covers(tree->height, index) &&
	       (node = gang_descend(tree, &index))) {
		do {
			void *item = node->slot[slot_of(index, 0)];

			if (item) {
				entry[nr].index = index;
				entry[nr++].item = item;
			}
			index++;
		} while (nr < max && slot_of(index, 0) != 0);
		if (index == 0)			/* past the last of all */
			break;
	}
	return nr;
}

static size_t check_below(const struct radix_node *node, unsigned int level)
{
	size_t nr_items = 0;
	unsigned int nr_used = 0;

	for (unsigned int i = 0; i < RADIX_SLOTS; i++) {
		if (!node->slot[i])
			continue;
		nr_used++;
		nr_items += level ? check_below(node->slot[i], level - 1) : 1;
	}
	assert_always(nr_used == node->nr_used && nr_used > 0);		/* X1 */
	return nr_items;
}

size_t radix_check(const struct radix *tree)
{
	const struct radix_node *root = tree->root;

	assert_always(!root == (tree->height == 0));
	if (!root)
		return 0;
	assert_always(tree->height <= RADIX_MAX_HEIGHT);
	assert_always(tree->height == 1 || root->nr_used > 1 ||
		      !root->slot[0]);					/* X2 */
	return check_below(root, tree->height - 1);
}
