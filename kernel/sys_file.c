// SPDX-License-Identifier: MIT
/*
 * sys_file - the calls about open files that are made all the time: read and
 * write, positions, close.  They take arguments apart, check them in the order
 * of Linux, and leave the work to fs/.
 *
 * Not here: what else is done to a descriptor (sys_fd.c) or from one file to
 * another (sys_send.c), what has a path in it (sys_path.c), or asks
 * (sys_stat.c).
 */
#include "kernel/syscall.h"

#include "fs/dir.h"
#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "kernel/signal.h"
#include "kernel/sys_file.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/pagecopy.h"
#include "sched/thread.h"
#include "x86/uaccess.h"

#define IOV_MAX			1024
#define SEEK_LAST		SEEK_HOLE

/* ------------------------------------------------- who writes to files */

static uint64_t size_limit(void)
{
	uint32_t limit = current_task() ?
		current_process()->limits[RLIMIT_FSIZE].soft : RLIM_INFINITY;

	return limit == RLIM_INFINITY ? UINT64_MAX : limit;
}

static void limit_hit(void)
{
	signal_send_self(SIGXFSZ);
}

static const struct cred *caller_cred(void)
{
	return current_task() ? current_task()->cred : NULL;
}

bool caller_is_dying(void)
{
	return current_task() && signal_is_fatal(current_task());
}

static const struct caller_hooks caller_hooks = {
	size_limit, limit_hit, caller_cred, caller_is_dying,
};

void sys_file_init(void)
{
	filemap_set_caller(&caller_hooks);
}

long sys_close(struct trap_frame *frame)
{
	return files_close(current_files(), frame->ebx);
}

/* --------------------------------------------------------- read and write */

static inline int transfer_check(const struct file *file, bool is_write)
{
	if (!(is_write ? file_is_writable(file) : file_is_readable(file)))
		return -EBADF;
	return (is_write ? file->ops->write : file->ops->read) ? 0 : -EINVAL;
}

/* Positions end at 2^63. */
static inline bool is_too_far(const struct file *file, size_t size)
{
	return (int64_t)(file->pos + size) < 0;
}

/* The caller has checked all. */
static inline long transfer(struct file *file, vaddr_t buf, size_t size,
			    bool is_write)
{
	bool has_pos = file->ops->lseek;
	long n;

	if (has_pos)
		mutex_lock(&file->lock);
	n = has_pos && is_too_far(file, size) ? -EINVAL :
		is_write ? file->ops->write(file, buf, size) :
		file->ops->read(file, buf, size);
	if (has_pos)
		mutex_unlock(&file->lock);
	return n;
}

static __always_inline long transfer_fd(struct trap_frame *frame, bool is_write)
{
	struct file *file = files_find(current_files(), frame->ebx);
	size_t size = frame->edx;
	long n;

	if (!file)
		return -EBADF;
	n = transfer_check(file, is_write);
	if (!n && !user_range_ok(frame->ecx, size))
		n = -EFAULT;
	if (!n && (int32_t)size < 0)
		n = -EINVAL;
	if (!n)
		n = transfer(file, frame->ecx, min(size, RW_MAX), is_write);
	file_put(file);
	return signal_restartable(n);
}

long file_transfer(struct file *file, vaddr_t buf, size_t size, bool is_write)
{
	return transfer(file, buf, size, is_write);
}

long sys_read(struct trap_frame *frame)
{
	return transfer_fd(frame, false);
}

long sys_write(struct trap_frame *frame)
{
	return transfer_fd(frame, true);
}

/* Return: the bytes of all pieces together; -EFAULT, -EINVAL. */
static long iov_copy(struct iovec *iov, vaddr_t from, uint32_t nr)
{
	size_t total = 0;

	if (copy_from_user(iov, from, nr * sizeof(*iov)))
		return -EFAULT;
	for (uint32_t i = 0; i < nr; i++)
		if ((int32_t)iov[i].size < 0)
			return -EINVAL;
	for (uint32_t i = 0; i < nr; i++) {
		if (!user_range_ok(iov[i].base, iov[i].size))
			return -EFAULT;
		iov[i].size = min(iov[i].size, RW_MAX - total);
		total += iov[i].size;
	}
	return total;
}

/* Stops at the first piece that is short. */
static long iov_transfer(struct file *file, const struct iovec *iov,
			 uint32_t nr, bool is_write)
{
	long n, done = 0;

	for (uint32_t i = 0; i < nr; i++) {
		n = (is_write ? file->ops->write : file->ops->read)
			(file, iov[i].base, iov[i].size);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint32_t)n < iov[i].size)
			break;
	}
	return done;
}

#define RWF_HIPRI	1u		/* these three change nothing here */
#define RWF_DSYNC	2u
#define RWF_SYNC	4u
#define RWF_KNOWN	(RWF_HIPRI | RWF_DSYNC | RWF_SYNC)

/* @flags: RWF_*; @has_lock: of the position, if there is one */
static long __small iov_file(struct file *file, vaddr_t from, uint32_t nr,
		     uint32_t flags, bool is_write, bool has_lock)
{
	long (*whole)(struct file *file, struct iovec *iov, size_t size) =
		is_write ? file->ops->writev : file->ops->readv;
	bool locks = file->ops->lseek && !has_lock;
	struct iovec *iov;
	long total, n;

	if (nr > IOV_MAX)
		return -EINVAL;
	iov = kmalloc((nr + 1) * sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return -ENOMEM;
	total = iov_copy(iov, from, nr);
	n = total < 0 ? total : transfer_check(file, is_write);
	if (!n) {
		if (locks)
			mutex_lock(&file->lock);
		n = !total ? 0 :
			file->ops->lseek && is_too_far(file, total) ? -EINVAL :
			flags & (inode_is(file_inode(file), S_IFDIR) ?
				 ~RWF_HIPRI : ~RWF_KNOWN) ? -EOPNOTSUPP :
			whole ? whole(file, iov, total) :
			iov_transfer(file, iov, nr, is_write);
		if (locks)
			mutex_unlock(&file->lock);
	}
	kfree(iov);
	return n;
}

static long __small iov_fd(struct trap_frame *frame, uint32_t flags,
			   bool is_write)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long n;

	if (!file)
		return -EBADF;
	n = iov_file(file, frame->ecx, frame->edx, flags, is_write, false);
	file_put(file);
	return signal_restartable(n);
}

long sys_readv(struct trap_frame *frame)
{
	return iov_fd(frame, 0, false);
}

long sys_writev(struct trap_frame *frame)
{
	return iov_fd(frame, 0, true);
}

/* ------------------------------------------------------- at a given place */
/*
 * pread() is a read() with another position for as long as it holds the lock
 * of the position.
 */

/* Where a transfer at a place finds its bytes. */
struct pieces {
	vaddr_t at;			/* of bytes, or of iovecs */
	size_t size;			/* bytes, or how many iovecs */
	bool is_vector;
	uint32_t flags;			/* RWF_* of a vector */
};

static long transfer_pieces(struct file *file, const struct pieces *pieces,
			    bool is_write)
{
	if (!pieces->is_vector)
		return is_too_far(file, pieces->size) ? -EINVAL : is_write ?
			file->ops->write(file, pieces->at, pieces->size) :
			file->ops->read(file, pieces->at, pieces->size);
	return iov_file(file, pieces->at, pieces->size, pieces->flags,
			is_write, true);
}

static long __small transfer_at(uint32_t fd, struct pieces pieces, int64_t pos,
			bool is_write)
{
	struct file *file;
	uint64_t old;
	long n;

	if (pos < 0)
		return -EINVAL;
	file = files_find(current_files(), fd);
	if (!file)
		return -EBADF;
	n = file->ops->lseek ? 0 : -ESPIPE;
	if (!n && !pieces.is_vector) {
		n = transfer_check(file, is_write);
		if (n)
			;
		else if (!user_range_ok(pieces.at, pieces.size))
			n = -EFAULT;
		else if ((int32_t)pieces.size < 0)
			n = -EINVAL;
		pieces.size = min(pieces.size, (size_t)RW_MAX);
	}
	if (!n) {
		mutex_lock(&file->lock);
		old = file->pos;
		file->pos = pos;
		n = transfer_pieces(file, &pieces, is_write);
		file->pos = old;
		mutex_unlock(&file->lock);
	}
	file_put(file);
	return signal_restartable(n);
}

long sys_pread64(struct trap_frame *frame)
{
	return transfer_at(frame->ebx,
			   (struct pieces){ frame->ecx, frame->edx, false, 0 },
			   frame_pos(frame->esi, frame->edi), false);
}

long sys_pwrite64(struct trap_frame *frame)
{
	return transfer_at(frame->ebx,
			   (struct pieces){ frame->ecx, frame->edx, false, 0 },
			   frame_pos(frame->esi, frame->edi), true);
}

long sys_preadv(struct trap_frame *frame)
{
	return transfer_at(frame->ebx,
			   (struct pieces){ frame->ecx, frame->edx, true, 0 },
			   frame_pos(frame->esi, frame->edi), false);
}

long sys_pwritev(struct trap_frame *frame)
{
	return transfer_at(frame->ebx,
			   (struct pieces){ frame->ecx, frame->edx, true, 0 },
			   frame_pos(frame->esi, frame->edi), true);
}

/* The place -1 is the file's own position. */
static long transfer_at_or_on(struct trap_frame *frame, bool is_write)
{
	int64_t pos = frame_pos(frame->esi, frame->edi);

	if (pos == -1)
		return iov_fd(frame, frame->ebp, is_write);
	return transfer_at(frame->ebx, (struct pieces){
			   frame->ecx, frame->edx, true, frame->ebp,
			   }, pos, is_write);
}

long sys_preadv2(struct trap_frame *frame)
{
	return transfer_at_or_on(frame, false);
}

long sys_pwritev2(struct trap_frame *frame)
{
	return transfer_at_or_on(frame, true);
}

/* ------------------------------------------------------------- positions */

static int __small seek(uint32_t fd, int64_t offset, uint32_t whence,
			uint64_t *pos)
{
	struct file *file = files_find(current_files(), fd);
	int err = -EINVAL;

	if (!file)
		return -EBADF;
	if (whence <= SEEK_LAST)
		err = file->ops->lseek ? 0 : -ESPIPE;
	if (!err) {
		mutex_lock(&file->lock);
		err = file->ops->lseek(file, offset, whence);
		*pos = file->pos;
		mutex_unlock(&file->lock);
	}
	file_put(file);
	return err;
}

long sys_lseek(struct trap_frame *frame)
{
	uint64_t pos;
	int err = seek(frame->ebx, (int32_t)frame->ecx, frame->edx, &pos);

	if (err)
		return err;
	return pos > INT32_MAX ? -EOVERFLOW : (long)pos;
}

long sys__llseek(struct trap_frame *frame)
{
	uint64_t offset = (uint64_t)frame->ecx << 32 | frame->edx, pos;
	int err = seek(frame->ebx, offset, frame->edi, &pos);

	if (err)
		return err;
	return copy_to_user(frame->esi, &pos, sizeof(pos)) ? -EFAULT : 0;
}
