// SPDX-License-Identifier: MIT
/*
 * sys_exec - the calls that start a program.
 */
#include "kernel/syscall.h"

#include "kernel/exec.h"
#include "kernel/lookup.h"
#include "lib/errno.h"
#include "mm/kmalloc.h"

static long exec_at(struct trap_frame *frame, vaddr_t from,
		    struct exec_request *request)
{
	char *path;
	long result = name_get(&path, from);

	if (result)
		return result;
	request->path = path;
	if (!*path && !(request->flags & AT_EMPTY_PATH))
		result = -ENOENT;
	else
		result = exec_task(frame, request);
	kfree(path);
	return result;
}

/* execve(path, argv, envp) */
long sys_execve(struct trap_frame *frame)
{
	struct exec_request request = {
		.dirfd = AT_FDCWD, .argv = frame->ecx, .envp = frame->edx,
	};

	return exec_at(frame, frame->ebx, &request);
}

/* execveat(dirfd, path, argv, envp, flags) */
long sys_execveat(struct trap_frame *frame)
{
	struct exec_request request = {
		.dirfd = frame->ebx, .argv = frame->edx, .envp = frame->esi,
		.flags = frame->edi,
	};

	if (request.flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return exec_at(frame, frame->ecx, &request);
}
