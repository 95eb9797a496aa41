// SPDX-License-Identifier: MIT
/*
 * path - the walk along a path, part by part.
 *
 *	"/usr/lib/x.so"		at: "/"	 rest: "usr/lib/x.so"
 *				at: "/usr"	"lib/x.so"
 *	lib -> ../lib32		the rest, "x.so", is put on a stack, and
 *				"../lib32" walked first
 *
 * A link in the middle needs no recursion that way, however deep links lead
 * through links; a link at the very end just replaces what is walked.  More
 * than LINKS_MAX on one path is a loop, as on Linux.
 *
 * Each directory on the way must let its visitor through (MAY_EXEC).
 *
 * Locking: names_lock, from walk_begin() to walk_end().
 */
#include "fs/path.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

static const char *skip_slashes(const char *text)
{
	while (*text == '/')
		text++;
	return text;
}

static void move_to(struct walk *walk, struct path to)
{
	struct path old = walk->at;

	walk->at = path_get(to);
	path_put(old);
}

/* Start on @text, which is the path itself or that of a link. */
static void begin_text(struct walk *walk, const char *text)
{
	if (*text == '/')
		move_to(walk, walk->view->root);
	walk->rest = skip_slashes(text);
}

void walk_begin_locked(struct walk *walk, const struct viewpoint *view,
		       const char *name)
{
	assert(mutex_is_held(&names_lock));
	walk->view = view;
	walk->at = path_get(view->start);
	walk->nr_links = walk->depth = 0;
	walk->text = NULL;
	walk->wants_dir = walk->is_missing = walk->creates = false;
	begin_text(walk, name);
}

void walk_begin(struct walk *walk, const struct viewpoint *view,
		const char *name)
{
	mutex_lock(&names_lock);
	walk_begin_locked(walk, view, name);
}

/* The view still has references on its mounts, so no mount ends here. */
void walk_end_locked(struct walk *walk)
{
	kfree(walk->text);
	while (walk->depth)
		kfree(walk->stack[--walk->depth].text);
	path_put(walk->at);
}

void walk_end(struct walk *walk)
{
	walk_end_locked(walk);
	mutex_unlock(&names_lock);
}

/* Let name, length and kind be the next part; rest what is behind it. */
static void take_part(struct walk *walk)
{
	const char *name = walk->rest, *end = name;

	while (*end && *end != '/')
		end++;
	walk->name = name;
	walk->length = end - name;
	walk->rest = skip_slashes(end);
	walk->wants_dir |= !walk->depth && *end == '/' && !*walk->rest;
	walk->kind = LAST_NAME;
	if (!walk->length)
		walk->kind = LAST_NONE;
	else if (name[0] == '.' && walk->length == 1)
		walk->kind = LAST_DOT;
	else if (name[0] == '.' && name[1] == '.' && walk->length == 2)
		walk->kind = LAST_DOTDOT;
}

static int may_pass(const struct walk *walk)
{
	const struct inode *dir = walk->at.dentry->inode;

	if (!inode_is(dir, S_IFDIR))
		return -ENOTDIR;
	return inode_permission(dir, walk->view->cred, MAY_EXEC);
}

/* A name that its directory makes up: a dentry of its own, but for mounts. */
static int find_made_up(struct walk *walk, struct dentry **found)
{
	struct dentry *dir = walk->at.dentry;
	struct inode *inode;
	int err = dir->inode->ops->lookup(dir->inode, walk->name, walk->length,
					  &inode);

	if (err == -ENOENT)
		mount_forget(walk->at.mount, dir->inode, walk->name,
			     walk->length);
	if (err)
		return err;
	*found = mount_point_of(walk->at.mount, inode);
	if (*found) {
		inode_put(inode);
		return 0;
	}
	*found = dentry_create(dir, walk->name, walk->length, inode);
	if (*found)
		return 0;
	inode_put(inode);
	return -ENOMEM;
}

int walk_find(const struct walk *walk, struct dentry **found)
{
	struct dentry *dir = walk->at.dentry;

	*found = NULL;
	if (walk->length > NAME_MAX && dir->inode->nlink)
		return -ENAMETOOLONG;
	*found = dentry_find(dir, walk->name, walk->length);
	return *found ? 0 : -ENOENT;
}

/* One step down to the part that was taken. */
static int step_down(struct walk *walk)
{
	struct path to = { walk->at.mount, NULL };
	int err;

	if (walk->at.dentry->inode->ops->lookup) {
		err = find_made_up(walk, &to.dentry);
		if (err)
			return err;
		move_to(walk, to);
		dentry_put(to.dentry);
	} else {
		err = walk_find(walk, &to.dentry);
		if (err)
			return err;
		move_to(walk, to);
	}
	path_enter_mounts(&walk->at);
	return 0;
}

/* The link's text, for kfree(). */
static int read_link(struct inode *inode, char **text)
{
	char *buf = kmalloc(PATH_SIZE, GFP_KERNEL);
	int length;

	if (!buf)
		return -ENOMEM;
	length = inode_readlink(inode, buf, PATH_SIZE - 1);
	if (length <= 0) {
		kfree(buf);
		return length ? length : -ENOENT;
	}
	buf[length] = '\0';
	*text = buf;
	return 0;
}

/*
 * May a link be followed?  Not one that anybody could put into a directory that
 * is everybody's, such as /tmp: only his own, or the directory's owner's.
 */
static int may_follow(const struct walk *walk, const struct inode *link,
		      const struct inode *dir)
{
	return (dir->mode & (S_ISVTX | 0002)) != (S_ISVTX | 0002) ||
	       link->uid == walk->view->cred->fsuid || link->uid == dir->uid ?
	       0 : -EACCES;
}

/* walk->at is a link that was reached from @dir: let its text come next. */
static int enter_link(struct walk *walk, struct path dir)
{
	struct inode *inode = walk->at.dentry->inode;
	struct path to;
	char *text;
	int err;

	if (walk->nr_links++ == LINKS_MAX)
		return -ELOOP;
	if (!*walk->rest && !walk->depth) {
		err = may_follow(walk, inode, dir.dentry->inode);
		if (err)
			return err;
	}
	if (inode->ops->follow) {
		err = inode->ops->follow(inode, &to);
		if (err)
			return err;
		path_put(walk->at);
		walk->at = to;
		return 0;
	}
	err = read_link(inode, &text);
	if (err)
		return err;
	move_to(walk, dir);
	if (*walk->rest) {
		walk->stack[walk->depth].rest = walk->rest;
		walk->stack[walk->depth++].text = walk->text;
	} else {
		kfree(walk->text);
	}
	walk->text = text;
	begin_text(walk, text);
	return 0;
}

/* One part that is not the last: there must be a directory. */
static int pass_part(struct walk *walk)
{
	struct path dir = path_get(walk->at);
	int err = 0;

	if (walk->kind == LAST_DOTDOT)
		path_go_up(&walk->at, walk->view->root);
	else if (walk->kind == LAST_NAME)
		err = step_down(walk);
	if (!err && inode_is(walk->at.dentry->inode, S_IFLNK))
		err = enter_link(walk, dir);
	path_put(dir);
	return err;
}

/* The text that is being walked has come to its end: go on behind the link. */
static bool pop(struct walk *walk)
{
	if (*walk->rest || !walk->depth)
		return false;
	kfree(walk->text);
	walk->depth--;
	walk->rest = walk->stack[walk->depth].rest;
	walk->text = walk->stack[walk->depth].text;
	return true;
}

int walk_to_parent(struct walk *walk)
{
	int err = walk->view->err;

	if (err)
		return err;
	for (;;) {
		while (pop(walk))
			;
		err = *walk->rest ? may_pass(walk) : 0;
		if (err)
			return err;
		take_part(walk);
		if (!*walk->rest && !walk->depth)
			return 0;
		err = pass_part(walk);
		if (err)
			return err;
	}
}

/* The last part, from the directory at walk->at; err is 0: go on walking. */
static int step_last(struct walk *walk, bool follow, bool *again)
{
	struct path dir = path_get(walk->at);
	int err = step_down(walk);

	*again = false;
	walk->is_missing = err == -ENOENT;
	if (!err && inode_is(walk->at.dentry->inode, S_IFLNK) &&
	    (follow || walk->wants_dir)) {
		*again = true;
		err = enter_link(walk, dir);
		if (!err)
			err = walk_to_parent(walk);
	}
	path_put(dir);
	return err;
}

int walk_last(struct walk *walk, bool follow)
{
	bool again = true;
	int err;

	while (again && walk->kind == LAST_NAME) {
		if (walk->creates && walk->wants_dir)
			return -EISDIR;
		err = step_last(walk, follow, &again);
		if (err)
			return err;
	}
	if (walk->kind == LAST_DOTDOT)
		path_go_up(&walk->at, walk->view->root);
	return walk->wants_dir && !inode_is(walk->at.dentry->inode, S_IFDIR) ?
		-ENOTDIR : 0;
}

int path_lookup(const struct viewpoint *view, const char *name,
		unsigned int flags, struct path *path)
{
	struct walk walk;
	int err;

	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	walk_begin(&walk, view, name);
	err = walk_to_parent(&walk);
	if (!err)
		err = walk_last(&walk, flags & LOOKUP_FOLLOW);
	if (!err)
		*path = path_get(walk.at);
	walk_end(&walk);
	return err;
}
