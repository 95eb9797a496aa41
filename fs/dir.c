// SPDX-License-Identifier: MIT
/*
 * dir - lists directories.
 *
 *	position	0	1	2 ...
 *			"."	".."	the names, from the newest to the oldest
 *
 * A name's position comes from its cookie, which counts up with each name that
 * a directory ever had: the larger the cookie, the earlier.  So a name that is
 * removed leaves a gap, a new one comes before all positions that were given
 * out, and nobody is told of twice.
 *
 * Locking: names_lock while names are copied into kernel memory.
 */
#include "fs/dir.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"

#define FIRST_NAME	2u
#define LAST_COOKIE	0x7ffffffdu	/* so that a position fits into 31 bits */

bool dir_emit(struct dir_sink *sink, const char *name, size_t length,
	      uint32_t ino, uint32_t mode, uint64_t next)
{
	size_t size = ALIGN_UP(sizeof(struct dir_record) + length + 1, 8);
	struct dir_record *record = (void *)(sink->buf + sink->used);

	if (size > sink->size - sink->used) {
		sink->is_full = true;
		return false;
	}
	memset(record, 0, size);	/* no byte of ours in the padding */
	record->ino = ino;
	record->next = next;
	record->size = size;
	record->type = mode >> 12;
	memcpy(record->name, name, length);
	sink->used += size;
	sink->pos = next;
	return true;
}

static uint64_t position_of(uint32_t cookie)
{
	return FIRST_NAME + LAST_COOKIE - cookie;
}

static void list_names(struct inode *dir, struct dir_sink *sink)
{
	const struct dentry *dentry;

	list_for_each_entry(dentry, &dir->order, link)
		if (position_of(dentry->cookie) >= sink->pos &&
		    !dir_emit(sink, dentry->name, dentry->length,
			      dentry->inode->ino, dentry->inode->mode,
			      position_of(dentry->cookie) + 1))
			return;
}

static void list(struct file *file, struct dir_sink *sink)
{
	struct inode *dir = file_inode(file);
	struct path up = path_get(file->path);

	if (sink->pos == 0)
		dir_emit(sink, ".", 1, dir->ino, S_IFDIR, 1);
	path_go_up(&up, mount_root());
	if (sink->pos == 1 && !sink->is_full)
		dir_emit(sink, "..", 2, up.dentry->inode->ino, S_IFDIR,
			 FIRST_NAME);
	path_put(up);
	if (sink->is_full)
		return;
	if (dir->ops->list)
		dir->ops->list(dir, sink);
	else
		list_names(dir, sink);
}

long dir_read(struct file *file, char *buf, size_t size)
{
	struct dir_sink sink = { .buf = buf, .size = size, .pos = file->pos };
	struct inode *dir = file_inode(file);
	long result = -ENOENT;

	mutex_lock(&names_lock);
	if (dir->nlink) {
		list(file, &sink);
		result = sink.is_full && !sink.used ? -EINVAL :
			(long)sink.used;
	}
	mutex_unlock(&names_lock);
	if (result >= 0) {
		file->pos = sink.pos;
		inode_accessed(dir);
	}
	return result;
}

static long dir_refuse(struct file *file, vaddr_t buf, size_t size)
{
	(void)file;
	(void)buf;
	(void)size;
	return -EISDIR;
}

const struct file_ops dir_ops = {
	.read = dir_refuse, .lseek = file_set_pos,
};
