// SPDX-License-Identifier: MIT
/*
 * inode - a file as such: what it is, whose it is, where its bytes are.  Its
 * names are elsewhere (dentry.h): it may have none, or several.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/cred.h"
#include "fs/lock.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "mm/mapping.h"
#include "sched/mutex.h"

struct dir_sink;
struct file_ops;
struct inode;
struct path;
struct super;

#define S_IFMT		0170000u
#define S_IFSOCK	0140000u
#define S_IFLNK		0120000u
#define S_IFREG		0100000u
#define S_IFBLK		0060000u
#define S_IFDIR		0040000u
#define S_IFCHR		0020000u
#define S_IFIFO		0010000u
#define S_ISUID		0004000u
#define S_ISGID		0002000u
#define S_ISVTX		0001000u
#define S_IALLUGO	0007777u

#define DEV(major, minor)	((major) << 8 | (minor))	/* below 256 */

/* What inode_permission() is asked for: the bits of a mode. */
#define MAY_EXEC	1u
#define MAY_WRITE	2u
#define MAY_READ	4u

struct fs_time {
	int64_t	 sec;			/* since 1970, UTC */
	uint32_t nsec;
};

/* What a new inode is to be. */
struct inode_seed {
	uint32_t mode, rdev;		/* S_IF* | permissions; of a device */
	const char *link;		/* of a symbolic link */
	const struct cred *cred;	/* whose it will be */
};

/* All are called with names_lock held, but the last two. */
struct inode_ops {
	/*
	 * Of a directory that makes its names up: an inode, with a reference,
	 * for @name; -ENOENT.  NULL: all names are in the tree.
	 */
	int (*lookup)(struct inode *dir, const char *name, size_t length,
		      struct inode **inode);
	/* The same: tell @sink of the names at its position and behind. */
	void (*list)(struct inode *dir, struct dir_sink *sink);
	/* A new inode for a name in @dir.  NULL: there are no new names. */
	int (*make)(struct inode *dir, const struct inode_seed *seed,
		    struct inode **inode);
	/* A link that knows where it leads: a path, with references. */
	int (*follow)(struct inode *inode, struct path *path);
	/* A link: its text, without NUL; the length.  Any context. */
	int (*readlink)(struct inode *inode, char *buf, size_t size);
	/* The last reference is gone: free it.  Any lock may be held. */
	void (*release)(struct inode *inode);
};

/*
 * Guarded by:	(a) atomic  (c) the creator, constant once others see it
 *		(l) lock; single words may be read without  (n) names_lock
 */
struct inode {
	int32_t			 refs;		/* (a) dentries, opens */
	uint32_t		 ino;		/* (c) */
	uint32_t		 mode;		/* (l) but the type is (c) */
	uint32_t		 uid, gid;	/* (l) */
	uint32_t		 nlink;		/* (n) */
	uint32_t		 rdev;		/* (c) */
	int32_t			 nr_writers;	/* (a) file.c: below 0: runs */
	uint32_t		 seals;		/* (l) F_SEAL_* of a file */
	struct list		 locks;		/* lock.c's */
	struct super		*super;		/* (c) */
	const struct inode_ops	*ops;		/* (c) */
	const struct file_ops	*file_ops;	/* (c) of its opens */
	struct mutex		 lock;		/* also: one writer at a time */
	struct fs_time		 atime, mtime, ctime; /* (l) */
	struct fs_time		 btime;		/* (c) of its making */
	union {
		/* A directory in the tree. */
		struct {
			struct rb_root	names;	/* (n) dentries by name */
			struct list	order;	/* (n) the newest first; and
							   dir.c's marks */
			uint32_t	nr_names; /* (n) */
		};
		struct mapping	mapping;	/* a regular file's pages */
		char		*link;		/* (c) a symbolic link's text */
		struct pipe	*pipe;		/* (l) a FIFO that is open */
		/* /proc: what is shown, and which of many. */
		struct {
			const struct proc_node *proc;	/* (c) */
			int	 id, sub;	/* (c) */
		};
	};
};

static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	return (inode->mode & S_IFMT) == type;
}

/** inode_has_pages() - a regular file in the page cache: has a mapping. */
bool inode_has_pages(const struct inode *inode);

/** inode_init() - the fields that all have; one reference, one name to come. */
void inode_init(struct inode *inode, struct super *super, uint32_t mode);

/**
 * inode_drop_set_id() - take away what another content or owner must not have:
 * S_ISUID, and S_ISGID where it means a group's rights, or is none of his.
 */
void inode_drop_set_id(struct inode *inode, const struct cred *cred);

/** inode_lose_name() - the last one; its super counts what lives on so. */
void inode_lose_name(struct inode *inode);

/** inode_alloc(), inode_free() - memory for one. */
struct inode *inode_alloc(void);
void inode_free(struct inode *inode);

static inline struct inode *inode_get(struct inode *inode)
{
	assert(inode->refs > 0);
	atomic_inc(&inode->refs);
	return inode;
}

/** inode_put() - the last one calls ops->release().  May sleep. */
void inode_put(struct inode *inode);

/**
 * inode_permission() - may @cred do all of @may (MAY_*) with @inode?
 * Return: 0 or -EACCES.
 */
int inode_permission(const struct inode *inode, const struct cred *cred,
		     uint32_t may);

/** inode_is_owner() - the owner or root: who may change its attributes. */
static inline bool inode_is_owner(const struct inode *inode,
				  const struct cred *cred)
{
	return cred->fsuid == inode->uid || cred_is_root(cred);
}

/** fs_now() - the date. */
struct fs_time fs_now(void);

/** inode_touch() - its contents have changed just now. */
void inode_touch(struct inode *inode);

/** inode_accessed() - it was read: atime, as often as "relatime" wants. */
void inode_accessed(struct inode *inode);

/*
 * inode_chmod(), inode_chown(), inode_set_times() - change attributes.
 *
 * ids of ~0 stay as they are; so does a time with FS_TIME_OMIT for nsec, and
 * FS_TIME_NOW is the date.  Context: may sleep.  Return: 0; -EPERM, -EACCES.
 */
#define FS_TIME_NOW	0x3fffffffu
#define FS_TIME_OMIT	0x3ffffffeu
int inode_chmod(struct inode *inode, const struct cred *cred, uint32_t mode);
int inode_chown(struct inode *inode, const struct cred *cred, uint32_t uid,
		uint32_t gid);
int inode_set_times(struct inode *inode, const struct cred *cred,
		    const struct fs_time times[2]);

/** inode_size() - in bytes, as stat() tells it. */
uint64_t inode_size(const struct inode *inode);

/** inode_readlink() - the text of a link, no NUL; its length or -Exxx. */
int inode_readlink(struct inode *inode, char *buf, size_t size);

/** inode_cache_init() - once. */
void inode_cache_init(void);
