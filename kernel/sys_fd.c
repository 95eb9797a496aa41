// SPDX-License-Identifier: MIT
/*
 * sys_fd - what else is done to descriptors than to read and write: copies of
 * them, ioctl() and fcntl(), lengths, directories, and what is on a disk.
 */
#include "kernel/syscall.h"

#include "fs/dir.h"
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
#include "x86/uaccess.h"

/* ------------------------------------------------------------ many at once */

#define CLOSE_RANGE_UNSHARE	2u
#define CLOSE_RANGE_CLOEXEC	4u

/* close_range(first, last, flags) */
long sys_close_range(struct trap_frame *frame)
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

/* ------------------------------------------------------- ioctl and fcntl */

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

/* A flag that the word at @arg switches. */
static long switch_flag(struct file *file, uint32_t flag, vaddr_t arg)
{
	uint32_t on;

	if (get_user_u32(&on, arg))
		return -EFAULT;
	on = on ? flag : 0;
	if ((file->flags ^ on) & flag & ~changeable(file))
		return -ENOTTY;
	file->flags = (file->flags & ~flag) | on;
	return 0;
}

static long do_ioctl(struct file *file, uint32_t fd, uint32_t command,
		     uint32_t arg)
{
	const struct inode *inode = file_inode(file);

	switch (command) {
	case FIOCLEX:
	case FIONCLEX:
		files_set_cloexec(current_files(), fd, command == FIOCLEX);
		return 0;
	case FIONBIO:
		return switch_flag(file, O_NONBLOCK, arg);
	case FIOASYNC:
		return switch_flag(file, O_ASYNC, arg);
	case FIONREAD:
		if (inode_is(inode, S_IFREG))
			return put_user_u32(arg, inode_size(inode) -
					    file->pos) ? -EFAULT : 0;
	}
	return file->ops->ioctl ? file->ops->ioctl(file, command, arg) :
		-ENOTTY;
}

long sys_ioctl(struct trap_frame *frame)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long result;

	if (!file)
		return -EBADF;
	result = do_ioctl(file, frame->ebx, frame->ecx, frame->edx);
	file_put(file);
	return signal_restartable(result);
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

static long do_fcntl(struct trap_frame *frame, bool is_wide)
{
	struct file *file = files_find_any(current_files(), frame->ebx);
	long result;

	if (!file)
		return -EBADF;
	result = !is_wide && file_lock_is_wide(frame->ecx) &&
		!(file->flags & O_PATH) ? -EINVAL :
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
	if (mode & ~ALLOCATE_KNOWN ||
	    (mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO)) ==
	    (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO) ||
	    (mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_KEEP_SIZE)) ==
	    ALLOCATE_PUNCH_HOLE)
		return -EOPNOTSUPP;
	if ((mode & ALLOCATE_COLLAPSE && mode != ALLOCATE_COLLAPSE) ||
	    (mode & ALLOCATE_INSERT && mode != ALLOCATE_INSERT) ||
	    (mode & ALLOCATE_UNSHARE &&
	     mode & ~(ALLOCATE_UNSHARE | ALLOCATE_KEEP_SIZE)))
		return -EINVAL;
	if (!file_is_writable(file))
		return -EBADF;
	if (inode_is(file_inode(file), S_IFIFO))
		return -ESPIPE;
	if (!file->ops->allocate)
		return -ENODEV;
	if ((uint64_t)start + (uint64_t)size > FILE_SIZE_MAX)
		return -EFBIG;
	return mode & ~(ALLOCATE_KEEP_SIZE | ALLOCATE_PUNCH_HOLE) ?
		-EOPNOTSUPP : 0;
}

/* fallocate(fd, mode, start, size) */
long sys_fallocate(struct trap_frame *frame)
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
	uint64_t pos;
	char *buf;
	long n;

	if (!file)
		return -EBADF;
	buf = kmalloc(DIR_BUF, GFP_KERNEL);
	n = !buf ? -ENOMEM : file->ops != &dir_ops ? -ENOTDIR : 0;
	if (!n) {
		mutex_lock(&file->lock);
		pos = file->pos;
		n = is_old ? dir_read(file, buf, DIR_BUF, size) :
			dir_read(file, buf, size, ~0u);
		if (n > 0 && is_old)
			n = make_old(buf, n);
		if (n > 0 && copy_to_user(frame->ecx, buf, n)) {
			dir_unread(file, pos);
			n = -EFAULT;
		}
		mutex_unlock(&file->lock);
	}
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
	else if (start >> PAGE_SHIFT > UINT32_MAX)
		err = 0;		/* where no page can be */
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
