// SPDX-License-Identifier: MIT
/*
 * rbtree - balances the tree that rbtree.h describes.
 *
 * True between calls (rb_check() walks it):
 *   R1  a red node's parent is black, and the root is black
 *   R2  all ways from the root down to a missing child meet equally many black
 *       nodes, so that no way is more than twice as long as another
 *
 * The mirror cases are one: "side" is the child (0 left, 1 right) that the
 * trouble is on, !side the other.  A rotation toward side lets the child on
 * the other side rise, and the node sink:
 *
 *	      node                       up
 *	     /    \      side 0         /  \
 *	    a      up    ------>    node    c
 *	          /  \              /  \
 *	     middle   c            a    middle
 *
 * It keeps the set of items below the pair, so with true summaries before it
 * recomputing the two, the lower one first, makes all of them true again.
 *
 * Each public pair is one always-inline core, compiled without and with the
 * update: the plain tree does not even test for one.
 */
#include "lib/assert.h"
#include "lib/rbtree.h"

static __always_inline bool rb_is_black(const struct rb_node *node)
{
	return node->parent_color & RB_BLACK;
}

/* A missing child counts as black. */
static __always_inline bool rb_is_red(const struct rb_node *node)
{
	return node && !rb_is_black(node);
}

static __always_inline void rb_set_black(struct rb_node *node)
{
	node->parent_color |= RB_BLACK;
}

static __always_inline void rb_set_red(struct rb_node *node)
{
	node->parent_color &= ~(uintptr_t)RB_BLACK;
}

static __always_inline void rb_set_parent(struct rb_node *node,
					  struct rb_node *parent)
{
	node->parent_color = (node->parent_color & RB_BLACK) |
			     (uintptr_t)parent;
}

/* Let whatever pointed down at @old point at @new, which may be NULL. */
static __always_inline void rb_set_child(struct rb_root *root,
					 struct rb_node *parent,
					 struct rb_node *old,
					 struct rb_node *new)
{
	if (!parent)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
}

static __noinline void rb_rotate(struct rb_root *root,
				      struct rb_node *node, unsigned int side,
				      rb_update update)
{
	struct rb_node *up = node->child[!side];
	struct rb_node *middle = up->child[side];
	struct rb_node *parent = rb_parent(node);

	node->child[!side] = middle;
	if (middle)
		rb_set_parent(middle, node);
	up->child[side] = node;
	rb_set_child(root, parent, node, up);
	rb_set_parent(up, parent);
	rb_set_parent(node, up);
	if (update) {
		update(node);
		update(up);
	}
}

void rb_propagate(struct rb_node *node, rb_update update)
{
	while (node && update(node))
		node = rb_parent(node);
}

/*
 * @node is red and R1 may fail between it and its parent.  A red uncle takes
 * the parent's red up to the grandparent, where the question is the same; a
 * black one is the end, after one rotation, or two if @node is an inner child.
 */
static void rb_insert_core(struct rb_root *root, struct rb_node *node,
			   rb_update update)
{
	struct rb_node *parent, *grand, *uncle;
	unsigned int side;

	while ((parent = rb_parent(node)) && !rb_is_black(parent)) {
		grand = rb_parent(parent);
		side = parent == grand->right;
		uncle = grand->child[!side];
		if (rb_is_red(uncle)) {
			rb_set_black(parent);
			rb_set_black(uncle);
			rb_set_red(grand);
			node = grand;
			continue;
		}
		if (node == parent->child[!side]) {
			rb_rotate(root, parent, side, update);
			parent = node;
		}
		rb_set_black(parent);
		rb_set_red(grand);
		rb_rotate(root, grand, !side, update);
		return;
	}
	if (!parent)
		rb_set_black(node);
}

void rb_insert_fixup(struct rb_root *root, struct rb_node *node)
{
	rb_insert_core(root, node, NULL);
}

void rb_insert_fixup_augmented(struct rb_root *root, struct rb_node *node,
			       rb_update update)
{
	update(node);
	rb_propagate(rb_parent(node), update);
	rb_insert_core(root, node, update);
}

/*
 * The way through @parent's child @node (NULL at first) is one black short.
 * Its sibling cannot be missing.  Either the sibling's red far child pays, or
 * the sibling turns red and the want moves up.
 */
static __always_inline void rb_remove_fixup(struct rb_root *root,
					    struct rb_node *parent,
					    rb_update update)
{
	struct rb_node *node = NULL;
	struct rb_node *sibling, *near, *far;
	unsigned int side;

	while (parent) {
		side = parent->right == node;
		sibling = parent->child[!side];
		if (!rb_is_black(sibling)) {
			rb_set_black(sibling);
			rb_set_red(parent);
			rb_rotate(root, parent, side, update);
			sibling = parent->child[!side];
		}
		near = sibling->child[side];
		far = sibling->child[!side];
		if (!rb_is_red(far) && !rb_is_red(near)) {
			rb_set_red(sibling);
			if (!rb_is_black(parent)) {
				rb_set_black(parent);
				return;
			}
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (!rb_is_red(far)) {
			rb_rotate(root, sibling, !side, update);
			far = sibling;
			sibling = near;
		}
		rb_set_black(far);
		if (rb_is_black(parent))
			rb_set_black(sibling);
		else
			rb_set_red(sibling);
		rb_set_black(parent);
		rb_rotate(root, parent, side, update);
		return;
	}
}

/*
 * Take out @node, which has two children, by giving its place and colour to
 * its successor.  Return the node below which a child went, and in
 * *@short_of_black whether a black one.
 */
static __always_inline struct rb_node *rb_swap_out(struct rb_root *root,
						   struct rb_node *node,
						   bool *short_of_black,
						   rb_update update)
{
	struct rb_node *successor = node->right;
	struct rb_node *parent, *child, *above;

	while (successor->left)
		successor = successor->left;
	child = successor->right;
	*short_of_black = rb_is_black(successor) && !child;
	parent = rb_parent(successor);
	if (parent == node) {
		parent = successor;
	} else {
		parent->left = child;
		successor->right = node->right;
		rb_set_parent(node->right, successor);
	}
	if (child)			/* was red, below a black successor */
		child->parent_color = (uintptr_t)parent | RB_BLACK;

	successor->left = node->left;
	rb_set_parent(node->left, successor);
	rb_set_child(root, rb_parent(node), node, successor);
	successor->parent_color = node->parent_color;

	if (update) {
		/* Its own summary is of its old place: nothing to compare. */
		for (above = parent; above != successor && update(above);)
			above = rb_parent(above);
		update(successor);
		rb_propagate(rb_parent(successor), update);
	}
	return parent;
}

void rb_remove_augmented(struct rb_root *root, struct rb_node *node,
			 rb_update update)
{
	struct rb_node *parent, *child;
	bool short_of_black;

	if (node->left && node->right) {
		parent = rb_swap_out(root, node, &short_of_black, update);
	} else {
		child = node->left ? node->left : node->right;
		parent = rb_parent(node);
		short_of_black = rb_is_black(node) && !child;
		if (child)		/* was red, below a black node */
			child->parent_color = node->parent_color;
		rb_set_child(root, parent, node, child);
		if (update)
			rb_propagate(parent, update);
	}
	if (short_of_black)
		rb_remove_fixup(root, parent, update);
}

void rb_remove(struct rb_root *root, struct rb_node *node)
{
	rb_remove_augmented(root, node, NULL);
}

void rb_replace(struct rb_root *root, struct rb_node *old, struct rb_node *new)
{
	*new = *old;
	rb_set_child(root, rb_parent(old), old, new);
	if (new->left)
		rb_set_parent(new->left, new);
	if (new->right)
		rb_set_parent(new->right, new);
}

/* The last node on the way down to one side; NULL for an empty tree. */
static struct rb_node *rb_outermost(struct rb_node *node, unsigned int side)
{
	if (!node)
		return NULL;
	while (node->child[side])
		node = node->child[side];
	return node;
}

/* The neighbour of @node in the order, toward @side. */
static __always_inline struct rb_node *rb_neighbour(const struct rb_node *node,
						    unsigned int side)
{
	struct rb_node *parent;

	if (node->child[side])
		return rb_outermost(node->child[side], !side);
	while ((parent = rb_parent(node)) && node == parent->child[side])
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return rb_outermost(root->node, 0);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return rb_outermost(root->node, 1);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return rb_neighbour(node, 1);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return rb_neighbour(node, 0);
}

/* Check the subtree @node, add its nodes to *@nr, return its black height. */
static unsigned int rb_check_below(const struct rb_node *node,
				   const struct rb_node *parent, size_t *nr)
{
	unsigned int height;

	if (!node)
		return 0;
	assert_always(rb_parent(node) == parent);
	assert_always(rb_is_black(node) || (parent && rb_is_black(parent)));
	height = rb_check_below(node->left, node, nr);
	assert_always(height == rb_check_below(node->right, node, nr));
	++*nr;
	return height + rb_is_black(node);
}

size_t rb_check(const struct rb_root *root)
{
	size_t nr = 0;

	rb_check_below(root->node, NULL, &nr);
	return nr;
}
