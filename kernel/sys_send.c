// SPDX-License-Identifier: MIT
/*
 * sys_send - bytes from one file to another, without a buffer of the caller's:
 * sendfile() and copy_file_range().
 */
#include "kernel/syscall.h"

#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "kernel/signal.h"
#include "kernel/sys_file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "mm/pagecopy.h"
#include "sched/thread.h"
#include "x86/uaccess.h"

static long write_at(struct file *file, uint64_t *pos, vaddr_t buf,
		     size_t size)
{
	uint64_t old;
	long n;

	mutex_lock(&file->lock);
	old = file->pos;
	file->pos = *pos;
	n = file->ops->write(file, buf, size);
	*pos = file->pos;
	file->pos = old;
	mutex_unlock(&file->lock);
	return n;
}

/* What @mapping has at @pos, inside a page. */
static void fetch(char *to, struct mapping *mapping, uint64_t pos, size_t size)
{
	struct page *page = mapping_find_page(mapping, pos >> PAGE_SHIFT,
					      false);

	if (!page) {
		memset(to, 0, size);
		return;
	}
	copy_from_page(to, page, (uint32_t)pos % PAGE_SIZE, size);
	page_put(page);
}

/*
 * The op that writes is lent @chunk, a page with the bytes at *@pos, so that
 * any file can be written to from the page cache, and nothing of that is seen
 * in the caller's address space.  The page is a copy, since the write may
 * sleep for ever: nobody may hold a kmap() so long.
 */
static long send_page(struct file *to, uint64_t *to_pos, struct file *from,
		      uint64_t pos, size_t size, char *chunk)
{
	long n;

	fetch(chunk, from->vm.mapping, pos, size);
	current_thread()->lent = chunk;
	n = to_pos ? write_at(to, to_pos, (vaddr_t)chunk, size) :
		file_transfer(to, (vaddr_t)chunk, size, true);
	current_thread()->lent = NULL;
	return n;
}

/* A pipe gets no more than it has room for at first. */
static bool is_full_pipe(struct file *file)
{
	struct wait_queue *queue;

	return inode_is(file_inode(file), S_IFIFO) &&
	       !(file->ops->poll(file, &queue) & POLLOUT);
}

static long send_pages(struct file *to, uint64_t *to_pos, struct file *from,
		       uint64_t *pos, size_t size, char *chunk)
{
	const struct mapping *mapping = from->vm.mapping;
	size_t done = 0;

	while (done < size && *pos < mapping->size &&
	       !(done && (caller_is_dying() || is_full_pipe(to)))) {
		size_t n = min(size - done,
			       (size_t)(PAGE_SIZE - (uint32_t)*pos % PAGE_SIZE));
		long sent;

		if (n > mapping->size - *pos)
			n = (size_t)(mapping->size - *pos);
		sent = send_page(to, to_pos, from, *pos, n, chunk);
		if (sent <= 0)
			return done ? (long)done : sent;
		done += sent;
		*pos += sent;
		if ((size_t)sent < n)
			break;
	}
	return done;
}

/* @to_pos: where to write; NULL: at the position of @to */
static long send_all(struct file *to, uint64_t *to_pos, struct file *from,
		     uint64_t *pos, size_t size)
{
	char *chunk = kmalloc(PAGE_SIZE, GFP_KERNEL);
	long n;

	if (!chunk)
		return -ENOMEM;
	n = send_pages(to, to_pos, from, pos, size, chunk);
	kfree(chunk);
	return n;
}

static int send_check_from(const struct file *from, bool has_where,
			   uint64_t pos, size_t size)
{
	if (!file_is_readable(from))
		return -EBADF;
	if (has_where && !from->ops->lseek)
		return -ESPIPE;
	return (int32_t)size < 0 || (int64_t)pos < 0 ||
	       (int64_t)(pos + size) < 0 ? -EINVAL : 0;
}

/* Return: 1: go on; 0: there is nothing to do; -Exxx. */
static int send_check(struct file *to, const struct file *from, uint64_t pos,
		      size_t size)
{
	if (!file_is_writable(to))
		return -EBADF;
	if (pos + size > FILE_SIZE_MAX && pos >= FILE_SIZE_MAX)
		return -EOVERFLOW;
	if (inode_is(file_inode(to), S_IFIFO)) {
		int err = pipe_wait_room(to);	/* whatever is to be sent */

		if (err)
			return err;
	} else if (to->flags & O_APPEND || !from->ops->lseek) {
		return -EINVAL;
	} else if (!size) {
		return 0;
	}
	if (!inode_has_pages(file_inode(from)) || !to->ops->write)
		return -EINVAL;
	return size > 0;
}

static uint64_t position_of(struct file *file)
{
	uint64_t pos;

	mutex_lock(&file->lock);
	pos = file->pos;
	mutex_unlock(&file->lock);
	return pos;
}

static void set_position(struct file *file, uint64_t pos)
{
	mutex_lock(&file->lock);
	file->pos = pos;
	mutex_unlock(&file->lock);
}

/* @pos: where to begin; NULL: at the file's own position */
static long send_file(int out_fd, int in_fd, uint64_t *pos, size_t size)
{
	struct file *from = files_find(current_files(), in_fd), *to = NULL;
	uint64_t at;
	long n;

	if (!from)
		return -EBADF;
	at = pos ? *pos : position_of(from);
	n = send_check_from(from, pos, at, size);
	if (!n) {
		to = files_find(current_files(), out_fd);
		n = to ? send_check(to, from, at, size) : -EBADF;
	}
	if (n > 0)
		n = send_all(to, NULL, from, &at, min(size, (size_t)RW_MAX));
	if (pos)
		*pos = at;
	else if (n > 0)
		set_position(from, at);
	if (to)
		file_put(to);
	file_put(from);
	return signal_restartable(n);
}

long sys_sendfile(struct trap_frame *frame)
{
	vaddr_t where = frame->edx;
	uint64_t pos;
	int32_t narrow;
	long n;

	if (!where)
		return send_file(frame->ebx, frame->ecx, NULL, frame->esi);
	if (copy_from_user(&narrow, where, sizeof(narrow)))
		return -EFAULT;
	pos = (int64_t)narrow;
	n = send_file(frame->ebx, frame->ecx, &pos, frame->esi);
	return put_user_u32(where, (uint32_t)pos) ? -EFAULT : n;
}

long sys_sendfile64(struct trap_frame *frame)
{
	vaddr_t where = frame->edx;
	uint64_t pos;
	long n;

	if (!where)
		return send_file(frame->ebx, frame->ecx, NULL, frame->esi);
	if (copy_from_user(&pos, where, sizeof(pos)))
		return -EFAULT;
	n = send_file(frame->ebx, frame->ecx, &pos, frame->esi);
	return copy_to_user(where, &pos, sizeof(pos)) ? -EFAULT : n;
}

/* One side of copy_file_range(). */
struct copy_end {
	struct file *file;
	vaddr_t where;			/* of the position; 0: the file's own */
	uint64_t pos;
};

static int copy_end_get(struct copy_end *end)
{
	if (!end->file)
		return -EBADF;
	if (end->where)
		return copy_from_user(&end->pos, end->where, 8) ? -EFAULT : 0;
	end->pos = position_of(end->file);
	return 0;
}

static int copy_end_tell(struct copy_end *end)
{
	if (end->where)
		return copy_to_user(end->where, &end->pos, 8) ? -EFAULT : 0;
	set_position(end->file, end->pos);
	return 0;
}

static int copy_check(const struct copy_end *from, const struct copy_end *to,
		      size_t *size)
{
	const struct inode *in = file_inode(from->file);
	const struct inode *out = file_inode(to->file);
	long room;

	if (inode_is(in, S_IFDIR) || inode_is(out, S_IFDIR))
		return -EISDIR;
	if (!inode_is(in, S_IFREG) || !inode_is(out, S_IFREG))
		return -EINVAL;
	if (!file_is_readable(from->file) || !file_is_writable(to->file) ||
	    to->file->flags & O_APPEND)
		return -EBADF;
	if (in->super != out->super)
		return -EXDEV;
	if (from->pos + *size < from->pos || to->pos + *size < to->pos)
		return -EOVERFLOW;
	if (!inode_has_pages(in) ||
	    (int64_t)from->pos >= (int64_t)in->mapping.size)
		*size = 0;
	else
		*size = (size_t)min((uint64_t)*size,
				    in->mapping.size - from->pos);
	room = (int64_t)to->pos < 0 ? (long)*size :
		filemap_room(to->file, to->pos, *size);
	if (room < 0)
		return room;
	*size = room;
	if ((int64_t)(from->pos | to->pos) < 0)
		return -EINVAL;
	if (in == out && from->pos < to->pos + *size &&
	    to->pos < from->pos + *size)
		return -EINVAL;
	return 0;
}

static long copy_range(struct copy_end *from, struct copy_end *to,
		       size_t size)
{
	long n = copy_end_get(from);

	if (!n)
		n = copy_end_get(to);
	if (!n)
		n = copy_check(from, to, &size);
	if (n)
		return n;
	n = send_all(to->file, &to->pos, from->file, &from->pos,
		     min(size, (size_t)RW_MAX));
	if (n > 0 && (copy_end_tell(from) || copy_end_tell(to)))
		n = -EFAULT;
	return n;
}

/* copy_file_range(in, in position, out, out position, size, flags) */
long sys_copy_file_range(struct trap_frame *frame)
{
	struct copy_end from = {
		.file = files_find(current_files(), frame->ebx),
		.where = frame->ecx,
	};
	struct copy_end to = {
		.file = files_find(current_files(), frame->edx),
		.where = frame->esi,
	};
	long n = frame->ebp ? -EINVAL : copy_range(&from, &to, frame->edi);

	if (from.file)
		file_put(from.file);
	if (to.file)
		file_put(to.file);
	return signal_restartable(n);
}
