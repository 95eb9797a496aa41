// SPDX-License-Identifier: MIT
/*
 * fork - two threads where there was one, in two processes or in the same.
 *
 * Everything that may be refused is made first: the task, its thread, its
 * files, its address space, in that order, and last its number; a refusal
 * takes down what was made.  Nobody sees the new task before.
 * Soon after, both sides need frames of their own, and then it is too late for
 * a refusal: who cannot get one is killed.  So fork() leaves some for them.
 * Then the child's stack gets a copy of the parent's trap frame with 0 in eax,
 * and its first steps lead to trap.S's way out to user mode.
 *
 * With CLONE_VFORK the parent sleeps until the child has other memory, or has
 * ended; only a signal that ends it ends that sleep.
 */
#include "kernel/task.h"

#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "mm/zone.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
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
		put_user_u32(task->set_child_tid, task->tid);
}

/* Linux's rules of what goes together. */
static bool flags_are_good(const struct fork_options *options)
{
	uint32_t flags = options->flags;

	if (options->clear_actions && flags & CLONE_SIGHAND)
		return false;
	if (flags & (CLONE_NEW | CLONE_PIDFD | CLONE_NEWNS))
		return false;
	if (flags & CLONE_THREAD && !(flags & CLONE_SIGHAND))
		return false;
	if (flags & CLONE_SIGHAND && !(flags & CLONE_VM))
		return false;
	return !(flags & CLONE_PARENT) || current_process()->parent;
}

static struct files *files_for(struct task *parent, uint32_t flags)
{
	return flags & CLONE_FILES ? files_get(parent->files) :
		files_clone(parent->files);
}

static struct fs_context *fs_for(struct task *parent, uint32_t flags)
{
	return flags & CLONE_FS ? fs_context_get(parent->fs) :
		fs_context_clone(parent->fs);
}

static struct mm *mm_for(struct task *parent, uint32_t flags)
{
	if (!(flags & CLONE_VM))
		return mm_clone(parent->mm);
	mm_get(parent->mm);
	return parent->mm;
}

/* Give @child what it shares or has a copy of. */
static int acquire(struct task *child, struct task *parent, uint32_t flags)
{
	child->cred = cred_get(parent->cred);
	child->thread = thread_alloc(parent->name);
	if (!child->thread)
		return -ENOMEM;
	child->files = files_for(parent, flags);
	if (!child->files)
		return -ENOMEM;
	child->fs = fs_for(parent, flags);
	if (!child->fs)
		return -ENOMEM;
	child->mm = mm_for(parent, flags);
	return child->mm ? 0 : -ENOMEM;
}

static void release(struct task *child)
{
	if (child->mm)
		mm_put(child->mm);
	if (child->fs)
		fs_context_put(child->fs);
	if (child->files)
		files_put(child->files);
	if (child->thread)
		thread_free(child->thread);
	task_free(child);
}

/* Where the child goes on, and with what. */
static int prepare(struct task *child, const struct trap_frame *frame,
		   const struct fork_options *options)
{
	uint32_t flags = options->flags;
	struct trap_frame *copy;

	child->thread->task = child;
	copy = thread_prepare(child->thread, fork_return, frame,
			      sizeof(*frame));
	copy->eax = 0;
	if (options->stack)
		copy->esp = options->stack;
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM) {
		child->signals.altstack_sp = 0;
		child->signals.altstack_size = 0;
		child->signals.altstack_flags = SS_DISABLE;
	}
	if (flags & CLONE_CHILD_SETTID)
		child->set_child_tid = options->child_tid;
	if (flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = options->child_tid;
	if (options->clear_actions)
		signal_default_all(child->process);
	if (!(flags & CLONE_THREAD))
		child->process->exit_signal = flags & CLONE_PARENT ?
			current_process()->exit_signal : options->exit_signal;
	return flags & CLONE_SETTLS ?
		task_set_tls(child, options->tls, false) : 0;
}

static void wait_for_vfork(struct task *parent)
{
	while (READ_ONCE(parent->vfork_child) && !signal_is_fatal(parent)) {
		thread_set_state(THREAD_INTERRUPTIBLE);
		if (READ_ONCE(parent->vfork_child) && !signal_is_fatal(parent))
			schedule();
	}
	thread_set_state(THREAD_RUNNABLE);
}

long fork_task(struct trap_frame *frame, const struct fork_options *options)
{
	struct task *parent = current_task(), *child;
	uint32_t flags = options->flags;
	int err, tid;

	if (!flags_are_good(options))
		return -EINVAL;
	if (zone_is_short(GFP_USER, FRAMES_LEFT) ||
	    zone_is_short(GFP_KERNEL, FRAMES_LEFT))
		return -ENOMEM;
	child = task_create(parent, parent->name, flags);
	if (!child)
		return -ENOMEM;
	err = acquire(child, parent, flags);
	if (!err)
		err = prepare(child, frame, options);
	if (!err)
		err = task_publish(child, flags);
	if (err) {
		release(child);
		return err == -ERESTARTNOINTR ? signal_cut(-err) : err;
	}

	tid = child->tid;		/* once it runs, it may end any time */
	if (flags & CLONE_PARENT_SETTID)
		put_user_u32(options->parent_tid, tid);
	if (flags & CLONE_VFORK) {
		child->vfork_parent = parent;
		parent->vfork_child = child;
	}
	thread_start(child->thread);
	if (flags & CLONE_VFORK)
		wait_for_vfork(parent);
	return tid;
}
