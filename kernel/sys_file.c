// SPDX-License-Identifier: MIT
/*
 * sys_file - the calls about files: they take arguments apart, check them in
 * the order of Linux, and leave the work to fs/.
 *
 * A name may be given in three ways, and all become a struct place:
 *
 *	"/dev/null"			from the root
 *	"null", dirfd			from an open directory
 *	"", fd and AT_EMPTY_PATH	the open file itself
 *
 * The working directory is /, and everybody is root, so permissions refuse
 * nothing but what the tree refuses to all: to be changed.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/file.h"
#include "fs/node.h"
#include "fs/pipe.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

#define IOV_MAX			1024
#define RW_MAX			(0x7fffffffu & PAGE_MASK) /* of one call */
#define SEEK_LAST		4	/* Linux has two more than Atlas */

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x0100u
#define AT_NO_AUTOMOUNT		0x0800u
#define AT_EMPTY_PATH		0x1000u
#define AT_STATX_SYNC_TYPE	0x6000u

static struct files *current_files(void)
{
	return current_task()->files;
}

/* -------------------------------------------------------------- the names */

/* Copy a path.  Return: 0, and *name is for kfree(); or -Exxx. */
static int name_get(char **name, vaddr_t from)
{
	char *copy = kmalloc(PATH_SIZE, GFP_KERNEL);
	long length;

	if (!copy)
		return -ENOMEM;
	length = strncpy_from_user(copy, from, PATH_SIZE);
	if (length < 0 || length == PATH_SIZE) {
		kfree(copy);
		return length < 0 ? (int)length : -ENAMETOOLONG;
	}
	*name = copy;
	return 0;
}

/* Where an open file is. */
static int place_of(int fd, struct place *place)
{
	struct file *file = files_find(current_files(), fd);

	if (!file)
		return -EBADF;
	*place = file->place;
	file_put(file);
	return 0;
}

/* Where a lookup of @name begins. */
static int start_of(int dirfd, const char *name, struct place *place)
{
	int err;

	*place = node_root();
	if (name[0] == '/' || dirfd == AT_FDCWD)
		return 0;
	err = place_of(dirfd, place);
	if (err)
		return err;
	return node_is(place->node, S_IFDIR) ? 0 : -ENOTDIR;
}

static int lookup_name(int dirfd, const char *name, uint32_t flags,
		       struct place *place)
{
	struct place start;
	int err;

	if (!name[0] && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (!name[0] && dirfd != AT_FDCWD)
		return place_of(dirfd, place);
	err = start_of(dirfd, name, &start);
	if (err)
		return err;
	return node_lookup(start, name, !(flags & AT_SYMLINK_NOFOLLOW), place);
}

/* The place of a path in user memory; AT_* in @flags. */
static int lookup(int dirfd, vaddr_t path, uint32_t flags, struct place *place)
{
	char *name;
	int err = name_get(&name, path);

	if (err)
		return err;
	err = lookup_name(dirfd, name, flags, place);
	kfree(name);
	return err;
}

/* --------------------------------------------------------- open and close */

/* May @place, found with the result @err, be opened with @flags? */
static int open_check(int err, const struct place *place, uint32_t flags)
{
	if (err == -ENOENT && place->node && flags & O_CREAT)
		return -EROFS;
	if (err)
		return err;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (node_is(place->node, S_IFLNK))
		return -ELOOP;
	if (!node_is(place->node, S_IFDIR))
		return flags & O_DIRECTORY ? -ENOTDIR : 0;
	return flags & (O_ACCMODE | O_CREAT | O_TRUNC) ? -EISDIR : 0;
}

/* Let the owner of @file say what he thinks; what fails is closed. */
static int open_hook(struct file *file, uint32_t flags)
{
	int err = 0;

	if (file->ops->open) {
		file->flags |= flags & O_NOCTTY;
		err = file->ops->open(file);
		file->flags &= ~O_NOCTTY;
	}
	if (err)
		file_put(file);
	return err;
}

static int open_name(int dirfd, const char *name, uint32_t flags,
		     struct file **file)
{
	bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	struct place place = { 0 };
	int err;

	err = lookup_name(dirfd, name, flags & O_NOFOLLOW || is_new ?
			  AT_SYMLINK_NOFOLLOW : 0, &place);
	err = open_check(err, &place, flags);
	if (err)
		return err;
	*file = file_open(place, flags);
	return *file ? open_hook(*file, flags) : -ENOMEM;
}

static long open_at(int dirfd, vaddr_t path, uint32_t flags)
{
	struct files *files = current_files();
	struct file *file;
	char *name;
	int fd, err;

	err = name_get(&name, path);
	if (err)
		return err;
	fd = files_reserve(files, 0);
	if (fd >= 0) {
		err = open_name(dirfd, name, flags, &file);
		if (err) {
			files_cancel(files, fd);
			fd = err;
		} else {
			files_install(files, fd, file, flags & O_CLOEXEC);
		}
	}
	kfree(name);
	return fd;
}

long sys_open(struct trap_frame *frame)
{
	return open_at(AT_FDCWD, frame->ebx, frame->ecx);
}

long sys_openat(struct trap_frame *frame)
{
	return open_at(frame->ebx, frame->ecx, frame->edx);
}

long sys_close(struct trap_frame *frame)
{
	return files_close(current_files(), frame->ebx);
}

/* --------------------------------------------------------- read and write */

/* @n, as the return from a call that a signal may have ended. */
static long restartable(long n)
{
	return n == -EINTR ? signal_cut(ERESTARTSYS) : n;
}

static inline int transfer_check(const struct file *file, bool is_write)
{
	if (!(is_write ? file_is_writable(file) : file_is_readable(file)))
		return -EBADF;
	return (is_write ? file->ops->write : file->ops->read) ? 0 : -EINVAL;
}

/* The caller has checked all. */
static inline long transfer(struct file *file, vaddr_t buf, size_t size,
		     bool is_write)
{
	bool has_pos = file->ops->lseek;
	long n;

	if (has_pos)
		mutex_lock(&file->lock);
	n = is_write ? file->ops->write(file, buf, size) :
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
	return restartable(n);
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
		n = transfer(file, iov[i].base, iov[i].size, is_write);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((uint32_t)n < iov[i].size)
			break;
	}
	return done;
}

static long iov_file(struct file *file, vaddr_t from, uint32_t nr,
		     bool is_write)
{
	long (*whole)(struct file *file, struct iovec *iov, size_t size) =
		is_write ? file->ops->writev : file->ops->readv;
	struct iovec *iov;
	long total, n;

	if (nr > IOV_MAX)
		return -EINVAL;
	iov = kmalloc(nr * sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return -ENOMEM;
	total = iov_copy(iov, from, nr);
	n = total < 0 ? total : transfer_check(file, is_write);
	if (!n)
		n = whole ? whole(file, iov, total) :
			iov_transfer(file, iov, nr, is_write);
	kfree(iov);
	return n;
}

static long iov_fd(struct trap_frame *frame, bool is_write)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long n;

	if (!file)
		return -EBADF;
	n = iov_file(file, frame->ecx, frame->edx, is_write);
	file_put(file);
	return restartable(n);
}

long sys_readv(struct trap_frame *frame)
{
	return iov_fd(frame, false);
}

long sys_writev(struct trap_frame *frame)
{
	return iov_fd(frame, true);
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
	return restartable(result);
}

#define F_DUPFD			0
#define F_GETFD			1
#define F_SETFD			2
#define F_GETFL			3
#define F_SETFL			4
#define F_DUPFD_CLOEXEC		1030
#define F_GETPIPE_SZ		1032
#define FD_CLOEXEC		1u

#define O_CHANGEABLE	(O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

static long duplicate(struct file *file, uint32_t from, bool cloexec)
{
	int fd;

	if (from >= FILES_MAX)
		return -EINVAL;
	fd = files_reserve(current_files(), from);
	if (fd >= 0)
		files_install(current_files(), fd, file_get(file), cloexec);
	return fd;
}

long sys_dup(struct trap_frame *frame)
{
	struct file *file = files_find(current_files(), frame->ebx);
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
	struct file *file = files_find(current_files(), from);

	if (!file)
		return -EBADF;
	if (to >= FILES_MAX) {
		file_put(file);
		return -EBADF;
	}
	files_close(current_files(), to);
	/* One thread: nobody else takes it in between. */
	if (files_reserve(current_files(), to) != (int)to)
		panic("sys_file: descriptor %u was taken", to);
	files_install(current_files(), to, file, cloexec);
	return to;
}

/* To the same number it changes nothing. */
long sys_dup2(struct trap_frame *frame)
{
	uint32_t from = frame->ebx, to = frame->ecx;
	struct file *file;

	if (from != to)
		return duplicate_to(from, to, false);
	file = files_find(current_files(), from);
	if (!file)
		return -EBADF;
	file_put(file);
	return to;
}

long sys_dup3(struct trap_frame *frame)
{
	if (frame->edx & ~O_CLOEXEC || frame->ebx == frame->ecx)
		return -EINVAL;
	return duplicate_to(frame->ebx, frame->ecx, frame->edx & O_CLOEXEC);
}

/* Everybody's working directory is the root. */
long sys_getcwd(struct trap_frame *frame)
{
	if (frame->ecx < 2)
		return -ERANGE;
	return copy_to_user(frame->ebx, "/", 2) ? -EFAULT : 2;
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
	case F_SETFL:
		file->flags = (file->flags & ~O_CHANGEABLE) |
			(arg & O_CHANGEABLE);
		return 0;
	case F_GETPIPE_SZ:
		return pipe_capacity(file);
	default:
		return -EINVAL;
	}
}

long sys_fcntl64(struct trap_frame *frame)
{
	struct file *file = files_find(current_files(), frame->ebx);
	long result;

	if (!file)
		return -EBADF;
	result = fcntl(file, frame->ebx, frame->ecx, frame->edx);
	file_put(file);
	return result;
}

long sys_fcntl(struct trap_frame *frame)
{
	return sys_fcntl64(frame);
}

long sys_umask(struct trap_frame *frame)
{
	return files_umask(current_files(), frame->ebx);
}

/* -------------------------------------------------- access and readlink */

#define R_OK	4u
#define W_OK	2u
#define X_OK	1u

static long access_at(int dirfd, vaddr_t path, uint32_t mode)
{
	struct place place;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	err = lookup(dirfd, path, 0, &place);
	if (err)
		return err;
	if (mode & X_OK && !(place.node->mode & 0111))
		return -EACCES;
	if (mode & W_OK && node_is(place.node, S_IFDIR))
		return -EROFS;
	return 0;
}

long sys_access(struct trap_frame *frame)
{
	return access_at(AT_FDCWD, frame->ebx, frame->ecx);
}

long sys_faccessat(struct trap_frame *frame)
{
	return access_at(frame->ebx, frame->ecx, frame->edx);
}

static long readlink_at(int dirfd, vaddr_t path, vaddr_t buf, int32_t size)
{
	struct place place;
	char text[256];
	int length, err;

	if (size <= 0)
		return -EINVAL;
	err = lookup(dirfd, path, AT_SYMLINK_NOFOLLOW, &place);
	if (err)
		return err;
	if (!node_is(place.node, S_IFLNK))
		return -EINVAL;
	length = place.node->readlink(place.id, text, sizeof(text));
	if (length < 0)
		return length;
	length = min(length, size);
	return copy_to_user(buf, text, length) ? -EFAULT : length;
}

long sys_readlink(struct trap_frame *frame)
{
	return readlink_at(AT_FDCWD, frame->ebx, frame->ecx, frame->edx);
}

long sys_readlinkat(struct trap_frame *frame)
{
	return readlink_at(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

/* ------------------------------------------------------------------- stat */

#define TREE_DEV	1u		/* minor of the device that all is on */
#define BLOCK_SIZE	4096u

#define STATX_BASIC_STATS	0x000007ffu
#define STATX_RESERVED		0x80000000u

/* Linux i386's struct stat64. */
struct stat64 {
	uint64_t dev;
	uint32_t pad, short_ino;
	uint32_t mode, nlink, uid, gid;
	uint64_t rdev;
	uint32_t pad2;
	uint64_t size;
	uint32_t block_size;
	uint64_t blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint64_t ino;
} __packed;

struct statx_time {
	int64_t	 sec;
	uint32_t nsec, pad;
};

struct statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask;
	struct statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id, spare[13];
};

static_assert(sizeof(struct stat64) == 96, "as on Linux");
static_assert(sizeof(struct statx) == 256, "as on Linux");

static uint64_t place_ino(const struct place *place)
{
	return (uint64_t)place->id << 8 | place->node->ino;
}

static uint32_t place_nlink(const struct place *place)
{
	return node_is(place->node, S_IFDIR) ? 2 : 1;
}

/* The tree is as old as the kernel's life. */
static struct statx_time tree_time(void)
{
	struct statx_time time = { 0 };

	time.sec = div64_32(time_realtime_ns() - time_now_ns(), NSEC_PER_SEC,
			    &time.nsec);
	return time;
}

static long stat64_copy(vaddr_t to, const struct place *place)
{
	struct statx_time time = tree_time();
	struct stat64 stat = {
		.dev = TREE_DEV,
		.short_ino = place_ino(place),
		.mode = place->node->mode,
		.nlink = place_nlink(place),
		.rdev = place->node->rdev,
		.block_size = BLOCK_SIZE,
		.atime = time.sec, .atime_ns = time.nsec,
		.mtime = time.sec, .mtime_ns = time.nsec,
		.ctime = time.sec, .ctime_ns = time.nsec,
		.ino = place_ino(place),
	};

	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long statx_copy(vaddr_t to, const struct place *place)
{
	struct statx_time time = tree_time();
	struct statx stat = {
		.mask = STATX_BASIC_STATS,
		.block_size = BLOCK_SIZE,
		.nlink = place_nlink(place),
		.mode = place->node->mode,
		.ino = place_ino(place),
		.atime = time, .ctime = time, .mtime = time,
		.rdev_major = place->node->rdev >> 8,
		.rdev_minor = place->node->rdev & 0xff,
		.dev_minor = TREE_DEV,
	};

	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long stat64_path(struct trap_frame *frame, uint32_t flags)
{
	struct place place;
	int err = lookup(AT_FDCWD, frame->ebx, flags, &place);

	return err ? err : stat64_copy(frame->ecx, &place);
}

long sys_stat64(struct trap_frame *frame)
{
	return stat64_path(frame, 0);
}

long sys_lstat64(struct trap_frame *frame)
{
	return stat64_path(frame, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat64(struct trap_frame *frame)
{
	struct place place;
	int err = place_of(frame->ebx, &place);

	return err ? err : stat64_copy(frame->ecx, &place);
}

long sys_statx(struct trap_frame *frame)
{
	uint32_t flags = frame->edx, mask = frame->esi;
	struct place place;
	int err;

	if (mask & STATX_RESERVED ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH |
		      AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = lookup(frame->ebx, frame->ecx, flags, &place);
	return err ? err : statx_copy(frame->edi, &place);
}
