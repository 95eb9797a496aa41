// SPDX-License-Identifier: MIT
/*
 * dir - the names of a directory, one after the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/file.h"
#include "lib/util.h"

/* A record of getdents64(), as on Linux; the next begins size bytes on. */
struct dir_record {
	uint64_t ino;
	int64_t	 next;			/* position behind this one */
	uint16_t size;
	uint8_t	 type;			/* S_IF* >> 12 */
	char	 name[];
} __attribute__((packed));

/* The bytes of a record of the old getdents(), which are fewer. */
static inline size_t dir_old_size(size_t length)
{
	return ALIGN_UP(10 + length + 2, 4);
}

/* Where they go: kernel memory, as names_lock is held meanwhile. */
struct dir_sink {
	char	*buf;
	size_t	 size, used;
	size_t	 old_left;		/* room for so much in old records */
	uint64_t pos;			/* the first that is wanted, then next */
	bool	 is_full;
};

/**
 * dir_emit() - one more.
 * @mode: S_IF*
 * @next: the position behind it
 *
 * Return: false when there is no room, and that ends the listing.
 */
bool dir_emit(struct dir_sink *sink, const char *name, size_t length,
	      uint32_t ino, uint32_t mode, uint64_t next);

/**
 * dir_read() - as much as fits of what comes behind file->pos.
 * @old_size: of what the records are to become; ~0: they stay as they are
 *
 * Context: file->lock held; may sleep.
 * Return: bytes of @buf; 0 at the end; -ENOENT: it was removed; -EINVAL: not
 *	   even one fits.
 */
long dir_read(struct file *file, char *buf, size_t size, size_t old_size);

/**
 * dir_unread() - let the next dir_read() tell again what came from @pos on.
 *
 * Context: file->lock held since the last one; may sleep.
 */
void dir_unread(struct file *file, uint64_t pos);

/* What an open directory can do. */
extern const struct file_ops dir_ops;
