// SPDX-License-Identifier: MIT
/*
 * sys_file - the calls about open files: read and write, positions, lengths,
 * descriptors.  They take arguments apart, check them in the order of Linux,
 * and leave the work to fs/.
 *
 * Not here: what has a path in it (sys_path.c), or asks (sys_stat.c).
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
#define RW_MAX			(0x7fffffffu & PAGE_MASK) /* of one call */
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

static bool is_privileged(void)
{
	return !current_task() || cred_is_root(current_task()->cred);
}

static bool is_dying(void)
{
	return current_task() && signal_is_fatal(current_task());
}

static const struct caller_hooks caller_hooks = {
	size_limit, limit_hit, is_privileged, is_dying,
};

void sys_file_init(void)
{
	filemap_set_caller(&caller_hooks);
}

static struct files *current_files(void)
{
	return current_task()->files;
}

long sys_close(struct trap_frame *frame)
{
	return files_close(current_files(), frame->ebx);
}

#define CLOSE_RANGE_UNSHARE	2u
#define CLOSE_RANGE_CLOEXEC	4u

/* close_range(first, last, flags) */
long __small sys_close_range(struct trap_frame *frame)
{
	uint32_t first = frame->ebx, last = frame->ecx, flags = frame->edx;
	int fd;

	if (first > last ||
	    flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE && files_is_shared(current_files())) {
		struct files *own = files_clone(current_files());

		if (!own)
			return -ENOMEM;
		files_put(current_files());
		current_task()->files = own;
	}
	while ((fd = files_next(current_files(), first)) >= 0 &&
	       (uint32_t)fd <= last) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			files_set_cloexec(current_files(), fd, true);
		else
			files_close(current_files(), fd);
		first = fd + 1;
	}
	return 0;
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
static long iov_file(struct file *file, vaddr_t from, uint32_t nr,
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

static long iov_fd(struct trap_frame *frame, uint32_t flags, bool is_write)
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

static long transfer_at(uint32_t fd, struct pieces pieces, int64_t pos,
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

static int64_t frame_pos(uint32_t low, uint32_t high)
{
	return (int64_t)((uint64_t)high << 32 | low);
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

/* ---------------------------------------------------------------- sendfile */

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
		transfer(to, (vaddr_t)chunk, size, true);
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
	       !(done && (is_dying() || is_full_pipe(to)))) {
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
	if (to->flags & O_APPEND || !from->ops->lseek)
		return -EINVAL;
	if (!size && !inode_is(file_inode(to), S_IFIFO))
		return 0;
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
static long __small send_file(int out_fd, int in_fd, uint64_t *pos,
			      size_t size)
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
long __small sys_copy_file_range(struct trap_frame *frame)
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

/* ------------------------------------------------------------- positions */

static int seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t *pos)
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

/* ------------------------------------------------------- ioctl and fcntl */

long sys_ioctl(struct trap_frame *frame)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long result = -ENOTTY;

	if (!file)
		return -EBADF;
	if (file->ops->ioctl)
		result = file->ops->ioctl(file, frame->ecx, frame->edx);
	file_put(file);
	return signal_restartable(result);
}

#define F_DUPFD			0
#define F_GETFD			1
#define F_SETFD			2
#define F_GETFL			3
#define F_SETFL			4
#define F_SETOWN		8
#define F_GETOWN		9
#define F_SETSIG		10
#define F_GETSIG		11
#define F_GETLEASE		1025
#define F_DUPFD_CLOEXEC		1030
#define F_SETPIPE_SZ		1031
#define F_GETPIPE_SZ		1032
#define F_ADD_SEALS		1033
#define F_GET_SEALS		1034
#define FD_CLOEXEC		1u

#define O_CHANGEABLE	(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

/* Of O_ASYNC only what can be ready hears. */
static uint32_t changeable(const struct file *file)
{
	return O_CHANGEABLE | (file->ops->poll ? O_ASYNC : 0);
}

static long duplicate(struct file *file, uint32_t from, bool cloexec)
{
	int fd;

	if (from >= files_limit(current_files()))
		return -EINVAL;
	fd = files_reserve(current_files(), from);
	if (fd >= 0)
		files_install(current_files(), fd, file_get(file), cloexec);
	return fd;
}

long sys_dup(struct trap_frame *frame)
{
	struct file *file = files_find_any(current_files(), frame->ebx);
	long fd;

	if (!file)
		return -EBADF;
	fd = duplicate(file, 0, false);
	file_put(file);
	return fd;
}

/* Let @to be another name of @from, whatever it was. */
static long duplicate_to(uint32_t from, uint32_t to, bool cloexec)
{
	struct file *file = files_find_any(current_files(), from);
	int err;

	if (!file)
		return -EBADF;
	err = from == to ? 0 :
		files_replace(current_files(), to, file, cloexec);
	file_put(file);
	return err ? err : (long)to;
}

/* To the same number it changes nothing. */
long sys_dup2(struct trap_frame *frame)
{
	return duplicate_to(frame->ebx, frame->ecx, false);
}

long sys_dup3(struct trap_frame *frame)
{
	if (frame->edx & ~O_CLOEXEC || frame->ebx == frame->ecx)
		return -EINVAL;
	return duplicate_to(frame->ebx, frame->ecx, frame->edx & O_CLOEXEC);
}

static long set_flags(struct file *file, uint32_t flags)
{
	if (flags & ~file->flags & O_NOATIME &&
	    !inode_is_owner(file_inode(file), current_task()->cred))
		return -EPERM;
	if (flags & O_DIRECT && !inode_is(file_inode(file), S_IFIFO))
		return -EINVAL;
	file->flags ^= (file->flags ^ flags) & changeable(file);
	return 0;
}

/* Who would be told by SIGIO, which nothing here sends. */
static long set_owner(struct file *file, int32_t owner)
{
	bool is_there;
	uint32_t state;

	if (owner == INT32_MIN)
		return -EINVAL;
	state = spin_lock_irqsave(&tasks_lock);
	is_there = !owner || process_find(owner < 0 ? -owner : owner);
	spin_unlock_irqrestore(&tasks_lock, state);
	if (!is_there)
		return -ESRCH;
	file->owner = owner;
	return 0;
}

static long fcntl(struct file *file, uint32_t fd, uint32_t command,
		  uint32_t arg)
{
	struct files *files = current_files();

	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return duplicate(file, arg, command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return files_cloexec(files, fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		files_set_cloexec(files, fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->flags;
	}
	if (file->flags & O_PATH)
		return -EBADF;
	switch (command) {
	case F_SETFL:
		return set_flags(file, arg);
	case F_SETOWN:
		return set_owner(file, arg);
	case F_GETOWN:
		return file->owner;
	case F_SETSIG:
		if (arg > 64)
			return -EINVAL;
		file->owner_signal = arg;
		return 0;
	case F_GETSIG:
		return file->owner_signal;
	case F_GETLEASE:
		return F_UNLCK;
	case F_SETPIPE_SZ:
		return pipe_set_capacity(file, arg,
					 cred_is_admin(current_task()->cred));
	case F_GETPIPE_SZ:
		return pipe_capacity(file);
	case F_ADD_SEALS:
		if (!file_is_writable(file))
			return -EPERM;
		return inode_has_pages(file_inode(file)) ?
			filemap_add_seals(file, arg) : -EINVAL;
	case F_GET_SEALS:
		return inode_has_pages(file_inode(file)) ?
			(long)file_inode(file)->seals : -EINVAL;
	default:
		return file_lock_command(file, command, arg);
	}
}

static long __small do_fcntl(struct trap_frame *frame, bool is_wide)
{
	struct file *file = files_find_any(current_files(), frame->ebx);
	long result;

	if (!file)
		return -EBADF;
	result = !is_wide && file_lock_is_wide(frame->ecx) ? -EINVAL :
		fcntl(file, frame->ebx, frame->ecx, frame->edx);
	file_put(file);
	return signal_restartable(result);
}

long sys_fcntl64(struct trap_frame *frame)
{
	return do_fcntl(frame, true);
}

long sys_fcntl(struct trap_frame *frame)
{
	return do_fcntl(frame, false);
}

/* ----------------------------------------------------------------- lengths */

static long truncate_fd(uint32_t fd, int64_t size)
{
	struct file *file;
	int err = -EINVAL;

	if (size < 0)
		return -EINVAL;
	file = files_find(current_files(), fd);
	if (!file)
		return -EBADF;
	if (file_is_writable(file) && file->ops->truncate &&
	    (size <= INT32_MAX || file->flags & O_LARGEFILE))
		err = file->ops->truncate(file, size);
	file_put(file);
	return err;
}

long sys_ftruncate(struct trap_frame *frame)
{
	return truncate_fd(frame->ebx, (int32_t)frame->ecx);
}

long sys_ftruncate64(struct trap_frame *frame)
{
	return truncate_fd(frame->ebx, frame_pos(frame->ecx, frame->edx));
}

static int allocate_check(const struct file *file, uint32_t mode,
			  int64_t start, int64_t size)
{
	if (start < 0 || size <= 0)
		return -EINVAL;
	if (mode & ~(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE) ||
	    mode == ALLOCATE_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if (!file_is_writable(file))
		return -EBADF;
	if (inode_is(file_inode(file), S_IFIFO))
		return -ESPIPE;
	if (!file->ops->allocate)
		return -ENODEV;
	return start + size < 0 ? -EFBIG : 0;
}

/* fallocate(fd, mode, start, size) */
long __small sys_fallocate(struct trap_frame *frame)
{
	int64_t start = frame_pos(frame->edx, frame->esi);
	int64_t size = frame_pos(frame->edi, frame->ebp);
	struct file *file = files_find(current_files(), frame->ebx);
	int err;

	if (!file)
		return -EBADF;
	err = allocate_check(file, frame->ecx, start, size);
	if (!err)
		err = file->ops->allocate(file, frame->ecx, start, size);
	file_put(file);
	return signal_restartable(err);
}

/* ----------------------------------------------------------- directories */

#define DIR_BUF		PAGE_SIZE

/* The records that the old getdents() had: the type comes last. */
struct old_record {
	uint32_t ino, next;
	uint16_t size;
	char	 name[];
} __packed;

/* Turn the records of @buf into old ones, which are never longer. */
static long make_old(char *buf, long size)
{
	char *to = buf;

	for (char *from = buf; from < buf + size;) {
		struct dir_record record = *(struct dir_record *)from;
		const char *name = ((struct dir_record *)from)->name;
		size_t length = strlen(name);
		struct old_record *old = (struct old_record *)to;

		from += record.size;
		memmove(old->name, name, length + 1);
		old->ino = record.ino;
		old->next = record.next;
		old->size = dir_old_size(length);
		memset(old->name + length, 0,
		       old->size - sizeof(*old) - length);
		to[old->size - 1] = record.type;
		to += old->size;
	}
	return to - buf;
}

static long read_dir(struct trap_frame *frame, bool is_old)
{
	size_t size = min(frame->edx, (uint32_t)DIR_BUF);
	struct file *file = files_find(current_files(), frame->ebx);
	char *buf;
	long n;

	if (!file)
		return -EBADF;
	buf = kmalloc(DIR_BUF, GFP_KERNEL);
	n = !buf ? -ENOMEM : file->ops != &dir_ops ? -ENOTDIR : 0;
	if (!n) {
		mutex_lock(&file->lock);
		n = is_old ? dir_read(file, buf, DIR_BUF, size) :
			dir_read(file, buf, size, ~0u);
		mutex_unlock(&file->lock);
	}
	if (n > 0 && is_old)
		n = make_old(buf, n);
	if (n > 0 && copy_to_user(frame->ecx, buf, n))
		n = -EFAULT;
	kfree(buf);
	file_put(file);
	return n;
}

long sys_getdents64(struct trap_frame *frame)
{
	return read_dir(frame, false);
}

long sys_getdents(struct trap_frame *frame)
{
	return read_dir(frame, true);
}

/* ---------------------------------------------------- what needs no doing */
/*
 * Nothing is behind the pages of a file, so they are where they belong at any
 * time; and nothing need be fetched before it is used.
 */

static long check_fd(uint32_t fd)
{
	struct file *file = files_find(current_files(), fd);

	if (!file)
		return -EBADF;
	file_put(file);
	return 0;
}

static long sync_fd(uint32_t fd)
{
	struct file *file = files_find(current_files(), fd);
	long err;

	if (!file)
		return -EBADF;
	err = inode_is(file_inode(file), S_IFREG) ||
	      inode_is(file_inode(file), S_IFDIR) ? 0 : -EINVAL;
	file_put(file);
	return err;
}

/* sync_file_range(fd, start, start, size, size, flags) */
long sys_sync_file_range(struct trap_frame *frame)
{
	int64_t start = frame_pos(frame->ecx, frame->edx);
	int64_t size = frame_pos(frame->esi, frame->edi);
	struct file *file = files_find(current_files(), frame->ebx);
	long err = 0;

	if (!file)
		return -EBADF;
	if (frame->ebp & ~7u || start < 0 || size < 0 ||
	    (int64_t)((uint64_t)start + size) < 0)
		err = -EINVAL;
	else if (!inode_is(file_inode(file), S_IFREG) &&
		 !inode_is(file_inode(file), S_IFDIR) &&
		 !inode_is(file_inode(file), S_IFLNK) &&
		 !inode_is(file_inode(file), S_IFBLK))
		err = -ESPIPE;
	file_put(file);
	return err;
}

long sys_fsync(struct trap_frame *frame)
{
	return sync_fd(frame->ebx);
}

long sys_fdatasync(struct trap_frame *frame)
{
	return sync_fd(frame->ebx);
}

long sys_syncfs(struct trap_frame *frame)
{
	return check_fd(frame->ebx);
}

long sys_sync(struct trap_frame *frame)
{
	(void)frame;
	return 0;
}

#define FADV_LAST	5

static long advise(uint32_t fd, int64_t size, uint32_t advice)
{
	struct file *file = files_find(current_files(), fd);
	long err = 0;

	if (!file)
		return -EBADF;
	if (inode_is(file_inode(file), S_IFIFO))
		err = -ESPIPE;
	else if (size < 0 || advice > FADV_LAST)
		err = -EINVAL;
	file_put(file);
	return err;
}

/* fadvise64(fd, start, start, size, advice) */
long sys_fadvise64(struct trap_frame *frame)
{
	return advise(frame->ebx, frame->esi, frame->edi);
}

/* fadvise64_64(fd, start, start, size, size, advice) */
long sys_fadvise64_64(struct trap_frame *frame)
{
	return advise(frame->ebx, frame_pos(frame->esi, frame->edi),
		      frame->ebp);
}

long sys_readahead(struct trap_frame *frame)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long err = -EBADF;

	if (!file)
		return -EBADF;
	if (file_is_readable(file))
		err = file->vm.mapping ? 0 : -EINVAL;
	file_put(file);
	return err;
}
