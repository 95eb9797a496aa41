// SPDX-License-Identifier: MIT
/*
 * exit - how a process ends, and how its parent hears of it.
 *
 * The ending task gives back its memory and files, hands its children to
 * process 1, and becomes a zombie: a status that waits to be asked for.  If
 * the parent ignores SIGCHLD nobody will ask, and it goes at once.
 *
 * When process 1 ends the machine has nothing left to do and is switched off.
 */
#include "boot/boot_info.h"
#include "drivers/power.h"
#include "fs/file.h"
#include "kernel/job.h"
#include "kernel/task.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002
#define WCONTINUED	0x00000008
#define __WNOTHREAD	0x20000000
#define __WALL		0x40000000
#define __WCLONE	0x80000000

#define CLD_EXITED	1
#define CLD_KILLED	2

static noreturn void end_of_init(int status)
{
	if (status & 0x7f)
		kprint("init was killed by signal %d\n", status & 0x7f);
	else
		kprint("init exited with status %d\n", status >> 8 & 0xff);
	if (cmdline_has(boot_info.cmdline, "halt")) {
		kprint("halted\n");
		cpu_stop();
	}
	power_off(status ? POWER_OFF_FAILURE : POWER_OFF_SUCCESS);
}

static void release_mm(struct task *task)
{
	struct mm *mm = task->mm;

	if (task->clear_child_tid)
		put_user_u32(task->clear_child_tid, 0);
	preempt_disable();
	task->mm = NULL;
	mm_switch(NULL);
	preempt_enable();
	mm_put(mm);
}

static void adopt_children(struct task *task, struct task *init)
{
	struct task *child;

	list_for_each_entry(child, &task->children, sibling)
		child->parent = init;
	list_splice(&task->children, &init->children);
	wake_all(&init->child_event);
}

/* Tell the parent; true: it does not want to know, reap right away. */
static bool notify_parent(struct task *task)
{
	struct task *parent = task->parent;
	struct sigaction *action = &parent->signals.action[SIGCHLD - 1];
	int status = task->exit_status;
	struct siginfo info = {
		.signo = SIGCHLD,
		.code = status & 0x7f ? CLD_KILLED : CLD_EXITED,
		.pid = task->pid,
		.status = status & 0x7f ? status & 0x7f : status >> 8 & 0xff,
	};

	if (action->handler != SIG_IGN)		/* not even if it is blocked */
		signal_send_locked(parent, &info);
	wake_all(&parent->child_event);
	return action->handler == SIG_IGN || action->flags & SA_NOCLDWAIT;
}

noreturn void task_exit(int status)
{
	struct task *task = current_task();
	bool reap;

	irq_enable();
	if (task->pid == 1)
		end_of_init(status);
	release_mm(task);
	files_put(task->files);
	job_leave();

	irq_disable();
	spin_lock(&tasks_lock);
	task->exit_status = status;
	task->state = TASK_ZOMBIE;
	job_orphan(task);
	adopt_children(task, task_find(1));
	reap = notify_parent(task);
	if (reap) {			/* no wait4() shall find it */
		list_remove(&task->sibling);
		list_init(&task->sibling);
	}
	task->thread->task = NULL;	/* the parent may free it from here */
	spin_unlock(&tasks_lock);
	irq_enable();
	if (reap)
		task_free(task);
	thread_exit();
}

static bool wait_matches(const struct task *child, int pid,
			 const struct task *parent)
{
	if (pid > 0)
		return child->pid == pid;
	if (pid == 0)
		return child->pgid == parent->pgid;
	return pid == -1 || child->pgid == -pid;
}

/* Has @child something to tell? */
static bool wait_is_ready(const struct task *child, int options)
{
	if (child->state == TASK_ZOMBIE)
		return true;
	if (child->state == TASK_STOPPED)
		return options & WUNTRACED && !child->stop_reported;
	return options & WCONTINUED && child->continued;
}

/* The first child with news; NULL and *any = false: no such child at all. */
static struct task *wait_find(struct task *parent, int pid, int options,
			      bool *any)
{
	struct task *child;

	*any = false;
	list_for_each_entry(child, &parent->children, sibling) {
		if (!wait_matches(child, pid, parent))
			continue;
		*any = true;
		if (wait_is_ready(child, options))
			return child;
	}
	return NULL;
}

struct wait_result {
	int pid, status;
	uint64_t ticks;
	struct task *zombie;		/* to be freed, or NULL */
};

/* Look once.  Return: false: nothing yet, but there are children. */
static bool wait_try(struct task *parent, int pid, int options,
		     struct wait_result *result)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool any;
	struct task *child = wait_find(parent, pid, options, &any);

	*result = (struct wait_result){ .pid = any ? 0 : -ECHILD };
	if (child) {
		result->pid = child->pid;
		result->status = child->state == TASK_ALIVE ? 0xffff :
			child->exit_status;
		if (child->state == TASK_ZOMBIE) {
			result->zombie = child;
			result->ticks = child->cpu_ticks +
				child->children_ticks;
			parent->children_ticks += result->ticks;
			/* No other wait finds it again. */
			list_remove(&child->sibling);
			list_init(&child->sibling);
		} else if (child->state == TASK_STOPPED) {
			child->stop_reported = true;
		} else {
			child->continued = false;
		}
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return result->pid != 0;
}

long wait_task(int pid, int options, struct wait_report *report)
{
	struct task *parent = current_task();
	struct wait_result result;
	int err;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | (int)__WCLONE |
			__WALL | __WNOTHREAD))
		return -EINVAL;
	if (pid == (int)0x80000000)
		return -ESRCH;
	if (options & WNOHANG) {
		wait_try(parent, pid, options, &result);
	} else {
		err = wait_event_interruptible(&parent->child_event,
			wait_try(parent, pid, options, &result));
		if (err)
			return signal_cut(ERESTARTSYS);
	}
	report->status = result.status;
	report->ticks = result.ticks;
	if (result.zombie)
		task_free(result.zombie);
	return result.pid;
}
