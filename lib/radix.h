// SPDX-License-Identifier: MIT
/*
 * radix - a tree from a 32-bit index to a pointer, six bits of it a level.
 *
 * The tree is as high as its largest index so far asks for, and shrinks as
 * its nodes become empty; an empty tree has no node.  Nodes come from the
 * owner's hooks, so the tree needs no mm: a kmem_cache of RADIX_NODE_SIZE
 * behind it, an array in a test.
 *
 * Locking: the caller's.
 */
#pragma once

#include "lib/util.h"

#define RADIX_BITS	6
#define RADIX_SLOTS	(1u << RADIX_BITS)

struct radix_node {
	uint32_t nr_used;		/* slots that are not NULL */
	void	*slot[RADIX_SLOTS];	/* children, or items at the bottom */
};

#define RADIX_NODE_SIZE	sizeof(struct radix_node)

struct radix_ops {
	/* Memory of RADIX_NODE_SIZE bytes, zeroed or not; NULL to refuse. */
	void *(*alloc)(void);
	void (*free)(void *node);
};

struct radix {
	struct radix_node	*root;
	unsigned int		 height;	/* levels; 0 exactly if empty */
	const struct radix_ops	*ops;
};

struct radix_entry {
	uint32_t index;
	void	*item;
};

void radix_init(struct radix *tree, const struct radix_ops *ops);

static inline bool radix_is_empty(const struct radix *tree)
{
	return !tree->root;
}

/**
 * radix_insert() - let @index stand for @item, which is not NULL.
 * Return: 0; -EEXIST when @index is taken; -ENOMEM when the hook refused, and
 *         then nothing has changed.
 */
int radix_insert(struct radix *tree, uint32_t index, void *item);

/* The item at @index, or NULL. */
void *radix_lookup(const struct radix *tree, uint32_t index);

/**
 * radix_leaf() - the slots of the RADIX_SLOTS indices that differ from @index
 * in their last RADIX_BITS bits; NULL when there is nothing at any of them.
 * They are good until the tree is changed.
 */
void *const *radix_leaf(const struct radix *tree, uint32_t index);

/* Take out and return the item at @index, or NULL. */
void *radix_remove(struct radix *tree, uint32_t index);

/**
 * radix_gang() - the next items at or above @first, in rising order.
 * @entry: room for @max of them
 *
 * To walk a tree, ask again from the last index + 1 (which wraps to 0 behind
 * 0xffffffff: stop there).  What was returned may be removed meanwhile.
 *
 * Return: how many were found.
 */
size_t radix_gang(const struct radix *tree, uint32_t first,
		  struct radix_entry *entry, size_t max);

/* Walk the whole tree and assert its rules; return the number of items. */
size_t radix_check(const struct radix *tree);
