// SPDX-License-Identifier: MIT
/*
 * sys_mm - the memory calls: they take arguments apart and call mm/mmap.c.
 */
#include "kernel/syscall.h"

#include "fs/file.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "x86/uaccess.h"

/* The old mmap() has its arguments in memory. */
struct mmap_args {
	uint32_t addr, len, prot, flags, fd, offset;
};

static long map(const struct mmap_args *args, uint32_t pgoff)
{
	struct task *task = current_task();
	struct file *file;
	long result;

	if (args->flags & MAP_ANONYMOUS)
		return mm_mmap(task->mm, args->addr, args->len, args->prot,
			       args->flags, NULL, pgoff);
	file = files_find(task->files, args->fd);
	if (!file)
		return -EBADF;
	result = file_mmap(file, task->mm, args->addr, args->len, args->prot,
			   args->flags, pgoff);
	file_put(file);
	return result;
}

long sys_mmap2(struct trap_frame *frame)
{
	struct mmap_args args = {
		frame->ebx, frame->ecx, frame->edx, frame->esi, frame->edi, 0,
	};

	return map(&args, frame->ebp);
}

long sys_mmap(struct trap_frame *frame)
{
	struct mmap_args args;

	if (copy_from_user(&args, frame->ebx, sizeof(args)))
		return -EFAULT;
	if (args.offset % PAGE_SIZE)
		return -EINVAL;
	return map(&args, args.offset / PAGE_SIZE);
}

long sys_munmap(struct trap_frame *frame)
{
	return mm_munmap(current_task()->mm, frame->ebx, frame->ecx);
}

long sys_mprotect(struct trap_frame *frame)
{
	return mm_mprotect(current_task()->mm, frame->ebx, frame->ecx,
			   frame->edx);
}

long sys_brk(struct trap_frame *frame)
{
	return mm_brk(current_task()->mm, frame->ebx);
}
