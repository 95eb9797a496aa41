// SPDX-License-Identifier: MIT
/*
 * lookup - from the arguments of a call to a place.
 */
#include "kernel/lookup.h"

#include "fs/context.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

int name_get(char **name, vaddr_t from)
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

int fd_path(int fd, struct path *path)
{
	return files_path(current_task()->files, fd, path);
}

int open_path(int fd, struct path *path)
{
	struct file *file = files_find(current_task()->files, fd);

	if (!file)
		return -EBADF;
	*path = path_get(file->path);
	file_put(file);
	return 0;
}

void view_get(int dirfd, const char *name, struct viewpoint *view)
{
	struct task *task = current_task();

	view->err = 0;
	if (name[0] == '/')
		view->start = fs_context_root(task->fs);
	else if (dirfd == AT_FDCWD)
		view->start = fs_context_cwd(task->fs);
	else
		view->err = fd_path(dirfd, &view->start);
	if (view->err)
		view->start = fs_context_root(task->fs);
	view->root = fs_context_root(task->fs);
	view->cred = task->cred;	/* nobody else changes or drops it */
}

void view_put(struct viewpoint *view)
{
	path_put(view->root);
	path_put(view->start);
}

int user_name_get(int dirfd, vaddr_t from, struct user_name *name)
{
	int err = name_get(&name->name, from);

	if (!err)
		view_get(dirfd, name->name, &name->view);
	return err;
}

void user_name_put(struct user_name *name)
{
	view_put(&name->view);
	kfree(name->name);
}

int user_path(int dirfd, vaddr_t from, uint32_t flags, struct path *path)
{
	return user_path_as(current_task()->cred, dirfd, from, flags, path);
}

int user_path_as(const struct cred *cred, int dirfd, vaddr_t from,
		 uint32_t flags, struct path *path)
{
	struct user_name name;
	int err = user_name_get(dirfd, from, &name);

	if (err)
		return err;
	name.view.cred = cred;
	/* An empty path with no flag names nothing, whatever dirfd is. */
	err = path_lookup(&name.view, name.name,
			  (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) |
			  (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), path);
	user_name_put(&name);
	return err;
}
