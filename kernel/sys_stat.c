// SPDX-License-Identifier: MIT
/*
 * sys_stat - the calls that ask what a file or a file system is.
 */
#include "kernel/syscall.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/lookup.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

#define BLOCK_SIZE	4096u

/* -------------------------------------------------- access and readlink */

#define R_OK	4u
#define W_OK	2u
#define X_OK	1u

static int access_path(const struct path *path, const struct cred *cred,
		       uint32_t mode)
{
	const struct inode *inode = path->dentry->inode;
	int err;

	if (mode & X_OK && path->mount->flags & MS_NOEXEC &&
	    inode_is(inode, S_IFREG))
		return -EACCES;
	err = inode_permission(inode, cred, mode);
	if (!err && mode & W_OK && mount_is_read_only(path->mount) &&
	    (inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR)))
		err = -EROFS;
	return err;
}

/* access() asks for the real user, not for the effective one. */
static long access_at(int dirfd, vaddr_t name, uint32_t mode, uint32_t flags)
{
	struct cred cred = *current_task()->cred;
	struct path path;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK) ||
	    flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) {
		cred.fsuid = cred.uid;
		cred.fsgid = cred.gid;
	}
	err = user_path_as(&cred, dirfd, name, flags, &path);
	if (err)
		return err;
	err = access_path(&path, &cred, mode);
	path_put(path);
	return err;
}

long sys_access(struct trap_frame *frame)
{
	return access_at(AT_FDCWD, frame->ebx, frame->ecx, 0);
}

long sys_faccessat(struct trap_frame *frame)
{
	return access_at(frame->ebx, frame->ecx, frame->edx, 0);
}

long sys_faccessat2(struct trap_frame *frame)
{
	return access_at(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

/* @is_empty: @path was not named, but is open */
static long readlink_path(const struct path *path, bool is_empty, vaddr_t buf,
			  int size)
{
	struct inode *inode = path->dentry->inode;
	char *text;
	int length;

	if (!inode_is(inode, S_IFLNK))
		return is_empty ? -ENOENT : -EINVAL;
	text = kmalloc(PATH_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	length = inode_readlink(inode, text, PATH_SIZE);
	if (length > 0) {
		length = min(length, size);
		if (copy_to_user(buf, text, length))
			length = -EFAULT;
	}
	kfree(text);
	return length;
}

static long readlink_at(int dirfd, vaddr_t name, vaddr_t buf, int32_t size)
{
	struct path path;
	long result;
	char first;
	int err;

	if (size <= 0)
		return -EINVAL;
	err = user_path(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
			&path);
	if (err)
		return err;
	result = readlink_path(&path, !copy_from_user(&first, name, 1) &&
			       !first, buf, size);
	path_put(path);
	return result;
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

#define STATX_BASIC_STATS	0x000007ffu
#define STATX_MNT_ID		0x00001000u
#define STATX_RESERVED		0x80000000u
#define STATX_BTIME		0x00000800u
#define STATX_ATTR_MOUNT_ROOT	0x2000u
#define STATX_ATTRIBUTES	0x203000u	/* that all could have, as on */
#define STATX_ATTRIBUTES_TMPFS	0x70u		/* Linux; and tmpfs as well */

/* Linux i386's struct stat64, and the older struct stat. */
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

struct stat32 {
	uint32_t dev, ino;
	uint16_t mode, nlink, uid, gid;
	uint32_t rdev, size, block_size, blocks;
	uint32_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	uint32_t unused[2];
};

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
static_assert(sizeof(struct stat32) == 64, "as on Linux");
static_assert(sizeof(struct statx) == 256, "as on Linux");

/* Of 512 bytes. */
static uint64_t blocks_of(const struct inode *inode)
{
	if (inode_is(inode, S_IFLNK))	/* a long text has a page */
		return inode_size(inode) < 128 ? 0 : PAGE_SIZE / 512;
	if (!inode_has_pages(inode))
		return 0;
	return (uint64_t)inode->mapping.nr_pages * (PAGE_SIZE / 512);
}

static long stat64_copy(vaddr_t to, const struct inode *inode)
{
	struct stat64 stat = {
		.dev = inode->super->dev, .short_ino = inode->ino,
		.mode = inode->mode, .nlink = inode->nlink,
		.uid = inode->uid, .gid = inode->gid,
		.rdev = inode->rdev, .size = inode_size(inode),
		.block_size = BLOCK_SIZE, .blocks = blocks_of(inode),
		.atime = inode->atime.sec, .atime_ns = inode->atime.nsec,
		.mtime = inode->mtime.sec, .mtime_ns = inode->mtime.nsec,
		.ctime = inode->ctime.sec, .ctime_ns = inode->ctime.nsec,
		.ino = inode->ino,
	};

	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long stat32_copy(vaddr_t to, const struct inode *inode)
{
	struct stat32 stat = {
		.dev = inode->super->dev, .ino = inode->ino,
		.mode = inode->mode, .nlink = inode->nlink,
		.uid = inode->uid, .gid = inode->gid,
		.rdev = inode->rdev, .size = inode_size(inode),
		.block_size = BLOCK_SIZE, .blocks = blocks_of(inode),
		.atime = inode->atime.sec, .atime_ns = inode->atime.nsec,
		.mtime = inode->mtime.sec, .mtime_ns = inode->mtime.nsec,
		.ctime = inode->ctime.sec, .ctime_ns = inode->ctime.nsec,
	};

	if (inode_size(inode) > INT32_MAX)
		return -EOVERFLOW;
	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static struct statx_time statx_time(struct fs_time time)
{
	return (struct statx_time){ .sec = time.sec, .nsec = time.nsec };
}

static long statx_copy(vaddr_t to, const struct path *path, uint32_t mask)
{
	const struct inode *inode = path->dentry->inode;
	bool has_btime = mask & STATX_BTIME && inode->ops->make;
	struct statx stat = {
		.mask = STATX_BASIC_STATS | STATX_MNT_ID |
			(has_btime ? STATX_BTIME : 0),
		.block_size = BLOCK_SIZE,
		.nlink = inode->nlink, .mode = inode->mode,
		.uid = inode->uid, .gid = inode->gid, .ino = inode->ino,
		.size = inode_size(inode), .blocks = blocks_of(inode),
		.atime = statx_time(inode->atime),
		.mtime = statx_time(inode->mtime),
		.ctime = statx_time(inode->ctime),
		.rdev_major = inode->rdev >> 8 & 0xfff,
		.rdev_minor = (inode->rdev & 0xff) |
			      (inode->rdev >> 12 & 0xfff00),
		.dev_minor = inode->super->dev, .mnt_id = path->mount->id,
		.attributes_mask = STATX_ATTRIBUTES |
			(inode->ops->make ? STATX_ATTRIBUTES_TMPFS : 0),
		.attributes = path->dentry == path->mount->root ?
			STATX_ATTR_MOUNT_ROOT : 0,
	};

	if (has_btime)
		stat.btime = statx_time(inode->btime);
	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

typedef long (*stat_copy)(vaddr_t to, const struct inode *inode);

static long stat_at(int dirfd, vaddr_t name, uint32_t flags, vaddr_t to,
		    stat_copy copy)
{
	struct path path;
	long err = user_path(dirfd, name, flags, &path);

	if (err)
		return err;
	err = copy(to, path.dentry->inode);
	path_put(path);
	return err;
}

static long stat_fd(int fd, vaddr_t to, stat_copy copy)
{
	struct path path;
	long err = fd_path(fd, &path);

	if (err)
		return err;
	err = copy(to, path.dentry->inode);
	path_put(path);
	return err;
}

long sys_stat64(struct trap_frame *frame)
{
	return stat_at(AT_FDCWD, frame->ebx, 0, frame->ecx, stat64_copy);
}

long sys_lstat64(struct trap_frame *frame)
{
	return stat_at(AT_FDCWD, frame->ebx, AT_SYMLINK_NOFOLLOW, frame->ecx,
		       stat64_copy);
}

long sys_fstat64(struct trap_frame *frame)
{
	return stat_fd(frame->ebx, frame->ecx, stat64_copy);
}

long sys_fstatat64(struct trap_frame *frame)
{
	if (frame->esi & ~AT_STAT)
		return -EINVAL;
	return stat_at(frame->ebx, frame->ecx, frame->esi, frame->edx,
		       stat64_copy);
}

long sys_stat(struct trap_frame *frame)
{
	return stat_at(AT_FDCWD, frame->ebx, 0, frame->ecx, stat32_copy);
}

long sys_lstat(struct trap_frame *frame)
{
	return stat_at(AT_FDCWD, frame->ebx, AT_SYMLINK_NOFOLLOW, frame->ecx,
		       stat32_copy);
}

long sys_fstat(struct trap_frame *frame)
{
	return stat_fd(frame->ebx, frame->ecx, stat32_copy);
}

long sys_statx(struct trap_frame *frame)
{
	uint32_t flags = frame->edx, mask = frame->esi;
	struct path path;
	long err;

	if (mask & STATX_RESERVED ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    flags & ~AT_STAT)
		return -EINVAL;
	err = user_path(frame->ebx, frame->ecx, flags, &path);
	if (err)
		return err;
	err = statx_copy(frame->edi, &path, mask);
	path_put(path);
	return err;
}

/* ----------------------------------------------------------------- statfs */

#define ST_VALID	0x0020u
#define ST_RELATIME	0x1000u

struct statfs64 {
	uint32_t type, block_size;
	uint64_t blocks, free, available, files, free_files;
	uint32_t id[2], name_max, fragment_size, flags, spare[4];
} __packed;

struct statfs32 {
	uint32_t type, block_size;
	uint32_t blocks, free, available, files, free_files;
	uint32_t id[2], name_max, fragment_size, flags, spare[4];
};

static_assert(sizeof(struct statfs64) == 84, "as on Linux");
static_assert(sizeof(struct statfs32) == 64, "as on Linux");

static void fill_statfs(struct statfs64 *to, const struct path *path)
{
	const struct super *super = path->dentry->inode->super;
	uint32_t used = super->nr_pages, inodes = super->nr_inodes;

	memset(to, 0, sizeof(*to));
	to->type = super->type->magic;
	to->block_size = to->fragment_size = BLOCK_SIZE;
	to->name_max = NAME_MAX;
	to->id[0] = super->dev;
	to->flags = ST_VALID;
	if (super == path->mount->super)	/* else it is in no mount */
		to->flags |= (path->mount->flags & MS_KEPT & ~MS_STRICTATIME) |
			mount_is_read_only(path->mount) |
			(path->mount->flags & (MS_NOATIME | MS_STRICTATIME) ?
			 0 : ST_RELATIME);
	if (super->max_pages) {
		to->blocks = super->max_pages;
		to->free = to->available = super->max_pages - used;
	}
	if (super->max_inodes) {
		to->files = super->max_inodes;
		to->free_files = super->max_inodes - inodes;
	}
}

static long copy_statfs64(vaddr_t to, const struct path *path)
{
	struct statfs64 stat;

	fill_statfs(&stat, path);
	return copy_to_user(to, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static long copy_statfs32(vaddr_t to, const struct path *path)
{
	struct statfs64 stat;
	struct statfs32 old;

	fill_statfs(&stat, path);
	old = (struct statfs32){
		.type = stat.type, .block_size = stat.block_size,
		.blocks = stat.blocks, .free = stat.free,
		.available = stat.available, .files = stat.files,
		.free_files = stat.free_files, .id = { stat.id[0] },
		.name_max = stat.name_max, .flags = stat.flags,
		.fragment_size = stat.fragment_size,
	};
	return copy_to_user(to, &old, sizeof(old)) ? -EFAULT : 0;
}

typedef long (*statfs_copy)(vaddr_t to, const struct path *path);

static long statfs_path(int err, struct path path, vaddr_t to,
			statfs_copy copy)
{
	long result;

	if (err)
		return err;
	result = copy(to, &path);
	path_put(path);
	return result;
}

static long statfs_name(vaddr_t name, vaddr_t to, statfs_copy copy)
{
	struct path path = { NULL, NULL };
	int err = user_path(AT_FDCWD, name, 0, &path);

	return statfs_path(err, path, to, copy);
}

static long statfs_fd(int fd, vaddr_t to, statfs_copy copy)
{
	struct path path = { NULL, NULL };
	int err = fd_path(fd, &path);

	return statfs_path(err, path, to, copy);
}

long sys_statfs(struct trap_frame *frame)
{
	return statfs_name(frame->ebx, frame->ecx, copy_statfs32);
}

long sys_fstatfs(struct trap_frame *frame)
{
	return statfs_fd(frame->ebx, frame->ecx, copy_statfs32);
}

/* The second argument is the size of what the third points at. */
static bool statfs_size_ok(const struct trap_frame *frame)
{
	return frame->ecx == sizeof(struct statfs64);
}

long sys_statfs64(struct trap_frame *frame)
{
	if (!statfs_size_ok(frame))
		return -EINVAL;
	return statfs_name(frame->ebx, frame->edx, copy_statfs64);
}

long sys_fstatfs64(struct trap_frame *frame)
{
	if (!statfs_size_ok(frame))
		return -EINVAL;
	return statfs_fd(frame->ebx, frame->edx, copy_statfs64);
}
