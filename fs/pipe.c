// SPDX-License-Identifier: MIT
/*
 * pipe - a ring of slots, each a page at most, allocated when it is written.
 *
 *	        tail                    head
 *	         v                       v
 *	 slot  [ ..def ][ ghijkl ][ mn  ][      ] ...  mask + 1 of them
 *	           ^ start           ^ start + size: "op" can be added here
 *
 * A write puts whole pages into slots of their own, and what is beyond them
 * behind the last slot's bytes if all of it fits there, else into a slot as
 * well.  So a write of PIPE_BUF or less needs one step, which is done or not,
 * and is never mixed with others.  These are Linux's rules, and a program can
 * see them: sixteen writes of 4000 bytes fill a pipe.
 *
 * A step that meets a bad user address changes nothing, as on Linux; steps
 * before it count.
 *
 * True whenever the lock is free (pipe_check_locked()):
 *   P1  the slots in [tail, head), modulo their number, and no others, have data:
 *	 0 < size, start + size <= PAGE_SIZE
 *   P2  who sleeps for data finds the pipe empty, who sleeps for room full
 *
 * Pages are lowmem, so that user memory can be copied, and may fault, without
 * a temporary mapping.  The last one to become empty is kept for the next
 * write: the usual pipe of small messages needs no allocator.
 *
 * Locking: pipe->lock; sleepers and poll() peek at head, tail and the counts
 * without it.  All who sleep are woken by a change and look for themselves.
 */
#include "fs/pipe.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "sched/wait.h"
#include "x86/uaccess.h"

#define NR_SLOTS	(PIPE_CAPACITY / PAGE_SIZE)	/* at first */
#define CAPACITY_MOST	(1u << 20)	/* for all but root */
#define CAPACITY_LIMIT	(1u << 30)

_Static_assert(PIPE_BUF <= PAGE_SIZE, "one step");

struct slot {
	char	*data;			/* a page */
	uint16_t start, size;		/* what is in use of it */
	bool	 is_packet;		/* of an O_DIRECT write: read alone */
};

/* Guarded by:	(l) lock  (a) atomic */
struct pipe {
	struct mutex	  lock;
	int32_t		  refs;		/* open files; the inode's lock */
	uint32_t	  readers, writers; /* (l) of them */
	uint32_t	  reader_opens, writer_opens; /* (l) count for ever */
	uint32_t	  head, tail;	/* (l) count slots for ever */
	char		  *spare;	/* (l) an empty page, or NULL */
	struct wait_queue readable;	/* no longer empty, or no writers */
	struct wait_queue writable;	/* no longer full, or no readers */
	uint32_t	  mask;		/* (l) their number, 2^n, less 1 */
	struct slot	  *slot;	/* (l) from kmalloc(), or: */
	struct slot	  first[NR_SLOTS];
};

/* What is left of a read or write: pieces of user memory. */
struct user_bytes {
	struct iovec *piece;
	size_t left;
};

static void (*broken_hook)(void);
static struct super *pipe_super;	/* where all pipes are, for fstat() */

void pipe_set_broken(void (*hook)(void))
{
	broken_hook = hook;
}

static bool pipe_is_empty(const struct pipe *pipe)
{
	return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

static bool pipe_is_full(const struct pipe *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) >
	       READ_ONCE(pipe->mask);
}

static struct slot *slot_at(struct pipe *pipe, uint32_t position)
{
	return &pipe->slot[position & pipe->mask];
}

static void pipe_check_locked(struct pipe *pipe)
{
#ifdef DEBUG
	assert(mutex_is_held(&pipe->lock));
	assert(pipe->head - pipe->tail <= pipe->mask + 1);
	for (uint32_t i = pipe->tail; i != pipe->head; i++) {
		const struct slot *slot = slot_at(pipe, i);

		assert(slot->size > 0 &&				/* P1 */
		       slot->start + slot->size <= (int)PAGE_SIZE);
	}
#else
	(void)pipe;
#endif
}

/* ------------------------------------------------------------------- pages */

int32_t nr_pipe_pages;

static __noinline char *page_new(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return NULL;
	atomic_inc(&nr_pipe_pages);
	return page_to_virt(page);
}

static __noinline void page_free(char *data)
{
	atomic_add(&nr_pipe_pages, -1);
	free_page(virt_to_page(data));
}

static inline char *page_take(struct pipe *pipe)
{
	char *data = pipe->spare;

	if (!data)
		return page_new();
	pipe->spare = NULL;
	return data;
}

static void page_give(struct pipe *pipe, char *data)
{
	if (!pipe->spare)
		pipe->spare = data;
	else
		page_free(data);
}

/* ---------------------------------------------------------- read and write */

static __noinline int copy_pieces(struct user_bytes *user, char *data,
				  size_t size, bool is_write)
{
	for (size_t done = 0; done < size;) {
		struct iovec *piece = user->piece;
		size_t n = min(size - done, (size_t)piece->size);

		if (is_write ? copy_from_writer(data + done, piece->base, n) :
			       copy_to_user(piece->base, data + done, n))
			return -EFAULT;
		done += n;
		piece->base += n;
		piece->size -= n;
		if (!piece->size)
			user->piece++;
	}
	user->left -= size;
	return 0;
}

/* Copy @size bytes, which @user has left.  Return: 0; -EFAULT. */
static inline int copy(struct user_bytes *user, char *data, size_t size,
		       bool is_write)
{
	struct iovec *piece = user->piece;

	if (unlikely(size > piece->size))
		return copy_pieces(user, data, size, is_write);
	if (is_write ? copy_from_writer(data, piece->base, size) :
		       copy_to_user(piece->base, data, size))
		return -EFAULT;
	piece->base += size;
	piece->size -= size;
	user->left -= size;
	return 0;
}

/*
 * The odd bytes of a write, if the last slot has room for them; the pipe is
 * not empty.
 */
static __noinline int __small fill_last(struct pipe *pipe,
					struct user_bytes *from)
{
	struct slot *slot = slot_at(pipe, pipe->head - 1);
	size_t n = from->left % PAGE_SIZE, end = slot->start + slot->size;

	if (end + n > PAGE_SIZE || slot->is_packet)
		return 0;
	if (copy_pieces(from, slot->data + end, n, true))
		return -EFAULT;
	slot->size += n;
	return 0;
}

static int fill_next(struct pipe *pipe, struct user_bytes *from,
		     bool is_packet)
{
	size_t n = min(from->left, (size_t)PAGE_SIZE);
	/* What sendfile() brings is alone in a page, as Linux gives that away. */
	size_t start = unlikely(current_thread()->lent) ? PAGE_SIZE - n : 0;
	char *data = page_take(pipe);

	if (!data)
		return -ENOMEM;
	if (copy(from, data + start, n, true)) {
		page_give(pipe, data);
		return -EFAULT;
	}
	*slot_at(pipe, pipe->head) = (struct slot){
		.data = data, .start = start, .size = n,
		.is_packet = is_packet,
	};
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return 0;
}

/* Return: 0; 1: that was a packet, of which the rest is lost; -EFAULT. */
static int drain_first(struct pipe *pipe, struct user_bytes *to)
{
	struct slot *slot = slot_at(pipe, pipe->tail);
	size_t n = min(to->left, (size_t)slot->size);

	if (copy(to, slot->data + slot->start, n, false))
		return -EFAULT;
	slot->start += n;
	slot->size -= n;
	if (!slot->size || slot->is_packet) {
		page_give(pipe, slot->data);
		WRITE_ONCE(pipe->tail, pipe->tail + 1);
	}
	return slot->is_packet;
}

/* Both: sleep, unless @file wants to be told instead. */
static __noinline int wait_for_data(const struct file *file, struct pipe *pipe)
{
	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&pipe->readable,
					!pipe_is_empty(pipe) ||
					!READ_ONCE(pipe->writers));
}

static __noinline int wait_for_room(const struct file *file, struct pipe *pipe)
{
	int err;

	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	wake_all(&pipe->readable);
	mutex_unlock(&pipe->lock);
	err = wait_event_interruptible(&pipe->writable, !pipe_is_full(pipe) ||
				       !READ_ONCE(pipe->readers));
	mutex_lock(&pipe->lock);
	return err;
}

int __small pipe_wait_room(struct file *file)
{
	struct pipe *pipe = file->private;
	int err = 0;

	mutex_lock(&pipe->lock);
	while (!err && pipe->readers && pipe_is_full(pipe))
		err = wait_for_room(file, pipe);
	if (!err && !pipe->readers)
		err = -EPIPE;
	mutex_unlock(&pipe->lock);
	if (err == -EPIPE)
		broken_hook();
	return err;
}

static int write_some(const struct file *file, struct pipe *pipe,
		      struct user_bytes *from)
{
	if (!pipe->readers)
		return -EPIPE;
	if (pipe_is_full(pipe))
		return wait_for_room(file, pipe);
	return fill_next(pipe, from, file->flags & O_DIRECT);
}

/* Take the lock when there is something to read, or never will be. */
static int lock_for_data(const struct file *file, struct pipe *pipe)
{
	for (;;) {
		if (pipe_is_empty(pipe) && READ_ONCE(pipe->writers)) {
			int err = wait_for_data(file, pipe);

			if (err)
				return err;
		}
		mutex_lock(&pipe->lock);
		if (likely(!pipe_is_empty(pipe) || !pipe->writers))
			return 0;
		mutex_unlock(&pipe->lock);	/* somebody was faster */
	}
}

static long pipe_readv(struct file *file, struct iovec *iov, size_t size)
{
	struct pipe *pipe = file->private;
	struct user_bytes to = { iov, size };
	int err;

	if (!size)
		return 0;
	err = lock_for_data(file, pipe);
	if (err)
		return err;
	while (!err && to.left && !pipe_is_empty(pipe))
		err = drain_first(pipe, &to);
	wake_all(&pipe->writable);
	pipe_check_locked(pipe);
	mutex_unlock(&pipe->lock);
	return to.left < size ? (long)(size - to.left) : err;
}

static long pipe_writev(struct file *file, struct iovec *iov, size_t size)
{
	struct pipe *pipe = file->private;
	struct user_bytes from = { iov, size };
	int err = 0;

	if (!size)
		return 0;
	mutex_lock(&pipe->lock);
	if (pipe->readers && !pipe_is_empty(pipe) &&
	    !(file->flags & O_DIRECT) && !current_thread()->lent)
		err = fill_last(pipe, &from);
	while (!err && from.left)
		err = write_some(file, pipe, &from);
	wake_all(&pipe->readable);
	pipe_check_locked(pipe);
	mutex_unlock(&pipe->lock);
	if (err == -EPIPE)
		broken_hook();
	return from.left < size ? (long)(size - from.left) : err;
}

static long pipe_read(struct file *file, vaddr_t buf, size_t size)
{
	return pipe_readv(file, &(struct iovec){ buf, size }, size);
}

static long pipe_write(struct file *file, vaddr_t buf, size_t size)
{
	return pipe_writev(file, &(struct iovec){ buf, size }, size);
}

/* ------------------------------------------------------------------- others */

static uint32_t poll_read_end(const struct file *file, const struct pipe *pipe)
{
	bool had_writer = READ_ONCE(pipe->writer_opens) + 1 != file->pos;

	return (pipe_is_empty(pipe) ? 0 : POLLIN | POLLRDNORM) |
	       (!READ_ONCE(pipe->writers) && had_writer ? POLLHUP : 0);
}

static uint32_t poll_write_end(const struct pipe *pipe)
{
	return (pipe_is_full(pipe) ? 0 : POLLOUT | POLLWRNORM) |
	       (READ_ONCE(pipe->readers) ? 0 : POLLERR);
}

static uint32_t __small pipe_poll(struct file *file, struct wait_queue **queue)
{
	struct pipe *pipe = file->private;

	*queue = file_is_readable(file) ? &pipe->readable : &pipe->writable;
	return (file_is_readable(file) ? poll_read_end(file, pipe) : 0) |
	       (file_is_writable(file) ? poll_write_end(pipe) : 0);
}

static long __small pipe_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	struct pipe *pipe = file->private;
	uint32_t size = 0;

	if (command != FIONREAD)
		return -ENOTTY;
	mutex_lock(&pipe->lock);
	for (uint32_t i = pipe->tail; i != pipe->head; i++)
		size += slot_at(pipe, i)->size;
	mutex_unlock(&pipe->lock);
	return put_user_u32(arg, size);
}

static void pipe_free(struct pipe *pipe)
{
	for (uint32_t i = pipe->tail; i != pipe->head; i++)
		page_free(slot_at(pipe, i)->data);
	if (pipe->spare)
		page_free(pipe->spare);
	if (pipe->slot != pipe->first)
		kfree(pipe->slot);
	kfree(pipe);
}

/* A FIFO's may be found until its last user is gone: both under the lock. */
static void __small pipe_put(struct inode *inode, struct pipe *pipe)
{
	bool is_last;

	mutex_lock(&inode->lock);
	is_last = !--pipe->refs;
	if (is_last)
		inode->pipe = NULL;
	mutex_unlock(&inode->lock);
	if (is_last)
		pipe_free(pipe);
}

static void __small pipe_release(struct file *file)
{
	struct pipe *pipe = file->private;

	mutex_lock(&pipe->lock);
	pipe->readers -= file_is_readable(file);
	pipe->writers -= file_is_writable(file);
	wake_all(&pipe->readable);
	wake_all(&pipe->writable);
	mutex_unlock(&pipe->lock);
	pipe_put(file_inode(file), pipe);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read, .readv = pipe_readv,
	.write = pipe_write, .writev = pipe_writev,
	.poll = pipe_poll, .ioctl = pipe_ioctl, .release = pipe_release,
};

static struct pipe *pipe_alloc(void)
{
	struct pipe *pipe = kmalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	*pipe = (struct pipe){
		.refs = 1, .mask = NR_SLOTS - 1, .slot = pipe->first,
	};
	mutex_init(&pipe->lock);
	wait_queue_init(&pipe->readable);
	wait_queue_init(&pipe->writable);
	return pipe;
}

/* -------------------------------------------------------------- with a name */

/* The pipe of a FIFO, which exists while the FIFO is open.  One reference. */
static struct pipe *fifo_pipe(struct inode *inode)
{
	struct pipe *pipe;

	mutex_lock(&inode->lock);
	pipe = inode->pipe;
	if (pipe)
		pipe->refs++;
	else
		pipe = inode->pipe = pipe_alloc();
	mutex_unlock(&inode->lock);
	return pipe;
}

/* Wait for the other side, whose opens @count counts, to change @before. */
static int __small fifo_wait(struct wait_queue *queue, const uint32_t *count,
		     uint32_t before)
{
	return wait_event_interruptible(queue, READ_ONCE(*count) != before);
}

/* @reader_opens, @writer_opens: as they were when this open was counted */
static int fifo_meet(struct file *file, struct pipe *pipe,
		     uint32_t reader_opens, uint32_t writer_opens)
{
	bool reads = file_is_readable(file), writes = file_is_writable(file);

	if (reads && writes)
		return 0;
	if (writes && !READ_ONCE(pipe->readers))
		return file->flags & O_NONBLOCK ? -ENXIO :
			fifo_wait(&pipe->writable, &pipe->reader_opens,
				  reader_opens);
	if (reads && !READ_ONCE(pipe->writers) && !(file->flags & O_NONBLOCK))
		return fifo_wait(&pipe->readable, &pipe->writer_opens,
				 writer_opens);
	return 0;
}

static int __small fifo_open(struct file *file)
{
	bool reads = file_is_readable(file), writes = file_is_writable(file);
	uint32_t reader_opens, writer_opens;
	struct pipe *pipe;
	int err;

	if (!reads && !writes)
		return -EINVAL;
	pipe = fifo_pipe(file_inode(file));
	if (!pipe)
		return -ENOMEM;
	file->private = pipe;
	mutex_lock(&pipe->lock);
	/* Until a writer comes this is not yet an end of file for poll(). */
	file->pos = pipe->writers ? 0 : pipe->writer_opens + 1;
	pipe->readers += reads;
	pipe->writers += writes;
	pipe->reader_opens += reads;
	pipe->writer_opens += writes;
	reader_opens = pipe->reader_opens;
	writer_opens = pipe->writer_opens;
	wake_all(&pipe->readable);
	wake_all(&pipe->writable);
	mutex_unlock(&pipe->lock);
	/* A pipe without a name was met when it was made. */
	err = file_inode(file)->super == pipe_super ? 0 :
		fifo_meet(file, pipe, reader_opens, writer_opens);
	if (err)
		pipe_release(file);
	return err;
}

const struct file_ops fifo_ops = {
	.open = fifo_open, .read = pipe_read, .readv = pipe_readv,
	.write = pipe_write, .writev = pipe_writev,
	.poll = pipe_poll, .ioctl = pipe_ioctl, .release = pipe_release,
};

/* ----------------------------------------------------------- without a name */

static struct fs_type pipe_fs = { .name = "pipefs", .magic = 0x50495045 };

static const struct inode_ops pipe_inode_ops = { .release = inode_free };

void pipe_init(void)
{
	pipe_super = super_alloc(&pipe_fs);
	assert_always(pipe_super);
}

static bool is_pipe(const struct file *file)
{
	return file->ops == &pipe_ops || file->ops == &fifo_ops;
}

long pipe_capacity(const struct file *file)
{
	const struct pipe *pipe = file->private;

	return is_pipe(file) ? (long)((pipe->mask + 1) * PAGE_SIZE) : -EBADF;
}

/* The slots in use move to the front of @slots.  Return: what is left over. */
static struct slot *take_slots(struct pipe *pipe, struct slot *slots,
			       uint32_t nr)
{
	struct slot *old = pipe->slot;
	uint32_t used = pipe->head - pipe->tail;

	if (used > nr)
		return slots;
	for (uint32_t i = 0; i < used; i++)
		slots[i] = *slot_at(pipe, pipe->tail + i);
	pipe->slot = slots;
	pipe->mask = nr - 1;
	pipe->tail = 0;
	pipe->head = used;
	return old;
}

long __small pipe_set_capacity(struct file *file, uint32_t size, bool may_exceed)
{
	struct pipe *pipe = file->private;
	struct slot *slots, *old;
	uint32_t nr = 1;

	if (!is_pipe(file))
		return -EBADF;
	if (size > CAPACITY_LIMIT)
		return -EINVAL;
	while (nr * PAGE_SIZE < size)
		nr *= 2;
	if (size > CAPACITY_MOST && !may_exceed)
		return -EPERM;
	slots = kmalloc(nr * sizeof(*slots), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	mutex_lock(&pipe->lock);
	old = take_slots(pipe, slots, nr);
	wake_all(&pipe->writable);
	mutex_unlock(&pipe->lock);
	if (old != pipe->first)
		kfree(old);
	return old == slots ? -EBUSY : (long)(nr * PAGE_SIZE);
}

static int __small open_end(struct path path, struct pipe *pipe, uint32_t flags,
		    struct file **end)
{
	int err = file_open(path, flags & ~O_DIRECT, end);

	if (err)
		return err;
	(*end)->flags |= flags & O_DIRECT;	/* packets: pipes alone have it */
	(*end)->private = pipe;
	pipe->refs++;
	pipe->readers += file_is_readable(*end);
	pipe->writers += file_is_writable(*end);
	return 0;
}

/* Both ends of @pipe, which live under one name that is nowhere. */
static int open_ends(struct inode *inode, struct pipe *pipe,
		     struct file *ends[2], uint32_t flags)
{
	struct path path = { mount_root().mount, NULL };
	char name[24];
	int err;

	snprintf(name, sizeof(name), "pipe:[%u]", inode->ino);
	path.dentry = dentry_create(NULL, name, strlen(name), inode);
	if (!path.dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	err = open_end(path, pipe, O_RDONLY | flags, &ends[0]);
	if (!err) {
		err = open_end(path, pipe, O_WRONLY | flags, &ends[1]);
		if (err)
			file_put(ends[0]);
	}
	dentry_put(path.dentry);
	return err;
}

int __small pipe_create(struct file *ends[2], uint32_t flags)
{
	struct inode *inode = inode_alloc();
	struct pipe *pipe = pipe_alloc();
	int err = -ENOMEM;

	if (!inode || !pipe) {
		if (inode)
			inode_free(inode);
		kfree(pipe);
		return err;
	}
	inode_init(inode, pipe_super, S_IFIFO | 0600);
	inode->ops = &pipe_inode_ops;
	inode->file_ops = &pipe_ops;
	inode->ino = super_new_ino(pipe_super);
	inode->pipe = pipe;
	inode_get(inode);
	err = open_ends(inode, pipe, ends, flags);
	if (!err)			/* by /proc/<pid>/fd, as a FIFO */
		inode->file_ops = &fifo_ops;
	pipe_put(inode, pipe);
	inode_put(inode);
	return err;
}
