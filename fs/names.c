// SPDX-License-Identifier: MIT
/*
 * names - makes, removes and renames.
 *
 * All of them walk to the directory, look what is there, ask whether the caller
 * may change that directory, and then change it, all under names_lock: so
 * nobody sees a half, and no check is out of date when it counts.
 *
 * The rules, which are Linux's:
 *   - to add or remove a name takes MAY_WRITE and MAY_EXEC on its directory;
 *   - in a directory with S_ISVTX ("sticky") names are removed by the owner of
 *     the file, of the directory, or by root;
 *   - what is a mount point, or has one on it, stays (EBUSY);
 *   - a directory goes only when it is empty, and does not move into itself.
 */
#include "fs/names.h"

#include "fs/dev.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"

/* ------------------------------------------------------------- questions */

static bool is_read_only(const struct walk *walk)
{
	return mount_is_read_only(walk->at.mount);
}

/* May the caller add a name to, or take one from, the directory walk->at? */
static int may_change(const struct walk *walk)
{
	return inode_permission(walk->at.dentry->inode, walk->view->cred,
				MAY_WRITE | MAY_EXEC);
}

/* Is there a directory that names can be added to? */
static int may_add(const struct walk *walk)
{
	const struct inode *dir = walk->at.dentry->inode;

	if (!dir->ops->make || !dir->nlink)
		return -ENOENT;		/* made up, or removed meanwhile */
	return may_change(walk);
}

/*
 * May @victim, which walk->at has, be taken out of it?
 * @as_dir: by a call for directories, or by one for all the others
 */
static int may_take(const struct walk *walk, const struct dentry *victim,
		    bool as_dir)
{
	const struct inode *dir = walk->at.dentry->inode;
	const struct cred *cred = walk->view->cred;
	int err = may_change(walk);

	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && cred->fsuid != victim->inode->uid &&
	    cred->fsuid != dir->uid && !cred_is_root(cred))
		return -EPERM;
	if (as_dir == inode_is(victim->inode, S_IFDIR))
		return 0;
	return as_dir ? -ENOTDIR : -EISDIR;
}

/*
 * Walk to where something new is to be.
 * Return: 0: walk->at has no walk->name; -EEXIST: it has; others.
 */
static int walk_to_new(struct walk *walk, bool is_dir)
{
	int err = walk_to_parent(walk);
	bool wants_dir = walk->wants_dir;

	if (err)
		return err;
	if (walk->kind != LAST_NAME)
		return -EEXIST;
	walk->wants_dir = false;	/* a link at the end is there, too */
	err = walk_last(walk, false);
	walk->wants_dir = wants_dir;
	if (!err)
		return -EEXIST;
	if (err != -ENOENT || !walk->is_missing || (wants_dir && !is_dir))
		return err;
	if (!walk->at.dentry->inode->nlink)
		return -ENOENT;
	return is_read_only(walk) ? -EROFS : 0;
}

/* ----------------------------------------------------------------- make */

/* A dentry with a new inode for walk->name in walk->at, not linked yet. */
static int prepare(const struct walk *walk, uint32_t mode, uint32_t rdev,
		   const char *link, struct dentry **made)
{
	struct inode *dir = walk->at.dentry->inode, *inode;
	const struct inode_seed seed = {
		.mode = mode, .rdev = rdev, .link = link,
		.cred = walk->view->cred,
	};
	int err = dir->ops->make(dir, &seed, &inode);

	if (err)
		return err;
	*made = dentry_create(walk->at.dentry, walk->name, walk->length,
			      inode);
	if (*made)
		return 0;
	inode_put(inode);
	return -ENOMEM;
}

/* Make walk->name, which is not there, in walk->at. */
static int make(struct walk *walk, uint32_t mode, uint32_t rdev,
		const char *link, struct dentry **made)
{
	struct inode *dir = walk->at.dentry->inode;
	int err = may_add(walk);

	if (!err)
		err = prepare(walk, mode, rdev, link, made);
	if (err)
		return err;
	dentry_link(*made);
	if (inode_is((*made)->inode, S_IFDIR))
		dir->nlink++;
	inode_touch(dir);
	return 0;
}

static int make_at(struct walk *walk, uint32_t mode, uint32_t rdev,
		   const char *link)
{
	uint32_t type = mode & S_IFMT;
	struct dentry *dentry;
	int err = walk_to_new(walk, type == S_IFDIR);

	if (!err && (type == S_IFCHR || type == S_IFBLK) &&
	    !cred_is_root(walk->view->cred)) {
		err = may_add(walk);
		return err ? err : -EPERM;
	}
	if (!err)
		err = make(walk, mode, rdev, link, &dentry);
	if (!err)
		dentry_put(dentry);
	return err;
}

int names_make(const struct viewpoint *view, const char *name, uint32_t mode,
	       uint32_t rdev, const char *link)
{
	struct walk walk;
	int err;

	if (!*name)
		return -ENOENT;
	walk_begin(&walk, view, name);
	err = make_at(&walk, mode, rdev, link);
	walk_end(&walk);
	return err;
}

/*
 * May anybody who can add names keep a file from its end?  A harmless one, and
 * only who could read and write it.
 */
static int may_link(const struct inode *inode, const struct cred *cred)
{
	uint32_t mode = inode->mode;

	if (inode_is_owner(inode, cred))
		return 0;
	if ((mode & S_IFMT) != S_IFREG || mode & S_ISUID ||
	    (mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		return -EPERM;
	return inode_permission(inode, cred, MAY_READ | MAY_WRITE) ? -EPERM : 0;
}

static int link_check(const struct path *from, struct walk *walk)
{
	const struct inode *inode = from->dentry->inode;
	int err = walk_to_new(walk, false);

	if (!err && from->mount != walk->at.mount)
		err = -EXDEV;
	if (!err)
		err = may_link(inode, walk->view->cred);
	if (!err)
		err = may_add(walk);
	if (err)
		return err;
	if (inode_is(inode, S_IFDIR) || !inode->ops->make)
		return -EPERM;
	return inode->nlink || from->dentry->is_tmpfile ? 0 : -ENOENT;
}

static int link_at(const struct path *from, struct walk *walk)
{
	struct inode *inode = from->dentry->inode;
	struct dentry *dentry;
	int err = link_check(from, walk);

	if (!err && inode->nlink)
		err = super_take_inode(inode->super);
	if (err)
		return err;
	dentry = dentry_create(walk->at.dentry, walk->name, walk->length,
			       inode_get(inode));
	if (!dentry) {
		if (inode->nlink)
			super_give_inode(inode->super);
		inode_put(inode);
		return -ENOMEM;
	}
	dentry_link(dentry);
	dentry_put(dentry);
	from->dentry->is_tmpfile = false;
	if (!inode->nlink++)
		atomic_add(&inode->super->nr_removed, -1);
	inode->ctime = fs_now();
	inode_touch(walk->at.dentry->inode);
	return 0;
}

int names_link(const struct path *from, const struct viewpoint *view,
	       const char *to)
{
	struct walk walk;
	int err;

	if (!*to)
		return -ENOENT;
	walk_begin(&walk, view, to);
	err = link_at(from, &walk);
	walk_end(&walk);
	return err;
}

/* --------------------------------------------------------------- remove */

/*
 * Take @dentry, whose directory may lose it, out of the tree.  Each name but
 * the first counts as an inode, since it takes as much memory.
 */
static void take_out(struct dentry *dentry)
{
	struct inode *inode = dentry->inode, *dir = dentry->parent->inode;

	inode_get(inode);
	if (inode_is(inode, S_IFDIR)) {
		inode_lose_name(inode);
		dir->nlink--;
	} else if (inode->nlink > 1) {
		inode->nlink--;
		super_give_inode(inode->super);
	} else {
		inode_lose_name(inode);
	}
	inode->ctime = fs_now();
	inode_touch(dir);
	dentry_unlink(dentry);
	inode_put(inode);
}

static int remove_check(const struct walk *walk, const struct dentry *victim,
			bool is_dir)
{
	int err;

	if (!is_dir && walk->wants_dir)
		return inode_is(victim->inode, S_IFDIR) ? -EISDIR : -ENOTDIR;
	err = may_take(walk, victim, is_dir);
	if (err)
		return err;
	if (victim->nr_mounts)
		return -EBUSY;
	return is_dir && victim->inode->nr_names ? -ENOTEMPTY : 0;
}

/* Why what is no name in a directory cannot be removed. */
static int remove_refuse(enum last_kind kind, bool is_dir)
{
	if (!is_dir)
		return -EISDIR;
	return kind == LAST_DOT ? -EINVAL :
	       kind == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

static int remove_at(struct walk *walk, bool is_dir)
{
	struct dentry *victim;
	int err = walk_to_parent(walk);

	if (err)
		return err;
	if (walk->kind != LAST_NAME)
		return remove_refuse(walk->kind, is_dir);
	if (is_read_only(walk))
		return -EROFS;
	if (walk->at.dentry->inode->ops->lookup) {
		err = walk_last(walk, false);
		return err ? err : -EPERM;
	}
	err = walk_find(walk, &victim);
	if (!err)
		err = remove_check(walk, victim, is_dir);
	if (!err)
		take_out(victim);
	return err;
}

int names_remove(const struct viewpoint *view, const char *name, bool is_dir)
{
	struct walk walk;
	int err;

	if (!*name)
		return -ENOENT;
	walk_begin(&walk, view, name);
	err = remove_at(&walk, is_dir);
	walk_end(&walk);
	return err;
}

/* --------------------------------------------------------------- rename */

/* What the text of the two paths forbids, whoever asks. */
static int rename_check_names(const struct walk *from_walk,
			      const struct dentry *from,
			      const struct walk *to_walk,
			      const struct dentry *to, uint32_t flags)
{
	bool is_dir = inode_is(from->inode, S_IFDIR);
	bool exchange = flags & RENAME_EXCHANGE;

	if (flags & RENAME_NOREPLACE && to)
		return -EEXIST;
	if (exchange && !to)
		return -ENOENT;
	if (exchange && to_walk->wants_dir && !inode_is(to->inode, S_IFDIR))
		return -ENOTDIR;
	if (!is_dir && (from_walk->wants_dir ||
			(to_walk->wants_dir && !exchange)))
		return -ENOTDIR;
	if (dentry_is_below(to_walk->at.dentry, from))
		return -EINVAL;
	if (to && dentry_is_below(from_walk->at.dentry, to))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

/* A directory that gets another parent is written to: its ".." changes. */
static int may_leave(const struct walk *walk, const struct dentry *dentry,
		     const struct walk *to)
{
	if (!inode_is(dentry->inode, S_IFDIR) ||
	    walk->at.dentry == to->at.dentry)
		return 0;
	return inode_permission(dentry->inode, walk->view->cred, MAY_WRITE);
}

static int rename_check(const struct walk *from_walk, struct dentry *from,
			const struct walk *to_walk, struct dentry *to,
			uint32_t flags)
{
	bool is_dir = inode_is(from->inode, S_IFDIR);
	bool exchange = flags & RENAME_EXCHANGE;
	int err = may_take(from_walk, from, is_dir);

	if (!err)
		err = !to ? may_add(to_walk) :
			may_take(to_walk, to, exchange ?
				 inode_is(to->inode, S_IFDIR) : is_dir);
	if (!err)
		err = may_leave(from_walk, from, to_walk);
	if (!err && exchange)
		err = may_leave(to_walk, to, from_walk);
	if (err)
		return err;
	if (from->nr_mounts || (to && to->nr_mounts))
		return -EBUSY;
	return to && !exchange && is_dir && to->inode->nr_names ?
		-ENOTEMPTY : 0;
}

/* A directory that changes its parent takes the link of its ".." along. */
static void move_link(bool is_dir, struct inode *from, struct inode *to)
{
	if (is_dir) {
		from->nlink--;
		to->nlink++;
	}
}

static int rename_exchange(struct walk *from_walk, struct dentry *from,
			   struct walk *to_walk, struct dentry *to)
{
	struct inode *to_dir = to_walk->at.dentry->inode;
	int err = dentry_exchange(from, to);

	if (err)
		return err;
	move_link(inode_is(to->inode, S_IFDIR), to_dir,
		  from_walk->at.dentry->inode);
	to->inode->ctime = fs_now();
	return 0;
}

/* @to, if there is one, goes; @whiteout: the old name becomes such a device. */
static int rename_replace(struct walk *from_walk, struct dentry *from,
			  struct walk *to_walk, struct dentry *to,
			  bool whiteout)
{
	char *name = dentry_copy_name(to_walk->name, to_walk->length);
	struct dentry *left = NULL;
	int err = name ? 0 : -ENOMEM;

	if (!err && whiteout)
		err = prepare(from_walk, S_IFCHR, 0, NULL, &left);
	if (err) {
		kfree(name);
		return err;
	}
	if (to)
		take_out(to);
	dentry_move(from, to_walk->at.dentry, name, to_walk->length, left);
	if (left)
		dentry_put(left);
	return 0;
}

static int rename_found(struct walk *from_walk, struct dentry *from,
			struct walk *to_walk, struct dentry *to,
			uint32_t flags)
{
	struct inode *from_dir = from_walk->at.dentry->inode;
	struct inode *to_dir = to_walk->at.dentry->inode;
	int err = flags & RENAME_EXCHANGE ?
		rename_exchange(from_walk, from, to_walk, to) :
		rename_replace(from_walk, from, to_walk, to,
			       flags & RENAME_WHITEOUT);

	if (err)
		return err;
	move_link(inode_is(from->inode, S_IFDIR), from_dir, to_dir);
	from->inode->ctime = fs_now();
	inode_touch(from_dir);
	inode_touch(to_dir);
	return 0;
}

/* Both walks are at their directories. */
static int rename_walked(struct walk *from_walk, struct walk *to_walk,
			 uint32_t flags)
{
	struct dentry *from, *to;
	int err;

	if (from_walk->at.mount != to_walk->at.mount)
		return -EXDEV;
	if (from_walk->kind != LAST_NAME)
		return -EBUSY;
	if (to_walk->kind != LAST_NAME)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (is_read_only(from_walk))
		return -EROFS;
	if (from_walk->at.dentry->inode->ops->lookup)
		return -EPERM;
	err = walk_find(from_walk, &from);
	if (err)
		return err;
	if (!to_walk->at.dentry->inode->nlink)
		return -ENOENT;
	err = walk_find(to_walk, &to);
	if (!err || err == -ENOENT)
		err = rename_check_names(from_walk, from, to_walk, to, flags);
	if (err || (to && to->inode == from->inode))
		return err;		/* two names of one file: nothing */
	err = rename_check(from_walk, from, to_walk, to, flags);
	return err ? err : rename_found(from_walk, from, to_walk, to, flags);
}

int names_parent(const struct viewpoint *view, const char *name)
{
	struct walk walk;
	int err;

	if (!*name)
		return -ENOENT;
	walk_begin(&walk, view, name);
	err = walk_to_parent(&walk);
	walk_end(&walk);
	return err;
}

int names_rename(const struct viewpoint *from_view, const char *from,
		 const struct viewpoint *to_view, const char *to,
		 uint32_t flags)
{
	struct walk from_walk, to_walk;
	int err;

	if (!*from)
		return -ENOENT;
	walk_begin(&from_walk, from_view, from);
	err = walk_to_parent(&from_walk);
	if (!err && !*to) {
		err = -ENOENT;
	} else if (!err) {
		walk_begin_locked(&to_walk, to_view, to);
		err = walk_to_parent(&to_walk);
		if (!err)
			err = rename_walked(&from_walk, &to_walk, flags);
		walk_end_locked(&to_walk);
	}
	walk_end(&from_walk);
	return err;
}

/* ----------------------------------------------------------------- open */

/* O_ACCMODE itself asks for both, and gets neither. */
static uint32_t may_of(uint32_t flags)
{
	static const uint8_t may[] = {
		MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
		MAY_READ | MAY_WRITE,
	};

	return may[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/*
 * In a directory that is everybody's, O_CREAT opens nothing that a stranger may
 * have put there instead of a file.
 */
static bool is_trap(const struct walk *walk)
{
	const struct dentry *dentry = walk->at.dentry;
	const struct inode *inode = dentry->inode, *dir = dentry->parent->inode;

	return (dir->mode & (S_ISVTX | 0002)) == (S_ISVTX | 0002) &&
	       !inode_is(inode, S_IFREG) && !inode_is(inode, S_IFIFO) &&
	       inode->uid != dir->uid &&
	       inode->uid != walk->view->cred->fsuid;
}

/* May what is at walk->at, which was there before, be opened so? */
static int open_check(const struct walk *walk, uint32_t flags)
{
	const struct inode *inode = walk->at.dentry->inode;
	uint32_t type = inode->mode & S_IFMT, may = may_of(flags);
	bool has_names = type == S_IFREG || type == S_IFDIR;
	int err;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (type == S_IFDIR && flags & O_CREAT)
		return -EISDIR;
	if (flags & O_CREAT && is_trap(walk))
		return -EACCES;
	if (type != S_IFDIR && flags & O_DIRECTORY)
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (type == S_IFREG && flags & O_TRUNC && is_read_only(walk))
		return -EROFS;
	if (type == S_IFLNK)
		return -ELOOP;
	if (type == S_IFDIR && may & MAY_WRITE)
		return -EISDIR;
	if ((type == S_IFCHR || type == S_IFBLK) &&
	    walk->at.mount->flags & MS_NODEV)
		return -EACCES;
	if (may & MAY_WRITE && has_names && inode->super->is_read_only)
		return -EROFS;
	err = inode_permission(inode, walk->view->cred, may);
	if (err)
		return err;
	if (flags & O_NOATIME && !inode_is_owner(inode, walk->view->cred))
		return -EPERM;
	/* O_ACCMODE never writes, whatever rights it asks for. */
	return may & MAY_WRITE && has_names && is_read_only(walk) &&
	       (flags & O_ACCMODE) != O_ACCMODE ? -EROFS : 0;
}

static int open_new(struct walk *walk, uint32_t mode)
{
	struct dentry *made;
	int err;

	if (is_read_only(walk))
		return -EROFS;
	err = make(walk, S_IFREG | (mode & S_IALLUGO), 0, NULL, &made);
	if (err)
		return err;
	dentry_put(walk->at.dentry);
	walk->at.dentry = made;
	return 0;
}

/* A file without a name, in the directory walk->at. */
static int open_unnamed(struct walk *walk, uint32_t flags, uint32_t mode)
{
	struct inode *dir = walk->at.dentry->inode, *inode;
	const struct inode_seed seed = {
		.mode = S_IFREG | (mode & S_IALLUGO), .cred = walk->view->cred,
	};
	struct dentry *dentry;
	int err;

	if (!inode_is(dir, S_IFDIR))
		return -ENOTDIR;
	if (is_read_only(walk))
		return -EROFS;
	err = may_change(walk);
	if (!err)
		err = dir->ops->make ? dir->ops->make(dir, &seed, &inode) :
			-EOPNOTSUPP;
	if (err)
		return err;
	inode_lose_name(inode);
	dentry = dentry_create(walk->at.dentry, "#", 1, inode);
	if (!dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry->is_tmpfile = !(flags & O_EXCL);
	dentry_put(walk->at.dentry);
	walk->at.dentry = dentry;
	return 0;
}

/* *@out: @flags, less O_TRUNC if the file is new: it keeps its set-id bits. */
static int open_walk(struct walk *walk, uint32_t flags, uint32_t mode,
		     uint32_t *out)
{
	bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	bool follow = !(flags & O_NOFOLLOW) && !is_new;
	int err = walk_to_parent(walk);

	*out = flags;
	walk->creates = flags & O_CREAT;
	if (!err)
		err = walk_last(walk, follow);
	if (!err && (flags & O_TMPFILE) == O_TMPFILE)
		return open_unnamed(walk, flags, mode);
	if (err == -ENOENT && walk->is_missing && flags & O_CREAT) {
		*out &= ~O_TRUNC;
		return open_new(walk, mode);
	}
	return err ? err : open_check(walk, flags);
}

int names_open(const struct viewpoint *view, const char *name, uint32_t flags,
	       uint32_t mode, struct file **out)
{
	struct file *file;
	struct walk walk;
	struct path path;
	int err;

	if (!*name)
		return -ENOENT;
	file = file_alloc();
	if (!file)
		return -ENOMEM;
	walk_begin(&walk, view, name);
	err = open_walk(&walk, flags, mode, &flags);
	if (!err) {
		path = path_get(walk.at);
		atomic_inc(&path.mount->nr_writers); /* stays as it is */
	}
	walk_end(&walk);
	if (err) {
		file_forget(file);
		return err;
	}
	err = file_start(file, path, flags);
	atomic_add(&path.mount->nr_writers, -1);
	path_put(path);
	if (!err)
		*out = file;
	return err;
}

int file_open_exec(const struct viewpoint *view, const char *name,
		   unsigned int lookup_flags, struct file **file)
{
	struct path path;
	int err = path_lookup(view, name, lookup_flags, &path);

	if (err)
		return err;
	if (inode_is(path.dentry->inode, S_IFLNK))
		err = -ELOOP;
	else if (!inode_is(path.dentry->inode, S_IFREG) ||
		 path.mount->flags & MS_NOEXEC)
		err = -EACCES;
	else
		err = inode_permission(path.dentry->inode, view->cred,
				       MAY_EXEC);
	if (!err)
		err = file_open(path, O_RDONLY, file);
	path_put(path);
	if (err)
		return err;
	err = file_deny_write(*file);
	if (err) {
		file_put(*file);
		*file = NULL;
	}
	return err;
}
