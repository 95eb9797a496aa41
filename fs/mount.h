// SPDX-License-Identifier: MIT
/*
 * mount - file systems, and where in the tree of names each of them is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/dentry.h"
#include "fs/seq.h"
#include "lib/list.h"
#include "x86/atomic.h"

struct inode;

/* As in mount(2); MS_KEPT are kept with the mount. */
#define MS_RDONLY	0x0001u
#define MS_NOSUID	0x0002u
#define MS_NODEV	0x0004u
#define MS_NOEXEC	0x0008u
#define MS_NOATIME	0x0400u
#define MS_NODIRATIME	0x0800u
#define MS_RELATIME	0x0200000u
#define MS_STRICTATIME	0x1000000u
#define MS_ATIME	(MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
			 MS_STRICTATIME)
#define MS_KEPT		(0x0c0fu | MS_STRICTATIME)
#define MS_REMOUNT	0x0020u
#define MS_BIND		0x1000u
#define MS_MOVE		0x2000u
#define MS_REC		0x4000u

struct mount;
struct super;

/* A kind of file system. */
struct fs_type {
	const char *name;
	uint32_t magic;			/* for statfs() */
	bool is_device;			/* /proc/filesystems: not "nodev" */
	bool is_root;			/* what "/" is at first */
	/* The one and only of its kind, or NULL. */
	struct super *only;
	/* Make one as @options want it: *super with its root. */
	int (*create)(const struct fs_type *type, const char *options,
		      struct super **super);
	/*
	 * Other options for one that there is; without @now, only say if they
	 * would do.  NULL: they are ignored.
	 */
	int (*change)(struct super *super, const char *options, bool now);
	/* Add to /proc/mounts what is not as usual: ",name=value".  NULL: no. */
	void (*show)(const struct super *super, struct seq *out);
	/* Its last mount is gone.  NULL: it stays. */
	void (*destroy)(struct super *super);
	struct list link;		/* in the list of all */
};

/* A file system.  Guarded by:	(c) constant  (n) names_lock  (a) atomic */
struct super {
	const struct fs_type *type;	/* (c) */
	struct dentry	*root;		/* (c) with a reference */
	uint32_t	 dev;		/* (c) minor number; the major is 0 */
	int32_t		 nr_mounts;	/* (n) */
	int32_t		 last_ino;	/* (a) */
	bool		 is_read_only;	/* (n) in all its mounts */
	uint16_t	 mode;		/* (c) of the root, at first */
	uint32_t	 max_pages;	/* (n) of data; 0: no limit */
	int32_t		 nr_pages;	/* (a) */
	uint32_t	 max_inodes;	/* (n) names and inodes; 0: no limit */
	int32_t		 nr_inodes;	/* (a) */
	int32_t		 nr_removed;	/* (a) of them without a name */
};

/** super_take_inode() - one more of them, or of names.  Return: 0; -ENOSPC. */
int super_take_inode(struct super *super);
void super_give_inode(struct super *super);

/** super_take_pages() - the same for @nr pages of data. */
int super_take_pages(struct super *super, uint32_t nr);
void super_give_pages(struct super *super, uint32_t nr);

/* Guarded by:	(a) atomic  (c) constant  (n) names_lock */
struct mount {
	int32_t		 refs;		/* (a) paths in it, and 1 while it is */
	int32_t		 nr_writers;	/* (a) files open for writing */
	int		 id;		/* (c) */
	struct super	*super;		/* (c) */
	struct dentry	*root;		/* (c) with a reference */
	struct mount	*parent;	/* (n) NULL: of /, or gone */
	struct dentry	*point;		/* (n) with references, in parent */
	uint32_t	 flags;		/* (n) MS_KEPT */
	char		*source;	/* (c) */
	struct mount	*copy;		/* (n) while its tree is copied */
	bool		 is_leaving;	/* (n) it is being taken out */
	bool		 expires;	/* since MNT_EXPIRE nobody was here */
	struct list	 link;		/* (n) in the list of all, in order */
};

static inline bool mount_is_read_only(const struct mount *mount)
{
	return mount->flags & MS_RDONLY || mount->super->is_read_only;
}

/* A place: a name in a mount.  Both with a reference, unless it says so. */
struct path {
	struct mount *mount;
	struct dentry *dentry;
};

static inline struct path path_get(struct path path)
{
	atomic_inc(&path.mount->refs);
	dentry_get(path.dentry);
	return path;
}

void path_put(struct path path);	/* may sleep */

static inline bool path_is_same(struct path a, struct path b)
{
	return a.dentry == b.dentry && a.mount == b.mount;
}

/** mount_root() - the path "/", without references.  Constant after boot. */
struct path mount_root(void);

/** path_is_inside() - is @path at @root, or below?  names_lock held. */
bool path_is_inside(struct path path, struct path root);

/**
 * mount_forget() - @dir of @parent, which makes names up, has @name no more:
 * what was mounted there or below goes.  names_lock held.
 */
void mount_forget(const struct mount *parent, const struct inode *dir,
		  const char *name, size_t length);

/**
 * mount_point_of() - where in @parent something is mounted on @inode, whose
 * directory makes names up.  names_lock held.
 * Return: a reference to that dentry, or NULL: nowhere.
 */
struct dentry *mount_point_of(const struct mount *parent,
			      const struct inode *inode);

/** path_enter_mounts() - from a name to the root of what is mounted there. */
void path_enter_mounts(struct path *path);

/** path_go_up() - to "..", but not above @root.  names_lock held by both. */
void path_go_up(struct path *path, struct path root);

/** fs_register() - a kind of file system that can be mounted; at boot. */
void fs_register(struct fs_type *type);

/** super_alloc() - for create(): a new one, without its root. */
struct super *super_alloc(const struct fs_type *type);

static inline uint32_t super_new_ino(struct super *super)
{
	return __atomic_add_fetch(&super->last_ino, 1, __ATOMIC_RELAXED);
}

/**
 * mount_new() - mount(2) of a new file system.
 * @type: its name
 * @at:   where, a directory; ignored for the first of all, which becomes "/"
 *
 * Return: 0; -ENODEV: no such type; -ENOTDIR, -EBUSY, -ENOMEM, -EINVAL.
 */
int mount_new(const char *type, const char *source, const char *options,
	      uint32_t flags, const struct path *at);

/** mount_bind() - let what is at @from be at @at as well; @whole: with what
 * is mounted below it. */
int mount_bind(const struct path *from, const struct path *at, bool whole);

/** mount_move() - let the mount whose root is @from be at @at instead. */
int mount_move(const struct path *from, const struct path *at);

/**
 * mount_change() - MS_REMOUNT: other flags, and with no MS_BIND among them
 * other options for the file system as well.
 * Return: 0; -EINVAL; -EBUSY: MS_RDONLY, but files are open for writing.
 */
int mount_change(const struct path *at, uint32_t flags, const char *options);

#define MNT_FORCE		1u
#define MNT_DETACH		2u
#define MNT_EXPIRE		4u
#define UMOUNT_NOFOLLOW		8u

/**
 * mount_remove() - umount(2) of the mount whose root is @at, or that is on it.
 * @flags: MNT_DETACH: it goes out of the tree now, with all that is mounted in
 *	   it, and ends with its last user; MNT_EXPIRE: only if nobody has been
 *	   there since it was asked for with that flag before, or else -EAGAIN
 *
 * @own_root: where the caller's "/" is: unless MNT_DETACH, that stays, and its
 *	      file system becomes read-only
 *
 * The caller gives up his references on @at.
 */
int mount_remove(struct path at, uint32_t flags, const struct mount *own_root);

/** mounts_list() - /proc/mounts; filesystems_list() - /proc/filesystems. */
void mounts_list(struct seq *out, struct path root);
void mountinfo_list(struct seq *out, struct path root);
void filesystems_list(struct seq *out);

/**
 * path_format() - the text of @path as seen from @root, with NUL.
 *
 * " (deleted)" is added to what is in no directory any more.
 *
 * Return: where in @buf it begins; NULL: it does not fit.  Takes names_lock.
 */
char *path_format(struct path path, struct path root, char *buf, size_t size);
char *path_format_locked(struct path path, struct path root, char *buf,
			 size_t size);
