// SPDX-License-Identifier: MIT
/*
 * file - open files, and the table of descriptors that a process has of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/mount.h"
#include "mm/mapping.h"
#include "sched/mutex.h"
#include "x86/mmu.h"
#include "x86/uaccess.h"

struct mm;
struct vma;
struct wait_queue;

#define FILES_MAX	1024	/* descriptors, until RLIMIT_NOFILE is set */

/* open()'s flags, as on Linux i386. */
#define O_ACCMODE	00000003u
#define O_RDONLY	00000000u
#define O_WRONLY	00000001u
#define O_RDWR		00000002u
#define O_CREAT		00000100u
#define O_EXCL		00000200u
#define O_NOCTTY	00000400u
#define O_TRUNC		00001000u
#define O_APPEND	00002000u
#define O_NONBLOCK	00004000u
#define O_ASYNC		00020000u
#define O_DIRECT	00040000u
#define O_LARGEFILE	00100000u
#define O_DIRECTORY	00200000u
#define O_NOFOLLOW	00400000u
#define O_NOATIME	01000000u
#define O_CLOEXEC	02000000u
#define O_PATH		010000000u
#define O_DSYNC		00010000u
#define O_SYNC		04010000u	/* O_DSYNC is in it */
#define O_TMPFILE	020200000u	/* O_DIRECTORY is in it */
#define O_VALID		037777703u	/* all bits that mean something */

/* What ioctl() may ask any file for. */
#define FIONREAD	0x541bu		/* bytes that can be read now */
#define FIONBIO		0x5421u		/* O_NONBLOCK, on or off */
#define FIONCLEX	0x5450u
#define FIOCLEX		0x5451u
#define FIOASYNC	0x5452u

/* What poll() tells of a file, as on Linux. */
#define POLLIN		0x001u
#define POLLPRI		0x002u
#define POLLOUT		0x004u
#define POLLERR		0x008u
#define POLLHUP		0x010u
#define POLLNVAL	0x020u
#define POLLRDNORM	0x040u
#define POLLRDBAND	0x080u
#define POLLWRNORM	0x100u
#define POLLWRBAND	0x200u

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2
#define SEEK_DATA	3
#define SEEK_HOLE	4

/*
 * Guarded by:	(p) file->lock, in files that have a position
 *		(c) the creator, read-only afterwards  (o) the owner: ops
 */
struct file {
	struct vm_file		 vm;		/* first; has the references */
	uint32_t		 flags;		/* O_*; one word, by fcntl() */
	bool			 denies_write;	/* (c) it is being executed */
	uint8_t			 owner_signal;	/* by fcntl(), kept for it */
	int32_t			 owner;		/* the same: a pid, -pgid */
	struct path		 path;		/* (c) what was opened */
	const struct file_ops	*ops;		/* (c) */
	struct mutex		 lock;
	uint64_t		 pos;		/* (p) bytes */
	void			*private;	/* (o) NULL at first */
	struct list		 watches;	/* epoll.c's, who wants to know */
};

/* A piece of user memory, as readv() is given it. */
struct iovec {
	uint32_t base, size;
};

/*
 * @buf is a user address, for uaccess.h alone; [buf, buf + size) lies below
 * TASK_SIZE and @size below 2 GiB, but any byte of it may be unmapped.  All
 * may sleep.  Counts are of bytes that were handled; -EFAULT when the first
 * one already could not be.  A write's bytes may also be in a kernel page that
 * the thread was lent: copy_from_writer() is the way to both.
 */
struct file_ops {
	/*
	 * Each open; it may refuse.  O_NOCTTY is still among the flags.
	 * NULL: always granted.
	 */
	int (*open)(struct file *file);
	/* From file->pos on, which moves.  NULL: EINVAL. */
	long (*read)(struct file *file, vaddr_t buf, size_t size);
	long (*write)(struct file *file, vaddr_t buf, size_t size);
	/*
	 * The same for pieces with @size bytes together, each as @buf; @iov
	 * may be changed.  NULL: one by one, to the first that is short.
	 */
	long (*readv)(struct file *file, struct iovec *iov, size_t size);
	long (*writev)(struct file *file, struct iovec *iov, size_t size);
	/*
	 * Which of POLL* hold now.  May not sleep.  *@queue: set to where
	 * wake_all() tells of a change; untouched if there will be none.
	 * NULL: it can be read and written at any time.
	 */
	uint32_t (*poll)(struct file *file, struct wait_queue **queue);
	/* NULL: ENOTTY. */
	long (*ioctl)(struct file *file, uint32_t command, uint32_t arg);
	/* NULL: ESPIPE, and the file has no position.  Sets file->pos. */
	int (*lseek)(struct file *file, int64_t offset, int whence);
	/* NULL: EINVAL.  The file is to be @size bytes long. */
	int (*truncate)(struct file *file, uint64_t size);
	/* As fallocate(2).  NULL: ENODEV. */
	int (*allocate)(struct file *file, int mode, uint64_t start,
			uint64_t size);
	/* NULL: if vm.mapping is there, that; or else ENODEV.  As mm_mmap(), when file_mmap() has no objection. */
	long (*mmap)(struct file *file, struct mm *mm, vaddr_t addr, size_t len,
		     int prot, int flags, uint32_t pgoff);
	/* A device that open() made mappable: as vm_file_ops' map(). */
	int (*map)(struct file *file, struct mm *mm, struct vma *vma);
	/* The last reference goes.  NULL: nothing to do. */
	void (*release)(struct file *file);
};

size_t copy_from_lent(void *to, vaddr_t from, size_t size);

/**
 * copy_from_writer() - copy_from_user() for the ops that write.
 *
 * The bytes may also be in the one kernel page that sendfile() and its kin have
 * lent the thread for a write.  No user can name it: the addresses that write()
 * is given end below TASK_SIZE.
 */
static inline size_t copy_from_writer(void *to, vaddr_t from, size_t size)
{
	return likely(from < TASK_SIZE) ? copy_from_user(to, from, size) :
		copy_from_lent(to, from, size);
}

/**
 * file_open() - open what is at @path.
 * @flags: of open(); what @path allows has been checked
 * @file:  gets one reference
 *
 * Return: 0; -ENOMEM; -ENXIO: a device that nobody drives; what ops->open()
 *	   says.
 */
int file_open(struct path path, uint32_t flags, struct file **file);

/**
 * file_alloc() - memory for an open file, before anything is made of a name.
 * file_start() - file_open() with that; it is lost when that fails.
 * file_forget() - it was not needed.
 */
struct file *file_alloc(void);
int file_start(struct file *file, struct path path, uint32_t flags);
void file_forget(struct file *file);

/**
 * file_open_unnamed() - open an inode that is in no directory: a pipe, a memfd.
 * @inode: its reference passes to the file, also when that fails
 * @name:  what /proc/PID/maps and fd show
 */
int file_open_unnamed(struct inode *inode, const char *name, uint32_t flags,
		      struct file **file);

static inline struct inode *file_inode(const struct file *file)
{
	return file->path.dentry->inode;
}

static inline struct file *file_get(struct file *file)
{
	vm_file_get(&file->vm);
	return file;
}

static inline void file_put(struct file *file)	/* may sleep */
{
	assert(!in_atomic());
	vm_file_put(&file->vm);
}

/**
 * file_deny_write() - a program is run from @file: nobody may write to it.
 * file_allow_write() - undo that; the last reference does.
 * Return: 0; -ETXTBSY: somebody has it open for writing.
 */
int file_deny_write(struct file *file);
void file_allow_write(struct file *file);

/** inode_deny_truncate() - 0, or -ETXTBSY: it is being executed. */
int inode_deny_truncate(const struct inode *inode);

/** file_set_forget() - register whom to call before a watched file goes. */
void file_set_forget(void (*hook)(struct file *file));

/** file_accessed() - it was read: atime, if the mount and the open want it. */
void file_accessed(struct file *file);

static inline bool file_is_readable(const struct file *file)
{
	return (file->flags + 1) & 1;
}

static inline bool file_is_writable(const struct file *file)
{
	return (file->flags + 1) & 2;
}

/**
 * file_mmap() - map @file into @mm.
 * Return: as mm_mmap(); and -EACCES when the file is not open for that, or
 *	   -ENODEV when it is none of those that can be mapped.
 */
long file_mmap(struct file *file, struct mm *mm, vaddr_t addr, size_t len,
	       int prot, int flags, uint32_t pgoff);

/** file_set_pos() - SEEK_SET and SEEK_CUR for an lseek() of one's own. */
int file_set_pos(struct file *file, int64_t offset, int whence);

/**
 * files_create() - the table of a first process: 0, 1, 2 are /dev/console.
 * files_clone() - that of a child: the same files, and so the same positions.
 * files_get(), files_put() - threads share it; the last one closes all.
 *
 * Context: may sleep.  Return: NULL when memory is short.
 */
struct files *files_create(void);
struct files *files_clone(struct files *files);
struct files *files_get(struct files *files);
void files_put(struct files *files);

/** files_is_shared() - does another thread use it, too? */
bool files_is_shared(const struct files *files);

/** files_close_on_exec() - close all that were marked so.  May sleep. */
void files_close_on_exec(struct files *files);

/** files_set_limit(), files_limit() - how many descriptors there may be. */
void files_set_limit(struct files *files, uint32_t limit);
uint32_t files_limit(const struct files *files);

/** files_capacity() - all that are open are below that. */
uint32_t files_capacity(const struct files *files);

/**
 * files_reserve() - take the lowest free descriptor at or above @from.
 *
 * It is not open until files_install(), which takes over the caller's
 * reference to @file, or free again after files_cancel().
 *
 * Return: the descriptor; -EMFILE, -ENOMEM.
 */
int files_reserve(struct files *files, unsigned int from);
void files_install(struct files *files, int fd, struct file *file,
		   bool cloexec);
void files_cancel(struct files *files, int fd);

/**
 * files_find() - one reference to file @fd; NULL when that is not open, or
 * with O_PATH, so that nothing can be done to the file.
 * files_find_any() - the same, O_PATH or not.
 */
struct file *files_find(struct files *files, unsigned int fd);
struct file *files_find_any(struct files *files, unsigned int fd);

/** files_path() - what @fd is open on, with references.  Return: 0; -EBADF. */
int files_path(struct files *files, unsigned int fd, struct path *path);

/**
 * files_replace() - let @fd be another name of @file, whatever it was.
 * Return: 0; -EBADF: no such number; -EBUSY: an open() has just taken it;
 *	   -ENOMEM.
 */
int files_replace(struct files *files, unsigned int fd, struct file *file,
		  bool cloexec);

/** files_set_limit() - RLIMIT_NOFILE; what is open stays open. */
void files_set_limit(struct files *files, unsigned int limit);
unsigned int files_limit(const struct files *files);

/* What /proc shows of a descriptor. */
struct fd_info {
	struct path path;		/* with references */
	uint64_t pos;
	uint32_t flags;			/* O_* */
};

/** files_info() - of @fd.  Context: any.  Return: false: it is not open. */
bool files_info(struct files *files, unsigned int fd, struct fd_info *info);

/** files_next() - the first open one at or above @fd; -1: none.  Any context. */
int files_next(struct files *files, unsigned int fd);

/** files_close() - Return: 0, or -EBADF. */
int files_close(struct files *files, unsigned int fd);

/** files_cloexec() - of a descriptor that is open: will exec close it? */
bool files_cloexec(struct files *files, unsigned int fd);
void files_set_cloexec(struct files *files, unsigned int fd, bool cloexec);

/** file_init() - the caches; once. */
void file_init(void);
