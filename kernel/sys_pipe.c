// SPDX-License-Identifier: MIT
/*
 * sys_pipe - the calls that make a pipe, and give it two descriptors.
 */
#include "kernel/syscall.h"

#include "fs/cred.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pipe.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "x86/uaccess.h"

/* Two numbers, which mean nothing yet. */
static int reserve_two(struct files *files, int fds[2])
{
	fds[0] = files_reserve(files, 0);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = files_reserve(files, 0);
	if (fds[1] < 0) {
		files_cancel(files, fds[0]);
		return fds[1];
	}
	return 0;
}

/* Numbers for two open files, written to user memory; all or nothing. */
static int reserve_and_tell(struct files *files, int fds[2], vaddr_t to)
{
	int err = reserve_two(files, fds);

	if (err)
		return err;
	if (copy_to_user(to, fds, 2 * sizeof(*fds))) {
		files_cancel(files, fds[0]);
		files_cancel(files, fds[1]);
		return -EFAULT;
	}
	return 0;
}

#define O_NOTIFICATION_PIPE	O_EXCL

static long make_pipe(vaddr_t to, uint32_t flags)
{
	struct files *files = current_task()->files;
	struct file *ends[2];
	int fds[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE))
		return -EINVAL;
	if (flags & O_NOTIFICATION_PIPE)
		return -ENOPKG;		/* as where Linux is built without */
	err = pipe_create(ends, flags & ~O_CLOEXEC);
	if (err)
		return err;
	file_inode(ends[0])->uid = current_task()->cred->fsuid;
	file_inode(ends[0])->gid = current_task()->cred->fsgid;
	err = reserve_and_tell(files, fds, to);
	for (int i = 0; i < 2; i++)
		if (err)
			file_put(ends[i]);
		else
			files_install(files, fds[i], ends[i],
				      flags & O_CLOEXEC);
	return err;
}

long sys_pipe(struct trap_frame *frame)
{
	return make_pipe(frame->ebx, 0);
}

long sys_pipe2(struct trap_frame *frame)
{
	return make_pipe(frame->ebx, frame->ecx);
}
