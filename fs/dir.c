// SPDX-License-Identifier: MIT
/*
 * dir - lists directories.
 *
 *	position	0	1	2 ...
 *			"."	".."	the names, from the newest to the oldest
 *
 * A position counts what was told of, as on Linux; where a listing really is,
 * its file's mark knows, a dentry without a name that stands in the list in
 * front of the name that comes next.  New names come before all marks: so nobody
 * is told of twice, or left out, and a directory of n names is listed in n
 * steps.  A mark that is in no list is at the end.
 *
 * Locking: names_lock while names are copied into kernel memory.
 */
#include "fs/dir.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define FIRST_NAME	2u

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

/* Let the name of @at come next; the order's head: none does. */
static void set_mark(struct dentry *mark, struct inode *dir, struct list *at)
{
	list_remove(&mark->link);
	if (at == &dir->order)
		list_init(&mark->link);
	else
		list_add_tail(at, &mark->link);
}

static void list_names(struct dentry *mark, struct inode *dir,
		       struct dir_sink *sink)
{
	struct list *at = sink->pos == FIRST_NAME ? dir->order.next :
			  list_is_empty(&mark->link) ? &dir->order :
			  mark->link.next;

	for (; at != &dir->order; at = at->next) {
		struct dentry *dentry = list_entry(at, struct dentry, link);

		if (!dentry->is_mark &&
		    !dir_emit(sink, dentry->name, dentry->length,
			      dentry->inode->ino, dentry->inode->mode,
			      sink->pos + 1))
			break;
	}
	set_mark(mark, dir, at);
}

static int dir_open(struct file *file)
{
	struct dentry *mark;

	if (file_inode(file)->ops->list)
		return 0;
	mark = kzalloc(sizeof(*mark), GFP_KERNEL);
	if (!mark)
		return -ENOMEM;
	mark->is_mark = true;
	list_init(&mark->link);
	file->private = mark;
	return 0;
}

static void dir_release(struct file *file)
{
	struct dentry *mark = file->private;

	if (!mark)
		return;
	mutex_lock(&names_lock);
	list_remove(&mark->link);
	mutex_unlock(&names_lock);
	kfree(mark);
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
		list_names(file->private, dir, sink);
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

/*
 * Go on @nr names behind @from, or before it.  If there are fewer, that is the
 * end, or the beginning.
 */
static void move_mark(struct file *file, struct list *from, uint64_t nr,
		      bool back)
{
	struct inode *dir = file_inode(file);
	struct list *at = from;

	while (nr) {
		at = back ? at->prev : at->next;
		if (at == &dir->order)
			break;
		nr -= !list_entry(at, struct dentry, link)->is_mark;
	}
	set_mark(file->private, dir, at);
	if (back && at == &dir->order)	/* what was told of is gone */
		list_add(at, &((struct dentry *)file->private)->link);
}

void dir_unread(struct file *file, uint64_t pos)
{
	struct dentry *mark = file->private;
	uint64_t first = max(pos, (uint64_t)FIRST_NAME);

	if (mark && file->pos > first) {
		mutex_lock(&names_lock);
		move_mark(file, list_is_empty(&mark->link) ?
			  &file_inode(file)->order : &mark->link,
			  file->pos - first, true);
		mutex_unlock(&names_lock);
	}
	file->pos = pos;
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
	if (file->private && (uint64_t)offset != file->pos &&
	    offset > FIRST_NAME) {
		mutex_lock(&names_lock);
		move_mark(file, &file_inode(file)->order,
			  offset - FIRST_NAME + 1, false);
		mutex_unlock(&names_lock);
	}
	file->pos = offset;
	return 0;
}

const struct file_ops dir_ops = {
	.open = dir_open, .read = dir_refuse, .lseek = dir_lseek,
	.release = dir_release,
};
