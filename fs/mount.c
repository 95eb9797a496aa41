// SPDX-License-Identifier: MIT
/*
 * mount - the trees of several file systems, put together to one.
 *
 *	mount "/"  (root, tmpfs)	     mount "/proc" (proc)
 *	  dentry "/"				 dentry "/"
 *	    +- dentry "proc"  <-- point ---	   +- ...
 *
 * A place is therefore a pair (mount, dentry): the same tree may be mounted
 * twice.  On the way down a dentry with nr_mounts is looked up in the list of
 * mounts, and the walk goes on at the root of what is mounted there; on the
 * way up the root of a mount leads to the point where it is mounted.
 *
 * A mount lives as long as a path is in it: umount() of one in use is refused,
 * or, if it is lazy, takes it out of the tree now and ends it later.
 *
 * mount -r is said of a mount, or of the file system itself, and then of all
 * its mounts; what is open for writing forbids it.
 *
 * Locking: names_lock for the list and the tree of mounts.
 */
#include "fs/mount.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

static struct list mounts = LIST_INIT(mounts);
static struct list fs_types = LIST_INIT(fs_types);
static struct mount *root_mount;
static int32_t last_mount, last_dev;

/* In the list; a dentry's nr_mounts has 16 bits. */
#define MOUNTS_MAX	65535
static uint32_t nr_mounts;

/* ------------------------------------------------------------------ paths */

struct path mount_root(void)
{
	return (struct path){ root_mount, root_mount->root };
}

static void mount_free(struct mount *mount)
{
	struct super *super = mount->super;

	dentry_put(mount->root);
	if (!--super->nr_mounts && super->type->destroy)
		super->type->destroy(super);
	kfree(mount->source);
	kfree(mount);
}

/*
 * The last reference goes only when the mount is out of the tree.  That may
 * happen in a walk, which has names_lock.
 */
static void mount_put(struct mount *mount)
{
	bool is_walk;

	/* Who only looks for it, as umount() does, was not there. */
	if (unlikely(mount->expires) && !mutex_is_held(&names_lock))
		mount->expires = false;
	if (likely(!atomic_dec_is_zero(&mount->refs)))
		return;
	is_walk = mutex_is_held(&names_lock);
	if (!is_walk)
		mutex_lock(&names_lock);
	mount_free(mount);
	if (!is_walk)
		mutex_unlock(&names_lock);
}

void path_put(struct path path)
{
	dentry_put(path.dentry);
	mount_put(path.mount);
}

/* What is mounted at @at, the newest first; or NULL. */
static struct mount *mount_at(struct path at)
{
	struct mount *mount;

	assert(mutex_is_held(&names_lock));
	list_for_each_entry_reverse(mount, &mounts, link)
		if (mount->point == at.dentry && mount->parent == at.mount)
			return mount;
	return NULL;
}

/* Names are made up for such an inode again and again: is it that one? */
static bool is_same(const struct inode *a, const struct inode *b)
{
	return a->super == b->super && a->ino == b->ino && a->id == b->id &&
	       a->sub == b->sub;
}

struct dentry *mount_point_of(const struct mount *parent,
			      const struct inode *inode)
{
	struct mount *mount;

	assert(mutex_is_held(&names_lock));
	list_for_each_entry(mount, &mounts, link)
		if (mount->parent == parent &&
		    is_same(mount->point->inode, inode))
			return dentry_get(mount->point);
	return NULL;
}

/* Did the way to @dentry lead through @name in @dir? */
static bool is_through(const struct dentry *dentry, const struct inode *dir,
		       const char *name, size_t length)
{
	for (; dentry->parent != dentry; dentry = dentry->parent)
		if (dentry->length == length &&
		    !memcmp(dentry->name, name, length) &&
		    is_same(dentry->parent->inode, dir))
			return true;
	return false;
}

void path_enter_mounts(struct path *path)
{
	while (unlikely(path->dentry->nr_mounts)) {
		struct mount *mount = mount_at(*path);
		struct path below = *path;

		if (!mount)
			return;		/* mounted on, but in another mount */
		*path = path_get((struct path){ mount, mount->root });
		path_put(below);
	}
}

void path_go_up(struct path *path, struct path root)
{
	struct path at = *path, to;

	while (at.dentry == at.mount->root && at.mount->parent &&
	       !path_is_same(at, root))
		at = (struct path){ at.mount->parent, at.mount->point };
	if (path_is_same(at, root) || at.dentry == at.mount->root)
		to = path_get(at);
	else
		to = path_get((struct path){ at.mount, at.dentry->parent });
	path_put(*path);
	*path = to;
	path_enter_mounts(path);
}

bool path_is_inside(struct path path, struct path root)
{
	while (!path_is_same(path, root)) {
		if (path.dentry == path.mount->root) {
			if (!path.mount->parent)
				return false;
			path = (struct path){ path.mount->parent,
					      path.mount->point };
		} else if (path.dentry == path.dentry->parent) {
			return false;	/* moved out of what is mounted */
		} else {
			path.dentry = path.dentry->parent;
		}
	}
	return true;
}

/* Write @text in front of @at; NULL: there is no room. */
static char *prepend(char *at, const char *start, const char *text,
		     size_t length)
{
	if (!at || (size_t)(at - start) < length)
		return NULL;
	return memcpy(at - length, text, length);
}

char *path_format_locked(struct path path, struct path root, char *buf,
			 size_t size)
{
	static const char deleted[] = " (deleted)";
	char *at = prepend(buf + size, buf, "", 1), *end = at;
	bool is_unnamed = path.dentry->parent == path.dentry &&
			  inode_is(path.dentry->inode, S_IFREG);

	if (is_unnamed || dentry_is_removed(path.dentry))
		at = end = prepend(at, buf, deleted, sizeof(deleted) - 1);
	/* What is in no tree at all is its own parent. */
	while (at && !path_is_same(path, root)) {
		struct dentry *dentry = path.dentry;

		if (dentry == path.mount->root) {
			if (!path.mount->parent)
				break;
			path = (struct path){ path.mount->parent,
					      path.mount->point };
			continue;
		}
		at = prepend(at, buf, dentry->name, dentry->length);
		if (dentry->parent == dentry)	/* "pipe:[7]", "/memfd:x" */
			return is_unnamed ? prepend(at, buf, "/", 1) : at;
		at = prepend(at, buf, "/", 1);
		path.dentry = dentry->parent;
	}
	return at == end ? prepend(at, buf, "/", 1) : at;
}

char *path_format(struct path path, struct path root, char *buf, size_t size)
{
	char *at;

	mutex_lock(&names_lock);
	at = path_format_locked(path, root, buf, size);
	mutex_unlock(&names_lock);
	return at;
}

/* ------------------------------------------------------------ file systems */

void fs_register(struct fs_type *type)
{
	list_add_tail(&fs_types, &type->link);
}

static struct fs_type *find_type(const char *name)
{
	struct fs_type *type;

	list_for_each_entry(type, &fs_types, link)
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

struct super *super_alloc(const struct fs_type *type)
{
	struct super *super = kzalloc(sizeof(*super), GFP_KERNEL);

	if (!super)
		return NULL;
	super->type = type;
	super->dev = __atomic_add_fetch(&last_dev, 1, __ATOMIC_RELAXED) + 1;
	return super;
}

/* Take @nr of @max, of which *@used are taken. */
static int take(int32_t *used, uint32_t max, uint32_t nr)
{
	uint32_t now = __atomic_add_fetch(used, nr, __ATOMIC_RELAXED);

	if (!max || now <= max)
		return 0;
	__atomic_sub_fetch(used, nr, __ATOMIC_RELAXED);
	return -ENOSPC;
}

int super_take_inode(struct super *super)
{
	return take(&super->nr_inodes, super->max_inodes, 1);
}

void super_give_inode(struct super *super)
{
	atomic_add(&super->nr_inodes, -1);
}

int super_take_pages(struct super *super, uint32_t nr)
{
	return take(&super->nr_pages, super->max_pages, nr);
}

void super_give_pages(struct super *super, uint32_t nr)
{
	__atomic_sub_fetch(&super->nr_pages, nr, __ATOMIC_RELAXED);
}

static int get_super(const char *name, const char *options,
		     struct super **super)
{
	struct fs_type *type = find_type(name);
	int err;

	if (!type)
		return -ENODEV;
	*super = type->only;
	if (*super)
		return 0;
	err = type->create(type, options, super);
	if (!err && !type->destroy)
		type->only = *super;
	return err;
}

/* ------------------------------------------------------------------ mounts */

static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = kmalloc(size, GFP_KERNEL);

	return copy ? memcpy(copy, text, size) : NULL;
}

static struct mount *mount_alloc(struct super *super, struct dentry *root,
				 const char *source, uint32_t flags)
{
	struct mount *mount = kzalloc(sizeof(*mount), GFP_KERNEL);

	if (!mount)
		return NULL;
	mount->source = copy_text(source);
	if (!mount->source) {
		kfree(mount);
		return NULL;
	}
	mount->refs = 1;
	mount->id = __atomic_add_fetch(&last_mount, 1, __ATOMIC_RELAXED);
	mount->super = super;
	mount->root = dentry_get(root);
	mount->flags = flags & MS_KEPT;
	super->nr_mounts++;
	return mount;
}

/* The references on @at are the mount's. */
static void attach(struct mount *mount, struct path at)
{
	mount->parent = at.mount;
	mount->point = at.dentry;
	at.dentry->nr_mounts++;
}

static void detach(struct mount *mount)
{
	struct path at = { mount->parent, mount->point };

	mount->parent = NULL;
	mount->point = NULL;
	at.dentry->nr_mounts--;
	path_put(at);
}

/* Is @at in no tree, as a pipe is?  Its mount is any, then. */
static bool is_nowhere(const struct path *at)
{
	return at->dentry->inode->super != at->mount->super;
}

/*
 * May something be mounted at @at?  It has to be what @root is.
 * @place: gets that, or the root of what is mounted there, with references
 */
static int find_place(const struct path *at, const struct dentry *root,
		      struct path *place)
{
	int err = 0;

	*place = path_get(*at);
	path_enter_mounts(place);
	if (dentry_is_removed(place->dentry))
		err = -ENOENT;
	else if (place->mount->is_leaving || /* it would not be found again */
		 is_nowhere(place))
		err = -EINVAL;
	else if (inode_is(place->dentry->inode, S_IFDIR) !=
		 inode_is(root->inode, S_IFDIR))
		err = -ENOTDIR;
	if (err)
		path_put(*place);
	return err;
}

/* Mount @root of @super at @at, NULL: as "/". */
static int mount_add(struct super *super, struct dentry *root,
		     const char *source, uint32_t flags, const struct path *at,
		     struct mount **added)
{
	struct mount *mount;
	struct path place;
	int err = at ? find_place(at, root, &place) : 0;

	if (err)
		return err;
	mount = nr_mounts < MOUNTS_MAX ?
		mount_alloc(super, root, source, flags) : NULL;
	if (!mount) {
		if (at)
			path_put(place);
		return nr_mounts < MOUNTS_MAX ? -ENOMEM : -ENOSPC;
	}
	nr_mounts++;
	if (at)
		attach(mount, place);
	else
		root_mount = mount;
	list_add_tail(&mounts, &mount->link);
	*added = mount;
	return 0;
}

int mount_new(const char *type, const char *source, const char *options,
	      uint32_t flags, const struct path *at)
{
	struct mount *added;
	struct super *super;
	int err;

	mutex_lock(&names_lock);
	err = get_super(type, options, &super);
	/* The same once more on top of itself is of no use to anybody. */
	if (!err && at && at->mount->super == super &&
	    at->dentry == at->mount->root)
		err = -EBUSY;
	else if (!err) {
		err = mount_add(super, super->root, source, flags, at, &added);
		if (err && !super->nr_mounts && super->type->destroy)
			super->type->destroy(super);
		else if (!err && flags & MS_RDONLY && super->nr_mounts == 1)
			super->is_read_only = true;
	}
	mutex_unlock(&names_lock);
	return err;
}

static bool is_inside(const struct mount *mount, const struct mount *outer)
{
	while (mount && mount != outer)
		mount = mount->parent;
	return mount;
}

/* Take @mount out of the tree; it ends here if nobody is in it. */
static void mount_take_out(struct mount *mount)
{
	list_remove(&mount->link);
	nr_mounts--;
	detach(mount);
	mount_put(mount);
}

/*
 * Take out @outer and all that is mounted in it.  In the list a mount comes
 * after the one that it is in, unless it was moved: one walk finds nearly all.
 */
static void take_out_all(struct mount *outer)
{
	struct mount *mount, *next;
	bool is_done;

	outer->is_leaving = true;
	do {
		is_done = true;
		list_for_each_entry(mount, &mounts, link)
			if (!mount->is_leaving && mount->parent &&
			    mount->parent->is_leaving) {
				mount->is_leaving = true;
				is_done = false;
			}
	} while (!is_done);
	list_for_each_entry_safe(mount, next, &mounts, link)
		if (mount->is_leaving)
			mount_take_out(mount);
}

void mount_forget(const struct mount *parent, const struct inode *dir,
		  const char *name, size_t length)
{
	struct mount *mount;
	bool found;

	assert(mutex_is_held(&names_lock));
	do {
		found = false;
		list_for_each_entry(mount, &mounts, link) {
			found = mount->parent == parent &&
				is_through(mount->point, dir, name, length);
			if (found) {
				take_out_all(mount);
				break;
			}
		}
	} while (found);
}

/*
 * Copy what is mounted below @from and has not been, if what it is mounted in
 * has.  Of the list of all, what is behind @last is new.
 * Return: 1: there may be more; 0; -ENOMEM.
 */
static int copy_next(const struct path *from, struct mount *last)
{
	struct mount *mount;
	int found = 0;

	list_for_each_entry(mount, &mounts, link) {
		struct mount *parent = mount->parent;
		struct path at;
		int err;

		if (mount->copy || !parent || !parent->copy ||
		    (parent == from->mount &&
		     !dentry_is_below(mount->point, from->dentry)))
			goto next;
		at = (struct path){ parent->copy, mount->point };
		err = mount_add(mount->super, mount->root, mount->source,
				mount->flags, &at, &mount->copy);
		if (err)
			return err;
		found = 1;
next:
		if (mount == last)
			break;
	}
	return found;
}

/* A mount that was moved may come before the one that it is in. */
static int copy_below(const struct path *from, struct mount *last)
{
	int err;

	do {
		err = copy_next(from, last);
	} while (err > 0);
	return err;
}

int mount_bind(const struct path *from, const struct path *at, bool whole)
{
	struct mount *copy, *mount, *last;
	int err;

	mutex_lock(&names_lock);
	last = list_last_entry(&mounts, struct mount, link);
	err = from->mount->is_leaving || is_nowhere(from) ? -EINVAL :
		mount_add(from->mount->super, from->dentry, from->mount->source,
			  from->mount->flags, at, &copy);
	if (!err && whole) {
		from->mount->copy = copy;
		err = copy_below(from, last);
		list_for_each_entry(mount, &mounts, link)
			mount->copy = NULL;
		if (err)
			take_out_all(copy);
	}
	mutex_unlock(&names_lock);
	return err;
}

int mount_move(const struct path *from, const struct path *at)
{
	struct mount *mount = from->mount;
	struct path place;
	int err = -EINVAL;

	mutex_lock(&names_lock);
	if (from->dentry == mount->root && mount->parent) {
		err = find_place(at, mount->root, &place);
		if (err == -ENOTDIR)
			err = -EINVAL;
		if (!err && is_inside(place.mount, mount)) {
			path_put(place);
			err = -ELOOP;
		}
	}
	if (!err) {
		detach(mount);
		attach(mount, place);
	}
	mutex_unlock(&names_lock);
	return err;
}

/*
 * Does somebody write to @mount?  NULL: to any of @super, or will when he closes
 * what has no name any more?
 */
static bool has_writers(const struct super *super, const struct mount *mount)
{
	const struct mount *other;

	if (!mount && super->nr_removed)
		return true;
	list_for_each_entry(other, &mounts, link)
		if (other->super == super && (!mount || other == mount) &&
		    READ_ONCE(other->nr_writers))
			return true;
	return false;
}

static int change_locked(const struct path *at, uint32_t flags,
			 const char *options)
{
	struct mount *mount = at->mount;
	struct super *super = mount->super;
	bool is_bind = flags & MS_BIND;
	bool has_options = !is_bind && super->type->change;
	int err = 0;

	if (at->dentry != mount->root || mount->is_leaving)
		return -EINVAL;
	if (has_options)
		err = super->type->change(super, options, false);
	if (!err && flags & MS_RDONLY && !super->is_read_only &&
	    has_writers(super, is_bind ? mount : NULL))
		err = -EBUSY;
	if (!err && has_options)
		err = super->type->change(super, options, true);
	if (err)
		return err;
	if (!is_bind)
		super->is_read_only = flags & MS_RDONLY;
	if (!(flags & MS_ATIME))
		flags |= mount->flags & MS_ATIME;
	mount->flags = flags & MS_KEPT;
	return 0;
}

int mount_change(const struct path *at, uint32_t flags, const char *options)
{
	int err;

	mutex_lock(&names_lock);
	err = change_locked(at, flags, options);
	mutex_unlock(&names_lock);
	return err;
}

static bool has_mounts(const struct mount *mount)
{
	const struct mount *other;

	list_for_each_entry(other, &mounts, link)
		if (other->parent == mount)
			return true;
	return false;
}

/* What is not in the tree cannot leave it; nor can what the tree stands on. */
static int remove_check(struct path at, uint32_t flags, bool is_own_root)
{
	struct mount *mount = at.mount;

	if (at.dentry != mount->root || !mount->parent)
		return -EINVAL;
	if (flags & MNT_EXPIRE &&
	    (is_own_root || flags & (MNT_FORCE | MNT_DETACH)))
		return -EINVAL;
	/* One for being there, one of the caller's; of each child's point. */
	if (!(flags & MNT_DETACH) && !is_own_root &&
	    (mount->refs != 2 || has_mounts(mount)))
		return -EBUSY;
	return flags & MNT_EXPIRE && !mount->expires ? -EAGAIN : 0;
}

static int make_read_only(struct super *super)
{
	if (!super->is_read_only && has_writers(super, NULL))
		return -EBUSY;
	super->is_read_only = true;
	return 0;
}

int mount_remove(struct path at, uint32_t flags, const struct mount *own_root)
{
	bool is_own_root;
	int err;

	mutex_lock(&names_lock);
	path_enter_mounts(&at);		/* of ".", on which one may be */
	is_own_root = at.mount == own_root;
	err = remove_check(at, flags, is_own_root);
	if (err == -EAGAIN)
		at.mount->expires = true;
	else if (!err && is_own_root && !(flags & MNT_DETACH))
		err = make_read_only(at.mount->super);
	else if (!err)
		take_out_all(at.mount);
	path_put(at);			/* inside: this was no use of it */
	mutex_unlock(&names_lock);
	return err;
}

/* -------------------------------------------------------------- what is there */

/* Blanks and such in a path are octal, so that a line has its six fields. */
static void print_escaped(struct seq *out, const char *text)
{
	for (; *text; text++)
		if (strchr(" \t\n\\", *text))
			seq_printf(out, "\\%03o", *text);
		else
			seq_printf(out, "%c", *text);
}

static void print_flags(struct seq *out, uint32_t flags)
{
	seq_printf(out, "%s%s%s%s%s%s", flags & MS_RDONLY ? "ro" : "rw",
		   flags & MS_NOSUID ? ",nosuid" : "",
		   flags & MS_NODEV ? ",nodev" : "",
		   flags & MS_NOEXEC ? ",noexec" : "",
		   flags & MS_NOATIME ? ",noatime" : "",
		   flags & MS_NODIRATIME ? ",nodiratime" : "");
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		seq_printf(out, ",relatime");
}

static void print_options(struct seq *out, const struct mount *mount)
{
	if (mount->super->type->show)
		mount->super->type->show(mount->super, out);
}

/* Call @print for each mount, with its path. */
static void for_each_mount(struct seq *out, struct path root,
			   void (*print)(struct seq *out,
					 const struct mount *mount,
					 const char *at))
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	const struct mount *mount;
	const char *at;

	if (!buf) {
		out->err = -ENOMEM;
		return;
	}
	mutex_lock(&names_lock);
	list_for_each_entry(mount, &mounts, link) {
		struct path path = { (struct mount *)mount, mount->root };

		if (!path_is_inside(path, root))
			continue;
		at = path_format_locked(path, root, buf, PAGE_SIZE);
		if (at)
			print(out, mount, at);
	}
	mutex_unlock(&names_lock);
	kfree(buf);
}

static void print_mount(struct seq *out, const struct mount *mount,
			const char *at)
{
	print_escaped(out, mount->source);
	seq_printf(out, " ");
	print_escaped(out, at);
	seq_printf(out, " %s ", mount->super->type->name);
	print_flags(out, mount->flags | mount_is_read_only(mount));
	print_options(out, mount);
	seq_printf(out, " 0 0\n");
}

/* The path of @dentry in its file system, whose root is @top. */
static void print_below(struct seq *out, const struct dentry *dentry,
			const struct dentry *top)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	char *at = buf ? prepend(buf + PAGE_SIZE, buf, "", 1) : NULL;

	if (!at)
		out->err = -ENOMEM;
	for (; at && dentry != top && dentry->parent != dentry;
	     dentry = dentry->parent) {
		at = prepend(at, buf, dentry->name, dentry->length);
		at = prepend(at, buf, "/", 1);
	}
	if (at)
		print_escaped(out, *at ? at : "/");
	kfree(buf);
}

static void print_mountinfo(struct seq *out, const struct mount *mount,
			    const char *at)
{
	seq_printf(out, "%d %d 0:%u ", mount->id,
		   mount->parent ? mount->parent->id : 0, mount->super->dev);
	print_below(out, mount->root, mount->super->root);
	seq_printf(out, " ");
	print_escaped(out, at);
	seq_printf(out, " ");
	print_flags(out, mount->flags);
	seq_printf(out, " - %s ", mount->super->type->name);
	print_escaped(out, mount->source);
	seq_printf(out, " %s", mount->super->is_read_only ? "ro" : "rw");
	print_options(out, mount);
	seq_printf(out, "\n");
}

void mounts_list(struct seq *out, struct path root)
{
	for_each_mount(out, root, print_mount);
}

void mountinfo_list(struct seq *out, struct path root)
{
	for_each_mount(out, root, print_mountinfo);
}

void filesystems_list(struct seq *out)
{
	const struct fs_type *type;

	list_for_each_entry(type, &fs_types, link)
		seq_printf(out, "%s\t%s\n", type->is_device ? "" : "nodev",
			   type->name);
}
