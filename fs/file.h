// SPDX-License-Identifier: MIT
/*
 * file - open files, and the table of descriptors that a process has of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/node.h"
#include "sched/mutex.h"
#include "x86/mmu.h"

struct mm;
struct wait_queue;

#define FILES_MAX	256		/* descriptors of a process */

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
#define O_DIRECTORY	00200000u
#define O_NOFOLLOW	00400000u
#define O_NOATIME	01000000u
#define O_CLOEXEC	02000000u

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

/*
 * Guarded by:  (p) file->lock, in files that have a position  (a) atomic
 *		(c) the creator, read-only afterwards  (o) the owner: ops
 */
struct file {
	int32_t			 refs;		/* (a) */
	uint32_t		 flags;		/* O_*; one word, by fcntl() */
	struct place		 place;		/* (c) what was opened */
	const struct file_ops	*ops;		/* (c) */
	struct mutex		 lock;
	uint64_t		 pos;		/* (p) bytes */
	void			*private;	/* (o) NULL at first */
};

/* A piece of user memory, as readv() is given it. */
struct iovec {
	uint32_t base, size;
};

/*
 * @buf is a user address, for uaccess.h alone; [buf, buf + size) lies below
 * TASK_SIZE and @size below 2 GiB, but any byte of it may be unmapped.  All
 * may sleep.  Counts are of bytes that were handled; -EFAULT when the first
 * one already could not be.
 */
struct file_ops {
	/*
	 * An open(); O_NOCTTY is still among the flags.  0, or why it fails:
	 * release() follows.  NULL: nothing to do.
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
	/* NULL: ENODEV.  As mm_mmap(), when file_mmap() has no objection. */
	long (*mmap)(struct file *file, struct mm *mm, vaddr_t addr, size_t len,
		     int prot, int flags, uint32_t pgoff);
	/* The last reference goes.  NULL: nothing to do. */
	void (*release)(struct file *file);
};

/**
 * file_open() - open what @place names.
 * @flags: of open(); what @place allows has been checked
 *
 * Return: one reference; NULL when memory is short.
 */
struct file *file_open(struct place place, uint32_t flags);

struct file *file_get(struct file *file);
void file_put(struct file *file);	/* may sleep */

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
 * files_put() - close all and free it.
 *
 * Context: may sleep.  Return: NULL when memory is short.
 */
struct files *files_create(void);
struct files *files_clone(struct files *files);
void files_put(struct files *files);

/**
 * files_reserve() - take the lowest free descriptor at or above @from.
 *
 * It is not open until files_install(), which takes over the caller's
 * reference to @file, or free again after files_cancel().
 *
 * Return: the descriptor; -EMFILE.
 */
int files_reserve(struct files *files, unsigned int from);
void files_install(struct files *files, int fd, struct file *file,
		   bool cloexec);
void files_cancel(struct files *files, int fd);

/** files_find() - one reference to file @fd; NULL when that is not open. */
struct file *files_find(struct files *files, unsigned int fd);

/** files_close() - Return: 0, or -EBADF. */
int files_close(struct files *files, unsigned int fd);

/** files_cloexec() - of a descriptor that is open: will exec close it? */
bool files_cloexec(struct files *files, unsigned int fd);
void files_set_cloexec(struct files *files, unsigned int fd, bool cloexec);

/** files_umask() - set a new umask; Return: the old one. */
uint32_t files_umask(struct files *files, uint32_t mask);

/** file_init() - the caches; once. */
void file_init(void);
