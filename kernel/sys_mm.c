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

long sys_mremap(struct trap_frame *frame)
{
	return mm_mremap(current_task()->mm, frame->ebx, frame->ecx,
			 frame->edx, frame->esi, frame->edi);
}

long sys_madvise(struct trap_frame *frame)
{
	return mm_madvise(current_task()->mm, frame->ebx, frame->ecx,
			  frame->edx);
}

long sys_msync(struct trap_frame *frame)
{
	return mm_msync(current_task()->mm, frame->ebx, frame->ecx,
			frame->edx);
}

/* mincore(addr, len, vec) */
long __small sys_mincore(struct trap_frame *frame)
{
	vaddr_t addr = frame->ebx, vec = frame->edx;
	size_t len = frame->ecx, nr_pages;
	uint8_t in_core[256];
	long nr;

	if (!PAGE_ALIGNED(addr))
		return -EINVAL;
	if (addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -ENOMEM;
	nr_pages = DIV_ROUND_UP(len, PAGE_SIZE);
	if (vec > TASK_SIZE || nr_pages > TASK_SIZE - vec)
		return -EFAULT;
	for (; nr_pages; nr_pages -= nr) {
		nr = mm_mincore(current_task()->mm, addr,
				min(nr_pages, sizeof(in_core)), in_core);
		if (nr < 0)
			return nr;
		if (copy_to_user(vec, in_core, nr))
			return -EFAULT;
		addr += nr * PAGE_SIZE;
		vec += nr;
	}
	return 0;
}

long sys_mlock(struct trap_frame *frame)
{
	return mm_mlock(current_task()->mm, frame->ebx, frame->ecx, 0);
}

long sys_mlock2(struct trap_frame *frame)
{
	return mm_mlock(current_task()->mm, frame->ebx, frame->ecx,
			frame->edx);
}

long sys_munlock(struct trap_frame *frame)
{
	return mm_munlock(current_task()->mm, frame->ebx, frame->ecx);
}

long sys_mlockall(struct trap_frame *frame)
{
	return frame->ebx ? mm_mlockall(current_task()->mm, frame->ebx) :
		-EINVAL;
}

long sys_munlockall(struct trap_frame *frame)
{
	(void)frame;
	return mm_mlockall(current_task()->mm, 0);
}
