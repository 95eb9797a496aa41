// SPDX-License-Identifier: MIT
/*
 * anon_file - a file system of inodes without type or name, one for each open
 * file; see anon_file.h.  It is made when the first is asked for.
 */
#include "kernel/anon_file.h"

#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/task.h"
#include "lib/errno.h"

static struct fs_type anon_fs = { .name = "anon_inodefs", .magic = 0x09041934 };
static struct super *anon_super;

static const struct inode_ops anon_inode_ops = { .release = inode_free };

static struct inode *make_inode(const struct file_ops *ops)
{
	struct inode *inode = inode_alloc();

	if (!anon_super)
		anon_super = super_alloc(&anon_fs);
	if (!anon_super || !inode) {
		if (inode)
			inode_free(inode);
		return NULL;
	}
	inode_init(inode, anon_super, 0600);
	inode->ops = &anon_inode_ops;
	inode->file_ops = ops;
	inode->ino = super_new_ino(anon_super);
	return inode;
}

long anon_file_open(const char *name, const struct file_ops *ops, void *private,
		    uint32_t flags)
{
	struct files *files = current_task()->files;
	int fd = files_reserve(files, 0), err = -ENOMEM;
	struct inode *inode;
	struct file *file;

	if (fd < 0)
		return fd;
	inode = make_inode(ops);
	if (inode)
		err = file_open_unnamed(inode, name, O_RDWR |
					(flags & O_NONBLOCK), &file);
	if (err) {
		files_cancel(files, fd);
		return err;
	}
	file->private = private;
	file_inode(file)->file_ops = NULL;	/* not by /proc/<pid>/fd */
	files_install(files, fd, file, flags & O_CLOEXEC);
	return fd;
}

struct file *anon_file_find(int fd, const struct file_ops *ops, long *err)
{
	struct file *file = files_find(current_task()->files, fd);

	if (file && file->ops == ops)
		return file;
	*err = file ? -EINVAL : -EBADF;
	if (file)
		file_put(file);
	return NULL;
}
