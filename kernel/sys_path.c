// SPDX-License-Identifier: MIT
/*
 * sys_path - the calls that change names and what files are: open, mkdir,
 * rename, chmod, mount and their kin.  They take arguments apart, check them
 * in the order of Linux, and leave the work to fs/.
 */
#include "kernel/syscall.h"

#include "fs/context.h"
#include "fs/file.h"
#include "fs/filemap.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "fs/tmpfs.h"
#include "kernel/lookup.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

static uint32_t with_umask(uint32_t mode)
{
	return mode & S_IALLUGO & ~current_task()->fs->umask;
}

/* ------------------------------------------------------------------ open */

static int open_check_flags(uint32_t flags)
{
	if (flags & O_PATH)
		return 0;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	if ((flags & O_TMPFILE & ~O_DIRECTORY) &&
	    ((flags & O_TMPFILE) != O_TMPFILE || flags & O_CREAT ||
	     !(flags & O_ACCMODE)))
		return -EINVAL;
	return 0;
}

static long open_at(int dirfd, vaddr_t path, uint32_t flags, uint32_t mode)
{
	struct files *files = current_task()->files;
	struct user_name name;
	struct file *file;
	int fd, err;

	flags &= flags & O_PATH ?
		 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : O_VALID;
	err = open_check_flags(flags);
	if (!err)
		err = user_name_get(dirfd, path, &name);
	if (err)
		return err;
	fd = *name.name ? files_reserve(files, 0) : -ENOENT;
	if (fd >= 0) {
		err = names_open(&name.view, name.name, flags,
				 with_umask(mode), &file);
		if (err) {
			files_cancel(files, fd);
			fd = err;
		} else {
			files_install(files, fd, file, flags & O_CLOEXEC);
		}
	}
	user_name_put(&name);
	return signal_restartable(fd);
}

long sys_open(struct trap_frame *frame)
{
	return open_at(AT_FDCWD, frame->ebx, frame->ecx, frame->edx);
}

long sys_openat(struct trap_frame *frame)
{
	return open_at(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

long sys_creat(struct trap_frame *frame)
{
	return open_at(AT_FDCWD, frame->ebx, O_CREAT | O_WRONLY | O_TRUNC,
		       frame->ecx);
}

#define MFD_CLOEXEC		1u
#define MFD_ALLOW_SEALING	2u
#define MEMFD_NAME_MAX		249

/* memfd_create(name, flags) */
long sys_memfd_create(struct trap_frame *frame)
{
	struct files *files = current_task()->files;
	char text[MEMFD_NAME_MAX + 1], *name;
	struct inode *inode;
	struct file *file;
	long length;
	int fd, err;

	if (frame->ecx & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	length = strncpy_from_user(text, frame->ebx, sizeof(text));
	if (length < 0)
		return length;
	if (length > MEMFD_NAME_MAX)
		return -EINVAL;
	name = kmalloc(NAME_MAX + 1, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	snprintf(name, NAME_MAX + 1, "memfd:%s", text);
	fd = files_reserve(files, 0);
	err = fd;
	if (fd >= 0) {
		err = tmpfs_unnamed(current_task()->cred, 0777, &inode);
		if (!err)
			err = file_open_unnamed(inode, name, O_RDWR |
						O_LARGEFILE, &file);
		if (err)
			files_cancel(files, fd);
		else if (frame->ecx & MFD_ALLOW_SEALING)
			file_inode(file)->seals = 0;
		if (!err)
			files_install(files, fd, file,
				      frame->ecx & MFD_CLOEXEC);
	}
	kfree(name);
	return err < 0 ? err : fd;
}

/* ---------------------------------------------------------- make, remove */

static long make_at(int dirfd, vaddr_t path, uint32_t mode, uint32_t rdev)
{
	struct user_name name;
	int err = user_name_get(dirfd, path, &name);

	if (err)
		return err;
	err = names_make(&name.view, name.name, mode, rdev, NULL);
	user_name_put(&name);
	return err;
}

long sys_mkdir(struct trap_frame *frame)
{
	return make_at(AT_FDCWD, frame->ebx,
		       S_IFDIR | (with_umask(frame->ecx) & 01777), 0);
}

long sys_mkdirat(struct trap_frame *frame)
{
	return make_at(frame->ebx, frame->ecx,
		       S_IFDIR | (with_umask(frame->edx) & 01777), 0);
}

static long make_node(int dirfd, vaddr_t path, uint32_t mode, uint32_t rdev)
{
	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		/* fall through */
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		rdev = 0;
		break;
	case S_IFCHR:
	case S_IFBLK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	return make_at(dirfd, path, (mode & S_IFMT) | with_umask(mode), rdev);
}

long sys_mknod(struct trap_frame *frame)
{
	return make_node(AT_FDCWD, frame->ebx, frame->ecx, frame->edx);
}

long sys_mknodat(struct trap_frame *frame)
{
	return make_node(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

static long symlink_at(vaddr_t text, int dirfd, vaddr_t path)
{
	struct user_name name;
	char *link;
	int err = name_get(&link, text);

	if (err)
		return err;
	err = *link ? user_name_get(dirfd, path, &name) : -ENOENT;
	if (!err) {
		err = names_make(&name.view, name.name, S_IFLNK | 0777, 0,
				 link);
		user_name_put(&name);
	}
	kfree(link);
	return err;
}

long sys_symlink(struct trap_frame *frame)
{
	return symlink_at(frame->ebx, AT_FDCWD, frame->ecx);
}

long sys_symlinkat(struct trap_frame *frame)
{
	return symlink_at(frame->ebx, frame->ecx, frame->edx);
}

static long link_at(int from_fd, vaddr_t from, int to_fd, vaddr_t to,
		    uint32_t flags)
{
	struct user_name name;
	struct path path;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH && !cred_is_root(current_task()->cred))
		return -ENOENT;
	err = user_path(from_fd, from, (flags & AT_EMPTY_PATH) |
			(flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW),
			&path);
	if (err)
		return err;
	err = user_name_get(to_fd, to, &name);
	if (!err) {
		err = names_link(&path, &name.view, name.name);
		user_name_put(&name);
	}
	path_put(path);
	return err;
}

long sys_link(struct trap_frame *frame)
{
	return link_at(AT_FDCWD, frame->ebx, AT_FDCWD, frame->ecx, 0);
}

long sys_linkat(struct trap_frame *frame)
{
	return link_at(frame->ebx, frame->ecx, frame->edx, frame->esi,
		       frame->edi);
}

static long remove_at(int dirfd, vaddr_t path, bool is_dir)
{
	struct user_name name;
	int err = user_name_get(dirfd, path, &name);

	if (err)
		return err;
	err = names_remove(&name.view, name.name, is_dir);
	user_name_put(&name);
	return err;
}

long sys_unlink(struct trap_frame *frame)
{
	return remove_at(AT_FDCWD, frame->ebx, false);
}

long sys_rmdir(struct trap_frame *frame)
{
	return remove_at(AT_FDCWD, frame->ebx, true);
}

long sys_unlinkat(struct trap_frame *frame)
{
	if (frame->edx & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_at(frame->ebx, frame->ecx, frame->edx & AT_REMOVEDIR);
}

static long rename_at(int from_fd, vaddr_t from, int to_fd, vaddr_t to,
		      uint32_t flags)
{
	struct user_name old, new;
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
	    (flags & RENAME_EXCHANGE && flags != RENAME_EXCHANGE))
		return -EINVAL;
	err = user_name_get(from_fd, from, &old);
	if (err)
		return err;
	err = user_name_get(to_fd, to, &new);
	if (err) {			/* what is wrong with @from comes first */
		int first = names_parent(&old.view, old.name);

		err = first ? first : err;
	} else {
		err = names_rename(&old.view, old.name, &new.view, new.name,
				   flags);
		user_name_put(&new);
	}
	user_name_put(&old);
	return err;
}

long sys_rename(struct trap_frame *frame)
{
	return rename_at(AT_FDCWD, frame->ebx, AT_FDCWD, frame->ecx, 0);
}

long sys_renameat(struct trap_frame *frame)
{
	return rename_at(frame->ebx, frame->ecx, frame->edx, frame->esi, 0);
}

long sys_renameat2(struct trap_frame *frame)
{
	return rename_at(frame->ebx, frame->ecx, frame->edx, frame->esi,
			 frame->edi);
}

/* ------------------------------------------------------------- attributes */

static int check_writable(const struct path *path)
{
	return mount_is_read_only(path->mount) ? -EROFS : 0;
}

/* The result of a change of @path, which is put. */
static long changed(struct path path, int err)
{
	path_put(path);
	return err;
}

static int change_mode(const struct path *path, uint32_t mode)
{
	int err = check_writable(path);

	return err ? err : inode_chmod(path->dentry->inode,
				       current_task()->cred, mode);
}

static long chmod_at(int dirfd, vaddr_t name, uint32_t mode)
{
	struct path path;
	int err = user_path(dirfd, name, 0, &path);

	return err ? err : changed(path, change_mode(&path, mode));
}

long sys_chmod(struct trap_frame *frame)
{
	return chmod_at(AT_FDCWD, frame->ebx, frame->ecx);
}

long sys_fchmodat(struct trap_frame *frame)
{
	return chmod_at(frame->ebx, frame->ecx, frame->edx);
}

long sys_fchmod(struct trap_frame *frame)
{
	struct path path;
	int err = open_path(frame->ebx, &path);

	return err ? err : changed(path, change_mode(&path, frame->ecx));
}

static int change_owner(const struct path *path, uint32_t uid, uint32_t gid)
{
	int err = check_writable(path);

	return err ? err : inode_chown(path->dentry->inode,
				       current_task()->cred, uid, gid);
}

static long chown_at(int dirfd, vaddr_t name, uint32_t uid, uint32_t gid,
		     uint32_t flags)
{
	struct path path;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path(dirfd, name, flags, &path);
	return err ? err : changed(path, change_owner(&path, uid, gid));
}

static long fchown(int fd, uint32_t uid, uint32_t gid)
{
	struct path path;
	int err = open_path(fd, &path);

	return err ? err : changed(path, change_owner(&path, uid, gid));
}

/* The old calls have 16-bit ids, of which -1 is "as it is". */
static uint32_t id16(uint32_t id)
{
	return (uint16_t)id == 0xffff ? ~0u : (uint16_t)id;
}

long sys_chown(struct trap_frame *frame)
{
	return chown_at(AT_FDCWD, frame->ebx, id16(frame->ecx),
			id16(frame->edx), 0);
}

long sys_lchown(struct trap_frame *frame)
{
	return chown_at(AT_FDCWD, frame->ebx, id16(frame->ecx),
			id16(frame->edx), AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(struct trap_frame *frame)
{
	return fchown(frame->ebx, id16(frame->ecx), id16(frame->edx));
}

long sys_chown32(struct trap_frame *frame)
{
	return chown_at(AT_FDCWD, frame->ebx, frame->ecx, frame->edx, 0);
}

long sys_lchown32(struct trap_frame *frame)
{
	return chown_at(AT_FDCWD, frame->ebx, frame->ecx, frame->edx,
			AT_SYMLINK_NOFOLLOW);
}

long sys_fchown32(struct trap_frame *frame)
{
	return fchown(frame->ebx, frame->ecx, frame->edx);
}

long sys_fchownat(struct trap_frame *frame)
{
	return chown_at(frame->ebx, frame->ecx, frame->edx, frame->esi,
			frame->edi);
}

/* ------------------------------------------------------------------ times */

struct time32 { int32_t sec, frac; };
struct time64 { int64_t sec; int32_t nsec; uint32_t pad; };

static bool is_special(uint32_t nsec)
{
	return nsec == FS_TIME_NOW || nsec == FS_TIME_OMIT;
}

/* @name 0: the file at @dirfd itself. */
static long set_times(int dirfd, vaddr_t name, uint32_t flags,
		      const struct fs_time times[2])
{
	bool has_name = name || dirfd == AT_FDCWD;
	struct path path;
	int err;

	if (times[0].nsec == FS_TIME_OMIT && times[1].nsec == FS_TIME_OMIT)
		return 0;
	if (flags & ~(has_name ? AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH : 0))
		return -EINVAL;
	err = has_name ? user_path(dirfd, name, flags, &path) :
		open_path(dirfd, &path);
	if (err)
		return err;
	for (int i = 0; i < 2; i++)
		if (times[i].nsec > 999999999 && !is_special(times[i].nsec))
			err = -EINVAL;
	if (!err)
		err = check_writable(&path);
	if (!err)
		err = inode_set_times(path.dentry->inode, current_task()->cred,
				      times);
	return changed(path, err);
}

static const struct fs_time both_now[2] = {
	{ 0, FS_TIME_NOW }, { 0, FS_TIME_NOW },
};

/* utimensat(dirfd, name, times, flags), with 64 or 32 bits of seconds. */
long sys_utimensat_time64(struct trap_frame *frame)
{
	struct fs_time times[2] = { both_now[0], both_now[1] };
	struct time64 in[2];

	if (frame->edx) {
		if (copy_from_user(in, frame->edx, sizeof(in)))
			return -EFAULT;
		for (int i = 0; i < 2; i++)
			times[i] = (struct fs_time){ in[i].sec, in[i].nsec };
	}
	return set_times(frame->ebx, frame->ecx, frame->esi, times);
}

/* @scale: nanoseconds in a unit of the fraction. */
static int times32(vaddr_t from, uint32_t scale, struct fs_time times[2])
{
	struct time32 in[2];

	if (!from)
		return 0;
	if (copy_from_user(in, from, sizeof(in)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (scale != 1 && (uint32_t)in[i].frac >= 1000000)
			return -EINVAL;
		times[i] = (struct fs_time){ in[i].sec, in[i].frac * scale };
	}
	return 0;
}

long sys_utimensat(struct trap_frame *frame)
{
	struct fs_time times[2] = { both_now[0], both_now[1] };
	int err = times32(frame->edx, 1, times);

	return err ? err : set_times(frame->ebx, frame->ecx, frame->esi,
				     times);
}

static long utimes_at(int dirfd, vaddr_t name, vaddr_t from)
{
	struct fs_time times[2] = { both_now[0], both_now[1] };
	int err = times32(from, 1000, times);

	return err ? err : set_times(dirfd, name, 0, times);
}

long sys_utimes(struct trap_frame *frame)
{
	return utimes_at(AT_FDCWD, frame->ebx, frame->ecx);
}

long sys_futimesat(struct trap_frame *frame)
{
	return utimes_at(frame->ebx, frame->ecx, frame->edx);
}

long sys_utime(struct trap_frame *frame)
{
	struct fs_time times[2] = { both_now[0], both_now[1] };
	int32_t in[2];

	if (frame->ecx) {
		if (copy_from_user(in, frame->ecx, sizeof(in)))
			return -EFAULT;
		times[0] = (struct fs_time){ in[0], 0 };
		times[1] = (struct fs_time){ in[1], 0 };
	}
	return set_times(AT_FDCWD, frame->ebx, 0, times);
}

/* --------------------------------------------------------------- truncate */

static long truncate(vaddr_t name, int64_t size)
{
	struct inode *inode;
	struct path path;
	int err;

	if (size < 0)
		return -EINVAL;
	err = user_path(AT_FDCWD, name, 0, &path);
	if (err)
		return err;
	inode = path.dentry->inode;
	if (inode_is(inode, S_IFDIR))
		err = -EISDIR;
	else if (!inode_has_pages(inode))
		err = -EINVAL;
	else
		err = check_writable(&path);
	if (!err)
		err = inode_permission(inode, current_task()->cred, MAY_WRITE);
	if (!err)
		err = inode_deny_truncate(inode);
	if (!err)
		err = filemap_resize(inode, size);
	return changed(path, err);
}

long sys_truncate(struct trap_frame *frame)
{
	return truncate(frame->ebx, (int32_t)frame->ecx);
}

long sys_truncate64(struct trap_frame *frame)
{
	return truncate(frame->ebx, (uint64_t)frame->edx << 32 | frame->ecx);
}

/* ------------------------------------------------------- where one stands */

long sys_umask(struct trap_frame *frame)
{
	struct fs_context *fs = current_task()->fs;
	uint32_t old = fs->umask;

	fs->umask = frame->ebx & 0777;
	return old;
}

/* May the caller have @path as working directory, or as root? */
static int check_enter(const struct path *path)
{
	const struct inode *inode = path->dentry->inode;

	if (!inode_is(inode, S_IFDIR))
		return -ENOTDIR;
	return inode_permission(inode, current_task()->cred, MAY_EXEC);
}

static long enter(struct path path)
{
	int err = check_enter(&path);

	if (err)
		path_put(path);
	else
		fs_context_set_cwd(current_task()->fs, path);
	return err;
}

long sys_chdir(struct trap_frame *frame)
{
	struct path path;
	int err = user_path(AT_FDCWD, frame->ebx, 0, &path);

	return err ? err : enter(path);
}

long sys_fchdir(struct trap_frame *frame)
{
	struct path path;
	int err = fd_path(frame->ebx, &path);

	return err ? err : enter(path);
}

long sys_chroot(struct trap_frame *frame)
{
	struct path path;
	int err = user_path(AT_FDCWD, frame->ebx, 0, &path);

	if (err)
		return err;
	err = check_enter(&path);
	if (!err && !cred_is_admin(current_task()->cred))
		err = -EPERM;
	if (err)
		path_put(path);
	else
		fs_context_set_root(current_task()->fs, path);
	return err;
}

/* Of what is in no mount that can be seen from the root. */
static char *add_prefix(const char *buf, char *at)
{
	static const char prefix[] = "(unreachable)";

	at -= sizeof(prefix) - 1;
	return at < buf ? NULL : memcpy(at, prefix, sizeof(prefix) - 1);
}

long sys_getcwd(struct trap_frame *frame)
{
	struct fs_context *fs = current_task()->fs;
	struct path root = fs_context_root(fs), cwd = fs_context_cwd(fs);
	char *buf = kmalloc(PATH_SIZE, GFP_KERNEL), *at;
	long length = -ENOMEM;

	if (buf) {
		mutex_lock(&names_lock);
		at = path_format_locked(cwd, root, buf, PATH_SIZE);
		if (at && !path_is_inside(cwd, root))
			at = add_prefix(buf, at);
		if (dentry_is_removed(cwd.dentry))
			length = -ENOENT;
		else
			length = at ? (long)strlen(at) + 1 : -ENAMETOOLONG;
		mutex_unlock(&names_lock);
		if (length > 0 && frame->ecx < (uint32_t)length)
			length = -ERANGE;
		if (length > 0 && copy_to_user(frame->ebx, at, length))
			length = -EFAULT;
	}
	kfree(buf);
	path_put(root);
	path_put(cwd);
	return length;
}

/* ------------------------------------------------------------------ mount */

#define MS_PROPAGATION		0x1e0000u	/* shared, slave, private ... */
#define MS_NOUSER		0x80000000u
#define MS_MAGIC		0xc0ed0000u	/* what was once required */
#define MS_MAGIC_MASK		0xffff0000u

/* The text at @from, or "" where there is none; for kfree(). */
static int text_get(char **text, vaddr_t from)
{
	int err;

	if (from) {
		err = name_get(text, from);
		return err == -ENAMETOOLONG ? -EINVAL : err;
	}
	*text = kzalloc(1, GFP_KERNEL);
	return *text ? 0 : -ENOMEM;
}

static int mount_from(const char *source, struct path at, uint32_t flags)
{
	struct viewpoint view;
	struct path from;
	int err;

	if (!*source)
		return -EINVAL;
	view_get(AT_FDCWD, source, &view);
	err = path_lookup(&view, source, LOOKUP_FOLLOW, &from);
	view_put(&view);
	if (err)
		return err;
	err = flags & MS_BIND ? mount_bind(&from, &at, flags & MS_REC) :
		mount_move(&from, &at);
	path_put(from);
	return err;
}

static int mount_by(const char *source, struct path at, const char *type,
		    uint32_t flags, const char *options)
{
	uint32_t propagation;

	if ((flags & MS_MAGIC_MASK) == MS_MAGIC)
		flags &= ~MS_MAGIC_MASK;
	if (flags & MS_NOUSER)
		return -EINVAL;
	if (!cred_is_admin(current_task()->cred))
		return -EPERM;
	if (flags & MS_REMOUNT)
		return mount_change(&at, flags, options);
	if (flags & MS_BIND)
		return mount_from(source, at, flags);
	propagation = flags & MS_PROPAGATION;
	if (propagation)	/* there is one namespace: it makes no odds */
		return propagation & (propagation - 1) ||
		       at.dentry != at.mount->root ? -EINVAL : 0;
	if (flags & MS_MOVE)
		return mount_from(source, at, flags);
	return !type ? -EINVAL :
		mount_new(type, *source ? source : "none", options, flags, &at);
}

/* mount(source, target, type, flags, data) */
long sys_mount(struct trap_frame *frame)
{
	const vaddr_t from[] = { frame->edx, frame->ebx, frame->edi };
	char *texts[ARRAY_SIZE(from)] = { NULL };	/* type, source, data */
	struct path at;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(from) && !err; i++)
		err = text_get(&texts[i], from[i]);
	if (!err)
		err = user_path(AT_FDCWD, frame->ecx, 0, &at);
	if (!err) {
		err = mount_by(texts[1], at, from[0] ? texts[0] : NULL,
			       frame->esi, texts[2]);
		path_put(at);
	}
	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		kfree(texts[i]);
	return err;
}

static long unmount(vaddr_t name, uint32_t flags)
{
	struct path at, root;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = user_path(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ?
			AT_SYMLINK_NOFOLLOW : 0, &at);
	if (err)
		return err;
	if (!cred_is_admin(current_task()->cred)) {
		path_put(at);
		return -EPERM;
	}
	root = fs_context_root(current_task()->fs);
	err = mount_remove(at, flags, root.mount);
	path_put(root);
	return err;
}

long sys_umount2(struct trap_frame *frame)
{
	return unmount(frame->ebx, frame->ecx);
}

long sys_umount(struct trap_frame *frame)
{
	return unmount(frame->ebx, 0);
}

/* ------------------------------------------------------------- attributes+ */

/* There are none beside those of stat(): what all calls about them answer. */
long sys_xattr(struct trap_frame *frame)
{
	(void)frame;
	return -EOPNOTSUPP;
}
