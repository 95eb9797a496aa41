// SPDX-License-Identifier: MIT
/*
 * fork - two processes where there was one.
 *
 * Everything that may be refused is made first: the task, its thread, its
 * files, its address space, in that order; a refusal takes down what was made.
 * Soon after, both sides need frames of their own, and then it is too late for
 * a refusal: who cannot get one is killed.  So fork() leaves some for them.
 * Then the child's stack gets a copy of the parent's trap frame with 0 in eax,
 * and its first steps lead to trap.S's way out to user mode.
 */
#include "kernel/task.h"

#include "fs/context.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "mm/zone.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

#define FRAMES_LEFT	64		/* for the first writes of both */

void fork_return(void);
void fork_child_start(void);

/* The child's first steps, with its trap frame at the stack pointer. */
asm("	.pushsection .text\n"
    "	.globl fork_return\n"
    "fork_return:\n"
    "	call	fork_child_start\n"
    "	jmp	trap_return\n"
    "	.popsection");

void fork_child_start(void)
{
	struct task *task = current_task();

	irq_enable();
	/* As Linux: a bad address is the program's own affair. */
	if (task->set_child_tid)
		put_user_u32(task->set_child_tid, task->pid);
}

long fork_task(struct trap_frame *frame, const struct fork_options *options)
{
	struct task *parent = current_task(), *child;
	struct trap_frame *child_frame;
	struct thread *thread;
	int pid;

	if (zone_is_short(GFP_USER, FRAMES_LEFT) ||
	    zone_is_short(GFP_KERNEL, FRAMES_LEFT))
		return -ENOMEM;
	child = task_create(parent, parent->name);
	if (!child)
		return -EAGAIN;
	child->thread = thread_alloc(parent->name);
	if (!child->thread)
		goto free_task;
	child->files = files_clone(parent->files);
	if (!child->files)
		goto free_thread;
	child->fs = fs_context_clone(parent->fs);
	if (!child->fs)
		goto put_files;
	child->mm = mm_clone(parent->mm);
	if (!child->mm)
		goto put_fs;

	child->cred = cred_get(parent->cred);
	child->set_child_tid = options->set_child_tid;
	child->clear_child_tid = options->clear_child_tid;
	child->thread->task = child;
	child_frame = thread_prepare(child->thread, fork_return, frame,
				     sizeof(*frame));
	child_frame->eax = 0;
	if (options->stack)
		child_frame->esp = options->stack;
	pid = child->pid;		/* once it runs, it may end any time */
	thread_start(child->thread);
	return pid;

put_fs:
	fs_context_put(child->fs);
put_files:
	files_put(child->files);
free_thread:
	thread = child->thread;
	child->thread = NULL;		/* others see the task until it goes */
	thread_free(thread);
free_task:
	task_free(child);
	return -ENOMEM;
}
