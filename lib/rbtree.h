// SPDX-License-Identifier: MIT
/*
 * rbtree - a red-black tree of nodes that live inside the things they order.
 *
 * The caller walks down with his own comparison and says where the new node
 * hangs; the tree only balances.  So a search is a plain loop, and inlined:
 *
 *	struct rb_node **link = &root->node, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		if (key < rb_entry(parent, struct thing, node)->key)
 *			link = &parent->left;
 *		else
 *			link = &parent->right;
 *	}
 *	rb_link(&thing->node, parent, link);
 *	rb_insert_fixup(root, &thing->node);
 *
 * An augmented tree keeps in each item a summary of the subtree below it, such
 * as the largest gap.  It is one by always using the _augmented calls, with
 * the same rb_update.
 *
 * Locking: the caller's.
 */
#pragma once

#include "lib/util.h"

struct rb_node {
	uintptr_t parent_color;		/* address of the parent | RB_BLACK */
	union {
		struct {
			struct rb_node *left, *right;
		};
		struct rb_node *child[2];	/* the same two, by side */
	};
};

struct rb_root {
	struct rb_node *node;
};

#define RB_BLACK		1u
#define RB_ROOT_INIT		{ NULL }
#define rb_entry(node, type, member)	container_of(node, type, member)

/**
 * rb_update - recompute one node's summary from itself and its two children.
 *
 * It reads node->left and node->right, which may be NULL, and must depend
 * on the set of items below alone, not on the shape of the tree.
 *
 * Return: whether the stored summary changed.  The tree stops going up where
 *         it did not; returning true always is correct and slower.
 */
typedef bool (*rb_update)(struct rb_node *node);

static inline void rb_init(struct rb_root *root)
{
	root->node = NULL;
}

static inline bool rb_is_empty(const struct rb_root *root)
{
	return !root->node;
}

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->parent_color & ~(uintptr_t)RB_BLACK);
}

/* Hang @node at @link, an empty child of @parent (NULL: the root). */
static inline void rb_link(struct rb_node *node, struct rb_node *parent,
			   struct rb_node **link)
{
	node->parent_color = (uintptr_t)parent;		/* red */
	node->left = NULL;
	node->right = NULL;
	*link = node;
}

/* Rebalance after rb_link(). */
void rb_insert_fixup(struct rb_root *root, struct rb_node *node);

/* The same, and bring the summaries up to date, that of @node included. */
void rb_insert_fixup_augmented(struct rb_root *root, struct rb_node *node,
			       rb_update update);

void rb_remove(struct rb_root *root, struct rb_node *node);
void rb_remove_augmented(struct rb_root *root, struct rb_node *node,
			 rb_update update);

/**
 * rb_propagate() - tell the tree that what @node contributes has changed.
 *
 * Its place in the order must still be right.
 */
void rb_propagate(struct rb_node *node, rb_update update);

/**
 * rb_replace() - put @new into the place of @old, without a comparison.
 *
 * In an augmented tree rb_propagate(@new) must follow; there @new's summary
 * must start as a copy of @old's.
 */
void rb_replace(struct rb_root *root, struct rb_node *old,
		struct rb_node *new);

/* In order; NULL when there is none. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Walk in order; the body must not remove @pos. */
#define rb_for_each(pos, root)						\
	for (pos = rb_first(root); pos; pos = rb_next(pos))

/**
 * rb_check() - walk the whole tree and assert the red-black rules.
 * Return: the number of nodes.
 */
size_t rb_check(const struct rb_root *root);
