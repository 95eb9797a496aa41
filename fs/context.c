// SPDX-License-Identifier: MIT
/*
 * context - roots and working directories, which one task may change while
 * another, with which it shares them, looks something up.
 *
 * Locking: lock, for the few instructions that it takes to copy a path; a path
 * that goes out of use is put after it was dropped.
 */
#include "fs/context.h"

#include "lib/assert.h"
#include "mm/slab.h"

#define UMASK_AT_BOOT	022u

static struct kmem_cache *context_cache;

void fs_context_init(void)
{
	context_cache = kmem_cache_create("fs_context",
					  sizeof(struct fs_context), 0, NULL);
	assert_always(context_cache);
}

static struct fs_context *make(struct path root, struct path cwd,
			       uint32_t umask)
{
	struct fs_context *fs = kmem_cache_alloc(context_cache, GFP_KERNEL);

	if (!fs) {
		path_put(root);
		path_put(cwd);
		return NULL;
	}
	fs->refs = 1;
	spin_init(&fs->lock);
	fs->umask = umask;
	fs->root = root;
	fs->cwd = cwd;
	return fs;
}

struct fs_context *fs_context_create(void)
{
	return make(path_get(mount_root()), path_get(mount_root()),
		    UMASK_AT_BOOT);
}

struct fs_context *fs_context_clone(struct fs_context *fs)
{
	return make(fs_context_root(fs), fs_context_cwd(fs), fs->umask);
}

struct fs_context *fs_context_get(struct fs_context *fs)
{
	atomic_inc(&fs->refs);
	return fs;
}

void fs_context_put(struct fs_context *fs)
{
	if (!atomic_dec_is_zero(&fs->refs))
		return;
	path_put(fs->root);
	path_put(fs->cwd);
	kmem_cache_free(context_cache, fs);
}

static struct path copy(struct fs_context *fs, const struct path *from)
{
	struct path path;

	spin_lock(&fs->lock);
	path = path_get(*from);
	spin_unlock(&fs->lock);
	return path;
}

struct path fs_context_root(struct fs_context *fs)
{
	return copy(fs, &fs->root);
}

struct path fs_context_cwd(struct fs_context *fs)
{
	return copy(fs, &fs->cwd);
}

static void change(struct fs_context *fs, struct path *to, struct path path)
{
	struct path old;

	spin_lock(&fs->lock);
	old = *to;
	*to = path;
	spin_unlock(&fs->lock);
	path_put(old);
}

void fs_context_set_root(struct fs_context *fs, struct path path)
{
	change(fs, &fs->root, path);
}

void fs_context_set_cwd(struct fs_context *fs, struct path path)
{
	change(fs, &fs->cwd, path);
}
