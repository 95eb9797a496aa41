// SPDX-License-Identifier: MIT
/*
 * tmpfs - a file system without a disk.
 *
 *	directory	inode with a tree of names	(dentry.c)
 *	regular file	inode with a mapping		(filemap.c)
 *	symbolic link	inode with a text
 *	device, FIFO	inode with a number, or a pipe
 *
 * Everything is held by the tree: a linked dentry keeps its inode, and that its
 * pages.  What is unlinked and not open goes; umount() takes the whole tree.
 *
 * Memory is bounded by size= and nr_inodes=, each of them half of the machine's
 * unless it is said otherwise, as on Linux; ENOSPC tells of it.  The root may
 * have all: what an initramfs brings has to be somewhere.
 *
 * Locking: names_lock for names, each mapping's own for pages; the two counts
 * of the super are atomic.
 */
#include "fs/tmpfs.h"

#include "fs/dir.h"
#include "fs/filemap.h"
#include "fs/mount.h"
#include "fs/pipe.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/zone.h"

#define TMPFS_MAGIC	0x01021994u
#define RAMFS_MAGIC	0x858458f6u
#define KEPT_MODE	S_IALLUGO

static const struct inode_ops tmpfs_ops;

static const struct file_ops file_ops = {
	.read = filemap_read, .write = filemap_write,
	.writev = filemap_writev, .lseek = filemap_lseek,
	.truncate = filemap_truncate, .allocate = filemap_allocate,
};

/* ------------------------------------------------------------------ limits */

static struct super *super_of(const struct mapping *mapping)
{
	return container_of(mapping, struct inode, mapping)->super;
}

static int reserve(struct mapping *mapping, uint32_t nr)
{
	return super_take_pages(super_of(mapping), nr);
}

static void unreserve(struct mapping *mapping, uint32_t nr)
{
	super_give_pages(super_of(mapping), nr);
}

static const struct mapping_ops mapping_ops = {
	.reserve = reserve, .unreserve = unreserve,
};

/* ------------------------------------------------------------------ inodes */

#define SHORT_LINK	128		/* bytes; the text of others is a page */

static bool has_link_page(const struct inode *inode)
{
	return inode_size(inode) >= SHORT_LINK;
}

static void set_owner(struct inode *inode, const struct inode *dir,
		      const struct cred *cred)
{
	inode->uid = cred->fsuid;
	inode->gid = cred->fsgid;
	if (!dir || !(dir->mode & S_ISGID))
		return;
	inode->gid = dir->gid;
	if (inode_is(inode, S_IFDIR))
		inode->mode |= S_ISGID;
	else if ((inode->mode & 0010) && !cred_is_root(cred) &&
		 !cred_in_group(cred, dir->gid))
		inode->mode &= ~S_ISGID;
}

static int set_contents(struct inode *inode, const struct inode_seed *seed)
{
	size_t size;

	switch (seed->mode & S_IFMT) {
	case S_IFREG:
		mapping_init(&inode->mapping, &mapping_ops);
		inode->mapping.is_shmem =
			inode->super->type->magic != RAMFS_MAGIC;
		inode->mapping.dev = inode->super->dev;
		inode->mapping.inode = inode->ino;
		inode->file_ops = &file_ops;
		break;
	case S_IFDIR:
		inode->file_ops = &dir_ops;
		break;
	case S_IFIFO:
		inode->file_ops = &fifo_ops;
		break;
	case S_IFLNK:
		size = strlen(seed->link) + 1;
		inode->link = kmalloc(size, GFP_KERNEL);
		if (!inode->link)
			return -ENOMEM;
		memcpy(inode->link, seed->link, size);
		if (!has_link_page(inode) ||
		    !super_take_pages(inode->super, 1))
			break;
		kfree(inode->link);
		return -ENOSPC;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFSOCK:
		break;
	default:
		return -EINVAL;		/* an archive may say anything */
	}
	return 0;
}

static int make(struct super *super, const struct inode *dir,
		const struct inode_seed *seed, struct inode **out)
{
	struct inode *inode;
	int err = super_take_inode(super);

	if (err)
		return err;
	inode = inode_alloc();
	if (!inode) {
		super_give_inode(super);
		return -ENOMEM;
	}
	inode_init(inode, super, seed->mode);
	inode->ops = &tmpfs_ops;
	inode->ino = super_new_ino(super);
	inode->rdev = seed->rdev;
	set_owner(inode, dir, seed->cred);
	err = set_contents(inode, seed);
	if (err) {
		super_give_inode(super);
		inode_free(inode);
		return err;
	}
	*out = inode;
	return 0;
}

static int tmpfs_make(struct inode *dir, const struct inode_seed *seed,
		      struct inode **inode)
{
	return make(dir->super, dir, seed, inode);
}

static void tmpfs_release(struct inode *inode)
{
	if (inode_is(inode, S_IFREG))
		mapping_destroy(&inode->mapping);
	if (inode_is(inode, S_IFLNK)) {
		if (has_link_page(inode))
			super_give_pages(inode->super, 1);
		kfree(inode->link);
	}
	if (!inode->nlink)
		atomic_add(&inode->super->nr_removed, -1);
	super_give_inode(inode->super);
	inode_free(inode);
}

static const struct inode_ops tmpfs_ops = {
	.make = tmpfs_make, .release = tmpfs_release,
};

/* ----------------------------------------------------------------- options */

static uint32_t nr_ram(void)
{
	uint32_t nr_pages = 0;

	for (unsigned int i = 0; i < NR_ZONES; i++)
		nr_pages += zones[i].nr_managed;
	return nr_pages;
}

/*
 * Pages of data, and inodes, unless it is said otherwise.  When the root is
 * mounted, the loader's modules still have their frames.
 */
static uint32_t usual_max(const struct fs_type *type)
{
	return type->is_root ? max_pfn : nr_ram() / 2;
}

struct tmpfs_options {
	uint32_t max_pages, max_inodes, mode;
	struct cred owner;
};

static int set_size(struct tmpfs_options *to, const char *text)
{
	const char *end;
	uint64_t size;

	if (parse_size(text, &end, &size))
		return -EINVAL;
	if (*end == '%') {
		to->max_pages = nr_ram() / 100 * (uint32_t)size;
		end++;
	} else {
		to->max_pages = (uint32_t)(ALIGN_UP(size, PAGE_SIZE) >>
					   PAGE_SHIFT);
	}
	return *end ? -EINVAL : 0;
}

static int set_mode(struct tmpfs_options *to, const char *text)
{
	to->mode = 0;
	for (; *text >= '0' && *text <= '7'; text++)
		to->mode = to->mode << 3 | (*text - '0');
	return *text ? -EINVAL : 0;
}

/* One "name=value". */
static int set_option(struct tmpfs_options *to, const char *name,
		      const char *text)
{
	uint64_t value;

	if (!strcmp(name, "size"))
		return set_size(to, text);
	if (!strcmp(name, "mode"))
		return set_mode(to, text);
	if (parse_size(text, NULL, &value))
		return -EINVAL;
	if (!strcmp(name, "nr_blocks"))
		to->max_pages = value;
	else if (!strcmp(name, "nr_inodes"))
		to->max_inodes = value;
	else if (!strcmp(name, "uid"))
		to->owner.fsuid = value;
	else if (!strcmp(name, "gid"))
		to->owner.fsgid = value;
	else
		return -EINVAL;
	return 0;
}

/* "size=1M,mode=1777"; @text is cut up. */
static int parse(struct tmpfs_options *to, char *text)
{
	int err = 0;

	while (*text && !err) {
		char *next = strchr(text, ','), *value;

		if (next)
			*next++ = '\0';
		value = strchr(text, '=');
		if (value)
			*value++ = '\0';
		err = value ? set_option(to, text, value) : -EINVAL;
		text = next ? next : "";
	}
	return err;
}

static int parse_copy(struct tmpfs_options *to, const char *options)
{
	size_t size = strlen(options) + 1;
	char *copy = kmalloc(size, GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	err = parse(to, memcpy(copy, options, size));
	kfree(copy);
	return err;
}

/* ------------------------------------------------------------------ supers */

static int make_root(struct super *super, const struct tmpfs_options *options)
{
	const struct inode_seed seed = {
		.mode = S_IFDIR | (options->mode & KEPT_MODE),
		.cred = &options->owner,
	};
	struct inode *inode;
	int err = make(super, NULL, &seed, &inode);

	if (err)
		return err;
	super->root = dentry_create(NULL, "", 0, inode);
	if (super->root)
		return 0;
	inode_put(inode);
	return -ENOMEM;
}

static int tmpfs_create(const struct fs_type *type, const char *text,
			struct super **out)
{
	struct tmpfs_options options = {
		.max_pages = usual_max(type), .max_inodes = usual_max(type),
		.mode = 01777,
	};
	struct super *super;
	int err = parse_copy(&options, text);

	if (err)
		return err;
	super = super_alloc(type);
	if (!super)
		return -ENOMEM;
	super->max_pages = options.max_pages;
	super->max_inodes = options.max_inodes;
	super->mode = options.mode & KEPT_MODE;
	err = make_root(super, &options);
	if (err) {
		kfree(super);
		return err;
	}
	*out = super;
	return 0;
}

/* May a limit of @old, with @used of it in use, become @new? */
static bool fits(uint32_t used, uint32_t old, uint32_t new)
{
	return new ? old && used <= new : !old;
}

/* Neither limit can be less than what there is. */
static int tmpfs_change(struct super *super, const char *text, bool now)
{
	struct tmpfs_options options = {
		.max_pages = super->max_pages, .max_inodes = super->max_inodes,
	};
	int err = parse_copy(&options, text);

	if (err || !now)
		return err;
	if (!fits(super->nr_pages, super->max_pages, options.max_pages) ||
	    !fits(super->nr_inodes, super->max_inodes, options.max_inodes))
		return -EINVAL;
	super->max_pages = options.max_pages;
	super->max_inodes = options.max_inodes;
	return 0;
}

static void tmpfs_show(const struct super *super, struct seq *out)
{
	if (super->max_pages != usual_max(super->type))
		seq_printf(out, ",size=%uk",
			   super->max_pages * (PAGE_SIZE / 1024));
	if (super->max_inodes != usual_max(super->type))
		seq_printf(out, ",nr_inodes=%u", super->max_inodes);
	if (super->mode != 01777)
		seq_printf(out, ",mode=%03o", super->mode);
}

/* Take out all that is below @root; directories as they become empty. */
static void empty_tree(struct dentry *root)
{
	struct dentry *dir = root;

	for (;;) {
		struct dentry *first, *up = dir->parent;

		if (list_is_empty(&dir->inode->order)) {
			if (dir == root)
				return;
			dentry_unlink(dir);
			dir = up;
			continue;
		}
		first = list_first_entry(&dir->inode->order, struct dentry,
					 link);
		if (inode_is(first->inode, S_IFDIR))
			dir = first;
		else
			dentry_unlink(first);
	}
}

static void tmpfs_destroy(struct super *super)
{
	empty_tree(super->root);
	dentry_put(super->root);
	kfree(super);
}

static struct fs_type types[] = {
	{ .name = "tmpfs", .magic = TMPFS_MAGIC, .create = tmpfs_create,
	  .change = tmpfs_change, .show = tmpfs_show, .destroy = tmpfs_destroy },
	{ .name = "ramfs", .magic = RAMFS_MAGIC, .create = tmpfs_create,
	  .destroy = tmpfs_destroy },
	{ .name = "devtmpfs", .magic = TMPFS_MAGIC, .create = tmpfs_create },
	{ .name = "rootfs", .magic = TMPFS_MAGIC, .create = tmpfs_create,
	  .is_root = true, .show = tmpfs_show },
};

/* ----------------------------------------------------------- without a name */

/* Where unnamed files are; it is mounted nowhere. */
static struct super *unnamed;

int tmpfs_unnamed(const struct cred *cred, uint32_t mode,
		  struct inode **inode)
{
	const struct inode_seed seed = { .mode = S_IFREG | mode, .cred = cred };
	int err = make(unnamed, NULL, &seed, inode);

	if (!err)
		inode_lose_name(*inode);
	return err;
}

void tmpfs_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		fs_register(&types[i]);
	if (tmpfs_create(&types[0], "size=0,nr_inodes=0", &unnamed))
		panic("tmpfs: no memory for unnamed files");
}
