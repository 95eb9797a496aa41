// SPDX-License-Identifier: MIT
/*
 * context - where a task stands in the tree of names: its root, its working
 * directory, its umask.  Tasks may share one (CLONE_FS).
 */
#pragma once

#include <stdint.h>

#include "fs/path.h"
#include "x86/spinlock.h"

/* Guarded by:	(a) atomic  (l) lock */
struct fs_context {
	int32_t		refs;		/* (a) */
	struct spinlock	lock;
	uint32_t	umask;		/* one word */
	struct path	root, cwd;	/* (l) with references */
};

/** fs_context_create() - "/", "/", 022: for process 1; NULL: no memory. */
struct fs_context *fs_context_create(void);

/** fs_context_clone() - one like it; NULL when memory is short. */
struct fs_context *fs_context_clone(struct fs_context *fs);

struct fs_context *fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);	/* may sleep */

/** fs_context_root(), fs_context_cwd() - with references. */
struct path fs_context_root(struct fs_context *fs);
struct path fs_context_cwd(struct fs_context *fs);

/** fs_context_set_root(), _set_cwd() - take over the references of @path. */
void fs_context_set_root(struct fs_context *fs, struct path path);
void fs_context_set_cwd(struct fs_context *fs, struct path path);

/** fs_context_init() - the cache; once. */
void fs_context_init(void);
