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

/* ------------------------------------------------------------- questions */

static bool is_read_only(const struct walk *walk)
{
	return walk->at.mount->flags & MS_RDONLY;
}

/* May the caller add a name to, or take one from, the directory walk->at? */
static int may_change(const struct walk *walk)
{
	const struct inode *dir = walk->at.dentry->inode;

	if (is_read_only(walk))
		return -EROFS;
	return inode_permission(dir, walk->view->cred, MAY_WRITE | MAY_EXEC);
}

/* Is there a directory that names can be added to? */
static int may_add(const struct walk *walk)
{
	const struct dentry *dir = walk->at.dentry;
	int err = may_change(walk);

	if (!dir->inode->ops->make || !dir->inode->nlink)
		return -ENOENT;		/* made up, or removed meanwhile */
	return err;
}

/* May @victim, which walk->at has, be taken out of it? */
static int may_take(const struct walk *walk, const struct dentry *victim)
{
	const struct inode *dir = walk->at.dentry->inode;
	const struct cred *cred = walk->view->cred;
	int err = may_change(walk);

	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && cred->fsuid != victim->inode->uid &&
	    cred->fsuid != dir->uid && !cred_is_root(cred))
		return -EPERM;
	return victim->is_mounted ? -EBUSY : 0;
}

/* ----------------------------------------------------------------- make */

/* Make walk->name, which is not there, in walk->at. */
static int make(struct walk *walk, uint32_t mode, uint32_t rdev,
		const char *link, struct dentry **made)
{
	struct inode *dir = walk->at.dentry->inode, *inode;
	const struct inode_seed seed = {
		.mode = mode, .rdev = rdev, .link = link,
		.cred = walk->view->cred,
	};
	struct dentry *dentry;
	int err = may_add(walk);

	if (!err)
		err = dir->ops->make(dir, &seed, &inode);
	if (err)
		return err;
	dentry = dentry_create(walk->at.dentry, walk->name, walk->length,
			       inode);
	if (!dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry_link(dentry);
	if (inode_is(inode, S_IFDIR))
		dir->nlink++;
	inode_touch(dir);
	*made = dentry;
	return 0;
}

static int make_at(struct walk *walk, uint32_t mode, uint32_t rdev,
		   const char *link)
{
	struct dentry *dentry;
	int err = walk_to_parent(walk);

	if (!err)
		err = walk->kind == LAST_NAME ? walk_last(walk, false) : 0;
	if (!err || (err == -ENOTDIR && !walk->is_missing &&
		     walk->wants_dir && walk->at.dentry->is_linked &&
		     !inode_is(walk->at.dentry->inode, S_IFDIR)))
		return -EEXIST;
	if (err != -ENOENT || !walk->is_missing)
		return err;
	if (walk->wants_dir && (mode & S_IFMT) != S_IFDIR)
		return -ENOENT;
	err = make(walk, mode, rdev, link, &dentry);
	if (!err)
		dentry_put(dentry);
	return err;
}

int names_make(const struct viewpoint *view, const char *name, uint32_t mode,
	       uint32_t rdev, const char *link)
{
	uint32_t type = mode & S_IFMT;
	struct walk walk;
	int err;

	if (!*name)
		return -ENOENT;
	walk_begin(&walk, view, name);
	if ((type == S_IFCHR || type == S_IFBLK) && !cred_is_root(view->cred))
		err = -EPERM;
	else
		err = make_at(&walk, mode, rdev, link);
	walk_end(&walk);
	return err;
}

int names_link(const struct path *from, const struct viewpoint *view,
	       const char *to)
{
	struct inode *inode = from->dentry->inode;
	struct dentry *dentry;
	struct walk walk;
	int err;

	if (!*to)
		return -ENOENT;
	walk_begin(&walk, view, to);
	err = walk_to_parent(&walk);
	if (!err)
		err = walk.kind == LAST_NAME ? walk_last(&walk, false) : 0;
	if (!err)
		err = -EEXIST;
	else if (err == -ENOENT && walk.is_missing)
		err = walk.wants_dir ? -ENOENT : may_add(&walk);
	if (!err && from->mount != walk.at.mount)
		err = -EXDEV;
	if (!err && inode_is(inode, S_IFDIR))
		err = -EPERM;
	if (!err && !inode->nlink && !from->dentry->is_tmpfile)
		err = -ENOENT;
	if (err)
		goto out;
	dentry = dentry_create(walk.at.dentry, walk.name, walk.length,
			       inode_get(inode));
	if (!dentry) {
		inode_put(inode);
		err = -ENOMEM;
		goto out;
	}
	dentry_link(dentry);
	dentry_put(dentry);
	inode->nlink++;
	inode->ctime = fs_now();
	inode_touch(walk.at.dentry->inode);
out:
	walk_end(&walk);
	return err;
}

/* --------------------------------------------------------------- remove */

/* Take @dentry, whose directory may lose it, out of the tree. */
static void take_out(struct dentry *dentry)
{
	struct inode *inode = dentry->inode, *dir = dentry->parent->inode;

	inode_get(inode);
	if (inode_is(inode, S_IFDIR)) {
		inode->nlink = 0;
		dir->nlink--;
	} else {
		inode->nlink--;
	}
	inode->ctime = fs_now();
	inode_touch(dir);
	dentry_unlink(dentry);
	inode_put(inode);
}

static int remove_check(const struct walk *walk, const struct dentry *victim,
			bool is_dir)
{
	const struct inode *inode = victim->inode;
	int err = may_take(walk, victim);

	if (err)
		return err;
	if (!is_dir)
		return inode_is(inode, S_IFDIR) ? -EISDIR :
		       walk->wants_dir ? -ENOTDIR : 0;
	if (!inode_is(inode, S_IFDIR))
		return -ENOTDIR;
	return inode->nr_names ? -ENOTEMPTY : 0;
}

static int remove_at(struct walk *walk, bool is_dir)
{
	struct dentry *victim;
	int err = walk_to_parent(walk);

	if (err)
		return err;
	if (walk->kind != LAST_NAME) {
		if (!is_dir)
			return -EISDIR;
		return walk->kind == LAST_DOT ? -EINVAL :
		       walk->kind == LAST_DOTDOT ? -ENOTEMPTY : -EBUSY;
	}
	if (!inode_is(walk->at.dentry->inode, S_IFDIR))
		return -ENOTDIR;
	if (walk->at.dentry->inode->ops->lookup) {
		err = walk_last(walk, false);
		return err ? err : -EPERM;
	}
	victim = walk_find(walk);
	if (!victim)
		return -ENOENT;
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

/* May @from be where @to is?  @to: NULL if there is nothing. */
static int replace_check(const struct walk *walk, const struct dentry *from,
			 const struct dentry *to)
{
	bool is_dir = inode_is(from->inode, S_IFDIR);
	int err;

	if (!to)
		return may_add(walk);
	err = may_take(walk, to);
	if (err)
		return err;
	if (is_dir != inode_is(to->inode, S_IFDIR))
		return is_dir ? -ENOTDIR : -EISDIR;
	return is_dir && to->inode->nr_names ? -ENOTEMPTY : 0;
}

static int rename_check(const struct walk *from_walk, struct dentry *from,
			const struct walk *to_walk, struct dentry *to,
			uint32_t flags)
{
	bool is_dir = inode_is(from->inode, S_IFDIR);
	int err;

	if ((flags & RENAME_NOREPLACE) && to)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) && !to)
		return -ENOENT;
	if (!is_dir && (from_walk->wants_dir ||
			(to_walk->wants_dir && !(flags & RENAME_EXCHANGE))))
		return -ENOTDIR;
	if (is_dir && dentry_is_below(to_walk->at.dentry, from))
		return -EINVAL;
	if (to && inode_is(to->inode, S_IFDIR) &&
	    dentry_is_below(from_walk->at.dentry, to))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	err = may_take(from_walk, from);
	if (err)
		return err;
	if (flags & RENAME_EXCHANGE)
		return may_take(to_walk, to);
	return replace_check(to_walk, from, to);
}

/* A directory that changes its parent takes the link of its ".." along. */
static void move_link(const struct dentry *dentry, struct inode *from,
		      struct inode *to)
{
	if (inode_is(dentry->inode, S_IFDIR)) {
		from->nlink--;
		to->nlink++;
	}
}

static int rename_found(struct walk *from_walk, struct dentry *from,
			struct walk *to_walk, struct dentry *to,
			uint32_t flags)
{
	struct inode *from_dir = from_walk->at.dentry->inode;
	struct inode *to_dir = to_walk->at.dentry->inode;
	int err = 0;

	if (to && to->inode == from->inode)
		return 0;		/* two names of one file: nothing */
	if (flags & RENAME_EXCHANGE) {
		err = dentry_exchange(from, to);
		if (!err)
			move_link(to, to_dir, from_dir);
	} else {
		struct dentry *old = to ? dentry_get(to) : NULL;

		if (old)
			take_out(old);
		err = dentry_move(from, to_walk->at.dentry, to_walk->name,
				  to_walk->length);
		if (err && old) {	/* as if nothing had been */
			dentry_link(old);
			old->inode->nlink = inode_is(old->inode, S_IFDIR) ? 2 :
				old->inode->nlink + 1;
			to_dir->nlink += inode_is(old->inode, S_IFDIR);
		}
		if (old)
			dentry_put(old);
	}
	if (err)
		return err;
	move_link(from, from_dir, to_dir);
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

	if (from_walk->kind != LAST_NAME || to_walk->kind != LAST_NAME)
		return flags & RENAME_NOREPLACE &&
		       to_walk->kind != LAST_NAME &&
		       from_walk->kind == LAST_NAME ? -EEXIST : -EBUSY;
	if (from_walk->at.mount != to_walk->at.mount)
		return -EXDEV;
	if (!inode_is(from_walk->at.dentry->inode, S_IFDIR) ||
	    !inode_is(to_walk->at.dentry->inode, S_IFDIR))
		return -ENOTDIR;
	if (from_walk->at.dentry->inode->ops->lookup)
		return -EPERM;
	from = walk_find(from_walk);
	if (!from)
		return -ENOENT;
	to = walk_find(to_walk);
	err = rename_check(from_walk, from, to_walk, to, flags);
	return err ? err : rename_found(from_walk, from, to_walk, to, flags);
}

int names_rename(const struct viewpoint *from_view, const char *from,
		 const struct viewpoint *to_view, const char *to,
		 uint32_t flags)
{
	struct walk from_walk, to_walk;
	int err;

	if (!*from || !*to)
		return -ENOENT;
	walk_begin(&from_walk, from_view, from);
	err = walk_to_parent(&from_walk);
	if (!err) {
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

static uint32_t may_of(uint32_t flags)
{
	uint32_t may = ((flags + 1) & 1 ? MAY_READ : 0) |
		       ((flags + 1) & 2 ? MAY_WRITE : 0);

	return flags & O_TRUNC ? may | MAY_WRITE : may;
}

/* May what is at walk->at, which was there before, be opened so? */
static int open_check(const struct walk *walk, uint32_t flags)
{
	const struct inode *inode = walk->at.dentry->inode;
	uint32_t type = inode->mode & S_IFMT, may = may_of(flags);
	int err;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (type == S_IFDIR && flags & O_CREAT)
		return -EISDIR;
	if (type == S_IFLNK && !(flags & O_PATH))
		return -ELOOP;
	if (type != S_IFDIR && flags & O_DIRECTORY)
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (type == S_IFDIR && may & MAY_WRITE)
		return -EISDIR;
	if ((type == S_IFCHR || type == S_IFBLK) &&
	    walk->at.mount->flags & MS_NODEV)
		return -EACCES;
	if (may & MAY_WRITE && is_read_only(walk) &&
	    (type == S_IFREG || type == S_IFDIR))
		return -EROFS;
	err = inode_permission(inode, walk->view->cred, may);
	if (err)
		return err;
	if (flags & O_NOATIME && !inode_is_owner(inode, walk->view->cred))
		return -EPERM;
	return 0;
}

static int open_new(struct walk *walk, uint32_t mode)
{
	struct dentry *made;
	int err;

	if (walk->wants_dir)
		return -EISDIR;
	err = make(walk, S_IFREG | (mode & S_IALLUGO), 0, NULL, &made);
	if (err)
		return err;
	dentry_put(walk->at.dentry);
	walk->at.dentry = made;
	return 0;
}

/* A file without a name, in the directory walk->at. */
static int open_unnamed(struct walk *walk, uint32_t mode)
{
	struct inode *dir = walk->at.dentry->inode, *inode;
	const struct inode_seed seed = {
		.mode = S_IFREG | (mode & S_IALLUGO), .cred = walk->view->cred,
	};
	struct dentry *dentry;
	int err;

	if (!inode_is(dir, S_IFDIR))
		return -ENOTDIR;
	err = may_add(walk);
	if (!err)
		err = dir->ops->make(dir, &seed, &inode);
	if (err)
		return err == -ENOENT ? -EOPNOTSUPP : err;
	inode->nlink = 0;
	dentry = dentry_create(walk->at.dentry, "#", 1, inode);
	if (!dentry) {
		inode_put(inode);
		return -ENOMEM;
	}
	dentry->is_tmpfile = true;
	dentry_put(walk->at.dentry);
	walk->at.dentry = dentry;
	return 0;
}

static int open_walk(struct walk *walk, uint32_t flags, uint32_t mode)
{
	bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	bool follow = !(flags & O_NOFOLLOW) && !is_new;
	int err = walk_to_parent(walk);

	if (!err)
		err = walk_last(walk, follow);
	if (!err && (flags & O_TMPFILE) == O_TMPFILE)
		return open_unnamed(walk, mode);
	if (err == -ENOENT && walk->is_missing && flags & O_CREAT)
		return open_new(walk, mode);
	if (err == -ENOTDIR && walk->wants_dir && flags & O_CREAT &&
	    !inode_is(walk->at.dentry->inode, S_IFDIR))
		return -EISDIR;
	return err ? err : open_check(walk, flags);
}

int names_open(const struct viewpoint *view, const char *name, uint32_t flags,
	       uint32_t mode, struct file **file)
{
	struct walk walk;
	struct path path;
	int err;

	if (!*name)
		return -ENOENT;
	walk_begin(&walk, view, name);
	err = open_walk(&walk, flags, mode);
	if (!err)
		path = path_get(walk.at);
	walk_end(&walk);
	if (err)
		return err;
	err = file_open(path, flags, file);
	path_put(path);
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
	return err;
}
