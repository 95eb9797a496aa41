// SPDX-License-Identifier: MIT
/*
 * filemap - read() and write() of files whose bytes are pages of a mapping.
 */
#pragma once

#include "fs/file.h"

/* For file_ops.  Of what is read nothing is made: a hole reads as zeros. */
long filemap_read(struct file *file, vaddr_t buf, size_t size);
long filemap_write(struct file *file, vaddr_t buf, size_t size);
long filemap_writev(struct file *file, struct iovec *iov, size_t size);
int filemap_lseek(struct file *file, int64_t offset, int whence);
int filemap_truncate(struct file *file, uint64_t size);
int filemap_allocate(struct file *file, int mode, uint64_t start,
		     uint64_t size);

/** filemap_room() - how many of @size bytes may be written at @pos; -EFBIG. */
long filemap_room(const struct file *file, uint64_t pos, size_t size);

/* The mode of an allocation, as fallocate(2) has it. */
#define ALLOCATE_KEEP_SIZE	1
#define ALLOCATE_PUNCH_HOLE	2
/* ... and what other file systems know. */
#define ALLOCATE_COLLAPSE	8
#define ALLOCATE_ZERO		16
#define ALLOCATE_INSERT		32
#define ALLOCATE_UNSHARE	64
#define ALLOCATE_KNOWN		0x7bu

/** filemap_add_seals() - F_ADD_SEALS.  Return: 0; -EPERM, -EINVAL, -EBUSY. */
int filemap_add_seals(struct file *file, uint32_t seals);

/** filemap_resize() - the same for an inode that is not open.  Return: 0. */
int filemap_resize(struct inode *inode, uint64_t size);

/**
 * filemap_append() - add @size bytes of kernel memory, which nobody else can
 * see, at the end.  For files that nobody has open.
 * Return: 0; -ENOMEM, -ENOSPC.
 */
int filemap_append(struct inode *inode, const void *bytes, size_t size);

/* What kernel/ alone knows of the thread that calls. */
struct caller_hooks {
	uint64_t (*size_limit)(void);	/* RLIMIT_FSIZE */
	void (*limit_hit)(void);	/* SIGXFSZ */
	const struct cred *(*cred)(void); /* NULL: the kernel itself */
	bool (*is_dying)(void);		/* a signal will end it */
};

/** filemap_set_caller() - register them, at boot. */
void filemap_set_caller(const struct caller_hooks *hooks);

/** filemap_caller_is_privileged() - is it root, or the kernel itself? */
bool filemap_caller_is_privileged(void);

#define FILE_SIZE_MAX	MAPPING_SIZE_MAX
