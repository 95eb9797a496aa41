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
 * file->private is the name that was told of last, so that the next call need
 * not search for its position: a directory of n names is listed in n steps.
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

	if (size > sink->size - sink->used ||
	    dir_old_size(length) > sink->old_left) {
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
	sink->old_left -= dir_old_size(length);
	sink->pos = next;
	return true;
}

static uint64_t position_of(uint32_t cookie)
{
	return FIRST_NAME + LAST_COOKIE - cookie;
}

static void set_mark(struct file *file, struct dentry *dentry)
{
	if (file->private)
		dentry_put(file->private);
	file->private = dentry ? dentry_get(dentry) : NULL;
}

/*
 * The name that @pos is just behind, if it is the one that was told of last
 * and is still there; else the list's head, to search from the start.
 */
static struct list *find_mark(struct file *file, uint64_t pos)
{
	struct inode *dir = file_inode(file);
	struct dentry *mark = file->private;

	if (mark && mark->is_linked && mark->parent->inode == dir &&
	    position_of(mark->cookie) + 1 == pos)
		return &mark->link;
	return &dir->order;
}

static void list_names(struct file *file, struct dir_sink *sink)
{
	struct list *head = &file_inode(file)->order;
	struct list *at = find_mark(file, sink->pos);
	struct dentry *told = NULL;

	for (at = at->next; at != head; at = at->next) {
		struct dentry *dentry = list_entry(at, struct dentry, link);

		if (position_of(dentry->cookie) < sink->pos)
			continue;
		if (!dir_emit(sink, dentry->name, dentry->length,
			      dentry->inode->ino, dentry->inode->mode,
			      position_of(dentry->cookie) + 1))
			break;
		told = dentry;
	}
	if (told)
		set_mark(file, told);
}

static void dir_release(struct file *file)
{
	set_mark(file, NULL);
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
		list_names(file, sink);
}

long dir_read(struct file *file, char *buf, size_t size, size_t old_size)
{
	struct dir_sink sink = {
		.buf = buf, .size = size, .old_left = old_size,
		.pos = file->pos,
	};
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

/* Any position may be asked for; behind the last name there is nothing. */
static int dir_lseek(struct file *file, int64_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->pos = offset;
	return 0;
}

const struct file_ops dir_ops = {
	.read = dir_refuse, .lseek = dir_lseek, .release = dir_release,
};
