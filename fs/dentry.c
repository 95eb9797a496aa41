// SPDX-License-Identifier: MIT
/*
 * dentry - the trees of names.
 *
 *	dentry "/" --inode--> { names: "bin", "tmp" }
 *	     ^                            |
 *	   parent		    dentry "tmp" --inode--> { names: "a" }
 *						^               |
 *						 +-- parent -- dentry "a"
 *
 * A directory has one dentry, so its inode can keep the names in it: by hash
 * and name in a tree for look-ups, and in a list for listing, the newest first
 * as Linux's tmpfs does.  A listing has a mark there, in front of the
 * name that comes next, and everybody else passes it by.
 *
 * What is always true:
 *   D1  a linked dentry has one reference of its directory's
 *   D2  a dentry has a reference on its parent and on its inode
 *
 * So who finds a dentry without references was the last to know it: it is in no
 * directory, and goes without a lock.  Directories that make their names up
 * (/proc) never link them, and each look-up has a dentry of its own.
 *
 * Locking: names_lock, below mm->lock; nothing that it covers touches user
 * memory or takes an mm->lock.
 */
#include "fs/dentry.h"

#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

struct mutex names_lock = MUTEX_INIT(names_lock);

static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t hash = 2166136261u;		/* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash;
}

struct dentry *dentry_create(struct dentry *parent, const char *name,
			     size_t length, struct inode *inode)
{
	struct dentry *dentry = kmalloc(sizeof(*dentry) + length + 1,
					GFP_KERNEL);

	assert(length <= NAME_MAX);
	if (!dentry)
		return NULL;
	memset(dentry, 0, sizeof(*dentry));
	dentry->refs = 1;
	dentry->inode = inode;
	dentry->parent = parent ? dentry_get(parent) : dentry;
	dentry->hash = hash_of(name, length);
	dentry->length = length;
	dentry->name = (char *)(dentry + 1);
	memcpy(dentry->name, name, length);
	dentry->name[length] = '\0';
	return dentry;
}

static void free_name(struct dentry *dentry)
{
	if (dentry->name != (char *)(dentry + 1))
		kfree(dentry->name);
}

void dentry_put(struct dentry *dentry)
{
	struct dentry *parent;

	while (atomic_dec_is_zero(&dentry->refs)) {
		assert(!dentry->is_linked && !dentry->nr_mounts);
		parent = dentry->parent;
		inode_put(dentry->inode);
		free_name(dentry);
		kfree(dentry);
		if (parent == dentry)
			return;
		dentry = parent;
	}
}

/* Negative, 0 or positive, as the name that is looked for is left of @at. */
static int compare(uint32_t hash, const char *name, size_t length,
		   const struct dentry *at)
{
	if (hash != at->hash)
		return hash < at->hash ? -1 : 1;
	if (length != at->length)
		return length < at->length ? -1 : 1;
	return memcmp(name, at->name, length);
}

struct dentry *dentry_find(struct dentry *dir, const char *name,
			   size_t length)
{
	struct rb_node *node = dir->inode->names.node;
	uint32_t hash = hash_of(name, length);

	assert(mutex_is_held(&names_lock));
	while (node) {
		struct dentry *at = rb_entry(node, struct dentry, node);
		int order = compare(hash, name, length, at);

		if (!order)
			return at;
		node = order < 0 ? node->left : node->right;
	}
	return NULL;
}

static void tree_insert(struct rb_root *root, struct dentry *dentry)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		int order;

		parent = *link;
		order = compare(dentry->hash, dentry->name, dentry->length,
				rb_entry(parent, struct dentry, node));
		assert(order);
		link = order < 0 ? &parent->left : &parent->right;
	}
	rb_link(&dentry->node, parent, link);
	rb_insert_fixup(root, &dentry->node);
}

void dentry_link(struct dentry *dentry)
{
	struct inode *dir = dentry->parent->inode;

	assert(mutex_is_held(&names_lock) && !dentry->is_linked);
	tree_insert(&dir->names, dentry);
	list_add(&dir->order, &dentry->link);
	dir->nr_names++;
	dentry->is_linked = true;
	dentry_get(dentry);
}

void dentry_unlink(struct dentry *dentry)
{
	struct inode *dir = dentry->parent->inode;

	assert(mutex_is_held(&names_lock) && dentry->is_linked);
	rb_remove(&dir->names, &dentry->node);
	list_remove(&dentry->link);
	dir->nr_names--;
	dentry->is_linked = false;
	dentry_put(dentry);
}

char *dentry_copy_name(const char *name, size_t length)
{
	char *copy = kmalloc(length + 1, GFP_KERNEL);

	if (!copy)
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return copy;
}

/* Take @dentry out; the caller has a reference on it and on its directory. */
static void detach(struct dentry *dentry)
{
	struct dentry *dir = dentry->parent;

	dentry_unlink(dentry);
	dentry->parent = dentry;
	dentry_put(dir);
}

/* Put it, detached, into @dir; @name becomes its own. */
static void attach(struct dentry *dentry, struct dentry *dir, char *name,
		   size_t length)
{
	free_name(dentry);
	dentry->name = name;
	dentry->length = length;
	dentry->hash = hash_of(name, length);
	dentry->parent = dentry_get(dir);
	dentry_link(dentry);
}

void dentry_move(struct dentry *dentry, struct dentry *dir, char *name,
		 size_t length, struct dentry *left)
{
	struct dentry *old = dentry->parent;

	dentry_get(dentry);
	dentry_get(old);
	detach(dentry);
	if (left)
		dentry_link(left);
	attach(dentry, dir, name, length);
	dentry_put(old);
	dentry_put(dentry);
}

int dentry_exchange(struct dentry *a, struct dentry *b)
{
	char *a_name = dentry_copy_name(a->name, a->length);
	char *b_name = dentry_copy_name(b->name, b->length);
	uint8_t a_length = a->length, b_length = b->length;
	struct dentry *a_dir = a->parent, *b_dir = b->parent;

	if (!a_name || !b_name) {
		kfree(a_name);
		kfree(b_name);
		return -ENOMEM;
	}
	dentry_get(a);
	dentry_get(b);
	dentry_get(a_dir);
	dentry_get(b_dir);
	detach(a);
	detach(b);
	attach(b, a_dir, a_name, a_length);
	attach(a, b_dir, b_name, b_length);
	dentry_put(b_dir);
	dentry_put(a_dir);
	dentry_put(b);
	dentry_put(a);
	return 0;
}

/* Roots, and names that are made up, were never linked. */
bool dentry_is_removed(const struct dentry *dentry)
{
	return !dentry->is_linked && dentry->parent != dentry &&
	       !dentry->parent->inode->ops->lookup;
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *dir)
{
	while (dentry != dir && dentry->parent != dentry)
		dentry = dentry->parent;
	return dentry == dir;
}
