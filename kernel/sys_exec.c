// SPDX-License-Identifier: MIT
/*
 * sys_exec - the calls that start a program.
 */
#include "kernel/syscall.h"

#include "fs/path.h"
#include "kernel/exec.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"
#include "x86/uaccess.h"

#define AT_FDCWD		(-100)
#define AT_SYMLINK_NOFOLLOW	0x0100u
#define AT_EMPTY_PATH		0x1000u

static long exec_path(struct trap_frame *frame, vaddr_t from, vaddr_t argv,
		      vaddr_t envp)
{
	char *path = kmalloc(PATH_SIZE, GFP_KERNEL);
	long result;

	if (!path)
		return -ENOMEM;
	result = strncpy_from_user(path, from, PATH_SIZE);
	if (result == PATH_SIZE)
		result = -ENAMETOOLONG;
	else if (!result)
		result = -ENOENT;
	if (result > 0)
		result = exec_task(frame, path, argv, envp);
	kfree(path);
	return result;
}

/* execve(path, argv, envp) */
long sys_execve(struct trap_frame *frame)
{
	return exec_path(frame, frame->ebx, frame->ecx, frame->edx);
}

/* execveat(dirfd, path, argv, envp, flags) */
long sys_execveat(struct trap_frame *frame)
{
	if (frame->edi & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if ((int)frame->ebx != AT_FDCWD)
		return -EBADF;
	return exec_path(frame, frame->ecx, frame->edx, frame->esi);
}
