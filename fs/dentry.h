// SPDX-License-Identifier: MIT
/*
 * dentry - a name in a directory, and the inode that it stands for.  The names
 * of the file systems that live in memory exist here and nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/rbtree.h"
#include "sched/mutex.h"
#include "x86/atomic.h"

struct inode;

#define NAME_MAX	255		/* bytes of one name */

/*
 * Which names there are, and what they stand for, changes under this lock
 * alone, and a walk along a path holds it: all trees of all mounts.
 */
extern struct mutex names_lock;

/* Guarded by:	(a) atomic  (c) constant  (n) names_lock */
struct dentry {
	int32_t		 refs;		/* (a) */
	struct inode	*inode;		/* (c) with a reference */
	struct dentry	*parent;	/* (n) with a reference; a root: itself */
	struct rb_node	 node;		/* (n) in the parent's names */
	struct list	 link;		/* (n) in the parent's order */
	uint32_t	 hash;		/* (n) of the name */
	uint16_t	 nr_mounts;	/* (n) that are mounted on it */
	bool		 is_linked : 1;	/* (n) its parent has it */
	bool		 is_tmpfile : 1;/* (n) O_TMPFILE: may be linked yet */
	bool		 is_mark : 1;	/* (c) dir.c's: no name, just a place */
	uint8_t		 length;	/* (n) of name */
	char		*name;		/* (n) with NUL */
};

/**
 * dentry_create() - a name that is in no directory yet.
 * @parent: where it will be or seems to be; NULL: it is a root
 * @inode:  its reference passes to the dentry, if there is one
 *
 * Return: one reference; NULL when memory is short.
 */
struct dentry *dentry_create(struct dentry *parent, const char *name,
			     size_t length, struct inode *inode);

static inline struct dentry *dentry_get(struct dentry *dentry)
{
	atomic_inc(&dentry->refs);
	return dentry;
}

/** dentry_put() - may free it, and its inode with it. */
void dentry_put(struct dentry *dentry);

/* The rest wants names_lock. */

/** dentry_find() - what @dir has by that name, no reference; or NULL. */
struct dentry *dentry_find(struct dentry *dir, const char *name,
			   size_t length);

/** dentry_link() - put @dentry into its parent; the tree has a reference. */
void dentry_link(struct dentry *dentry);

/** dentry_unlink() - take it out again. */
void dentry_unlink(struct dentry *dentry);

/** dentry_copy_name() - for dentry_move(); NULL when memory is short. */
char *dentry_copy_name(const char *name, size_t length);

/**
 * dentry_move() - let @dentry, which is linked, be called @name in @dir.
 * @name: from dentry_copy_name(); it is the dentry's own from now on
 * @left: is linked where that was, by the same name; or NULL
 */
void dentry_move(struct dentry *dentry, struct dentry *dir, char *name,
		 size_t length, struct dentry *left);

/**
 * dentry_exchange() - let two linked names change their places.
 * Return: 0; -ENOMEM with nothing changed.
 */
int dentry_exchange(struct dentry *a, struct dentry *b);

/** dentry_is_removed() - was it in a directory once, and is not any more? */
bool dentry_is_removed(const struct dentry *dentry);

/** dentry_is_below() - is @dentry @dir, or somewhere below it? */
bool dentry_is_below(const struct dentry *dentry, const struct dentry *dir);
