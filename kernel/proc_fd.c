// SPDX-License-Identifier: MIT
/*
 * proc_fd - /proc/<pid>: what a process has of the tree of names: its program,
 * its place in the tree, its open files.
 *
 * Its links do not lead where their text says, but to the very thing, even if
 * that has no name any more.  So to follow one is to copy a path, in one go
 * under tasks_lock, where nobody can close or leave what is being copied.
 *
 * Locking: tasks_lock, then files->lock or the lock of a context.  follow() is
 * called under names_lock, which printing a path takes.
 */
#include "kernel/proc_pid.h"

#include "fs/context.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/mm.h"
#include "x86/spinlock.h"

/* ------------------------------------------------------------------- places */

/* Where the link of @task is; tasks_lock held.  Return: is there any? */
typedef bool (*locate_fn)(const struct task *task, int sub, struct path *path);

static bool locate_exe(const struct task *task, int sub, struct path *path)
{
	const struct file *file;

	(void)sub;
	if (!task->mm || !task->mm->exe)
		return false;
	file = container_of(task->mm->exe, struct file, vm);
	*path = path_get(file->path);
	return true;
}

static bool locate_cwd(const struct task *task, int sub, struct path *path)
{
	(void)sub;
	if (task->fs)
		*path = fs_context_cwd(task->fs);
	return task->fs;
}

static bool locate_root(const struct task *task, int sub, struct path *path)
{
	(void)sub;
	if (task->fs)
		*path = fs_context_root(task->fs);
	return task->fs;
}

static bool locate_fd(const struct task *task, int sub, struct path *path)
{
	struct fd_info info;

	if (!task->files || !files_info(task->files, sub, &info))
		return false;
	*path = info.path;
	return true;
}

static int locate(int id, int sub, locate_fn find, struct path *path)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);
	int err = 0;

	if (!task)
		err = -ESRCH;
	else if (!proc_may_read_locked(task))
		err = -EACCES;
	else if (!find(task, sub, path))
		err = -ENOENT;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* The text of @path, as the current task sees it; gives up its references. */
static int path_text(struct path path, char *buf, size_t size)
{
	struct path root = fs_context_root(current_task()->fs);
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	const char *at = text ? path_format(path, root, text, PAGE_SIZE) : NULL;
	int length = text ? -ENAMETOOLONG : -ENOMEM;

	if (at) {
		length = min(strlen(at), size);
		memcpy(buf, at, length);
	}
	kfree(text);
	path_put(root);
	path_put(path);
	return length;
}

#define LINK(name)							\
static int follow_##name(int id, int sub, struct path *path)		\
{									\
	return locate(id, sub, locate_##name, path);			\
}									\
static int readlink_##name(int id, int sub, char *buf, size_t size)	\
{									\
	struct path path;						\
	int err = locate(id, sub, locate_##name, &path);		\
									\
	return err ? err : path_text(path, buf, size);			\
}
LINK(exe) LINK(cwd) LINK(root) LINK(fd)

/* ------------------------------------------------------------- descriptors */

static int next_fd(int id, int from)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);
	int fd = task && task->files ? files_next(task->files, from) : -1;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return fd;
}

/* What it is open for: its owner may do the same by the link. */
static uint32_t fd_permissions(int id, int sub)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);
	struct fd_info info = { .flags = 0 };
	bool is_open = task && task->files &&
		       files_info(task->files, sub, &info);

	spin_unlock_irqrestore(&tasks_lock, flags);
	if (is_open)
		path_put(info.path);
	if (!is_open || info.flags & O_PATH)
		return 0;
	return ((info.flags + 1) & 1 ? 0500 : 0) |
		((info.flags + 1) & 2 ? 0300 : 0);
}

static void show_fdinfo(struct seq *out)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(out->id);
	struct fd_info info;
	bool is_open = task && task->files &&
		       files_info(task->files, out->sub, &info);

	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!is_open) {
		out->err = task ? -ENOENT : -ESRCH;
		return;
	}
	seq_printf(out, "pos:\t%llu\nflags:\t0%o\nmnt_id:\t%d\nino:\t%u\n",
		   (unsigned long long)info.pos, info.flags,
		   info.path.mount->id, info.path.dentry->inode->ino);
	path_put(info.path);
}

/* ------------------------------------------------------------------- mounts */

static void with_root(struct seq *out,
		      void (*list)(struct seq *out, struct path root))
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(out->id);
	struct path root;
	bool has_root = task && locate_root(task, 0, &root);

	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!has_root) {
		out->err = task ? -EINVAL : -ESRCH;
		return;
	}
	list(out, root);
	path_put(root);
}

static void show_mounts(struct seq *out)
{
	with_root(out, mounts_list);
}

static void show_mountinfo(struct seq *out)
{
	with_root(out, mountinfo_list);
}

/* ---------------------------------------------------------------- the names */

#define PROC_LINK(path_, name)						\
	{ .path = (path_), .mode = S_IFLNK | 0777,			\
	  .follow = follow_##name, .readlink = readlink_##name }

static struct proc_node nodes[] = {
	PROC_LINK("/proc/<pid>/exe", exe),
	PROC_LINK("/proc/<pid>/cwd", cwd),
	PROC_LINK("/proc/<pid>/root", root),
	{ .path = "/proc/<pid>/fd", .mode = S_IFDIR | 0500 },
	{ .path = "/proc/<pid>/fd/<fd>", .mode = S_IFLNK,
	  .permissions = fd_permissions,
	  .follow = follow_fd, .readlink = readlink_fd, .next = next_fd },
	{ .path = "/proc/<pid>/fdinfo", .mode = S_IFDIR | 0555 },
	{ .path = "/proc/<pid>/fdinfo/<fd>", .mode = S_IFREG | 0444,
	  .generate = show_fdinfo, .may = proc_may_read, .next = next_fd },
	PROC_FILE("/proc/<pid>/mounts", 0444, show_mounts),
	PROC_FILE("/proc/<pid>/mountinfo", 0444, show_mountinfo),
};

void proc_fd_init(void)
{
	proc_register(nodes, ARRAY_SIZE(nodes));
}
