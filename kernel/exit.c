// SPDX-License-Identifier: MIT
/*
 * exit - how threads and processes end, and who hears of it.
 *
 * The ending thread gives back what it has its part in: memory, files.  With
 * the last one the process ends: it hands its children to process 1 (or the
 * nearest reaper), and becomes a zombie: a status that waits to be asked for
 * (wait.c).  If the parent ignores SIGCHLD nobody will ask, and it goes at
 * once.  The leader's struct task goes with the process, all others at once.
 *
 * When process 1 ends the machine has nothing left to do and is switched off.
 */
#include "boot/boot_info.h"
#include "drivers/power.h"
#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "kernel/futex.h"
#include "kernel/task.h"
#include "lib/cmdline.h"
#include "lib/printk.h"
#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define CLD_EXITED	1
#define CLD_KILLED	2

static void (*session_end_hook)(struct process *leader);

void task_set_session_end(void (*hook)(struct process *leader))
{
	session_end_hook = hook;
}

static noreturn void end_of_init(int status)
{
	if (status & 0x7f)
		kprint("init was killed by signal %d\n", status & 0x7f);
	else
		kprint("init exited with status %d\n", status >> 8 & 0xff);
	if (cmdline_has(boot_info.cmdline, "check")) {
		mm_settle();
		mm_check();
		kprint("check: %zu pages are free, all is as it should be\n",
		       buddy_nr_free());
	}
	if (cmdline_has(boot_info.cmdline, "halt")) {
		kprint("halted\n");
		cpu_stop();
	}
	power_off(status ? POWER_OFF_FAILURE : POWER_OFF_SUCCESS);
}

/* ------------------------------------------------------------ the thread */

void task_end_vfork(struct task *task)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *parent = task->vfork_parent;

	if (parent) {
		task->vfork_parent = NULL;
		parent->vfork_child = NULL;
		thread_wake(parent->thread);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* Tell the other threads by what they watch in their memory. */
void task_release_user(struct task *task)
{
	futex_release_robust(task);
	if (task->clear_child_tid && task->mm->users > 1) {
		put_user_u32(task->clear_child_tid, 0);
		futex_wake_word(task->clear_child_tid);
	}
	task->clear_child_tid = 0;
}

static void release_mm(struct task *task)
{
	struct process *process = task->process;
	struct mm *mm = task->mm;
	uint32_t flags;

	task_release_user(task);
	flags = spin_lock_irqsave(&tasks_lock);
	if (process->nr_live == 0) {
		process->usage.min_flt += mm->min_flt;
		process->usage.max_rss = max(process->usage.max_rss,
					     mm_rss(mm));
	}
	task->mm = NULL;
	mm_switch(NULL);
	spin_unlock_irqrestore(&tasks_lock, flags);
	task_end_vfork(task);
	mm_put(mm);
}

/* Others look at them under tasks_lock. */
static void release_files(struct task *task)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct files *files = task->files;
	struct fs_context *fs = task->fs;

	task->files = NULL;
	task->fs = NULL;
	spin_unlock_irqrestore(&tasks_lock, flags);
	files_put(files);
	fs_context_put(fs);
}

/* ----------------------------------------------------------- the process */

/* Who takes care of the children of @process. */
static struct process *find_reaper(const struct process *process)
{
	struct process *reaper = process->parent;

	while (reaper && !reaper->is_reaper && reaper->parent)
		reaper = reaper->parent;
	return reaper;
}

bool group_is_orphan(int pgid, const struct process *but)
{
	struct process *process;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(process, &processes, link) {
		const struct process *parent = process->parent;

		if (process->pgid != pgid || process == but || !parent ||
		    process->state == PROCESS_ZOMBIE || parent->pid == 1)
			continue;
		if (parent->pgid != pgid && parent->sid == process->sid)
			return false;
	}
	return true;
}

static bool group_has_stopped(int pgid)
{
	const struct process *process;

	list_for_each_entry(process, &processes, link)
		if (process->pgid == pgid &&
		    process->state == PROCESS_STOPPED)
			return true;
	return false;
}

/*
 * @child's parent goes.  If that was the last who could have continued the
 * child's group (as @parent: in another group of the session), and there is
 * something to be continued, it must not wait for ever.
 */
static void free_orphaned_group(struct process *child, struct process *parent,
				const struct process *but)
{
	struct siginfo hup = { .signo = SIGHUP, .code = SI_KERNEL };
	struct siginfo cont = { .signo = SIGCONT, .code = SI_KERNEL };
	struct process *process;

	if (!parent || parent->pgid == child->pgid ||
	    parent->sid != child->sid || !group_is_orphan(child->pgid, but) ||
	    !group_has_stopped(child->pgid))
		return;
	list_for_each_entry(process, &processes, link)
		if (process->pgid == child->pgid) {
			signal_send_locked(process, &hup);
			signal_send_locked(process, &cont);
		}
}

/* Tell the parent; true: it does not want to know, reap right away. */
static bool notify_parent(struct process *process)
{
	struct process *parent = process->parent;
	struct sigaction *action = &parent->sighand->action[SIGCHLD - 1];
	int status = process->exit_status;
	struct siginfo info = {
		.signo = process->exit_signal,
		.code = status & 0x7f ? CLD_KILLED : CLD_EXITED,
		.pid = process->pid,
		.uid = process->leader->cred->uid,
		.status = status & 0x7f ? status & 0x7f : status >> 8 & 0xff,
	};
	bool is_child = process->exit_signal == SIGCHLD;
	bool is_ignored = is_child && action->handler == SIG_IGN;

	signal_tell_usage(&info, process);
	/* clone() takes any byte for a signal; not even if it is blocked */
	if (info.signo && info.signo <= NSIG && !is_ignored)
		signal_send_locked(parent, &info);
	wake_all(&parent->child_event);
	return is_ignored || (is_child && action->flags & SA_NOCLDWAIT);
}

static void bury(struct list *dead, struct process *process)
{
	list_remove(&process->sibling);	/* no wait4() shall find it */
	list_add_tail(dead, &process->sibling);
}

static void send_death_signal(struct process *child,
			      const struct process *parent)
{
	struct siginfo info = {
		.signo = child->death_signal, .pid = parent->pid,
	};

	if (info.signo)
		signal_send_locked(child, &info);
}

/* To a child, its parent is the thread that made it; @task is no more. */
static void leave_children(const struct task *task)
{
	struct process *process = task->process, *child;

	list_for_each_entry(child, &process->children, sibling) {
		if (child->parent_tid != task->tid)
			continue;
		child->parent_tid = process_any_thread(process)->tid;
		send_death_signal(child, process);
	}
}

/* Those that have ended are announced once more, to the new parent. */
static void adopt_children(struct process *process, struct list *dead)
{
	struct process *reaper = find_reaper(process), *child, *spare;

	list_for_each_entry_safe(child, spare, &process->children, sibling) {
		child->parent = reaper;
		list_remove(&child->sibling);
		list_add_tail(&reaper->children, &child->sibling);
		child->exit_signal = SIGCHLD;
		child->parent_tid = reaper->leader->tid;
		send_death_signal(child, process);
		if (child->state == PROCESS_ZOMBIE) {
			if (notify_parent(child))
				bury(dead, child);
		} else {
			free_orphaned_group(child, process, process);
		}
	}
}

static void free_dead(struct list *dead)
{
	while (!list_is_empty(dead))
		task_free(list_first_entry(dead, struct process,
					   sibling)->leader);
}

/* The last thread is gone. */
static void process_end(struct process *process, struct list *dead)
{
	adopt_children(process, dead);
	free_orphaned_group(process, process->parent, process);
	process->state = PROCESS_ZOMBIE;
	signal_flush(&process->pending, ~0ull);
	if (notify_parent(process))
		bury(dead, process);
}

/* Count the thread off.  Return: is it the last? */
static bool begin_exit(struct task *task, int status)
{
	struct process *process = task->process;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool is_last;

	task->is_ending = true;
	is_last = --process->nr_live == 0;
	if (is_last) {
		itimers_end(process);
		posix_timers_end(process);
	}
	if (is_last && !process->is_exiting)
		process->exit_status = status;
	if (task->vfork_child) {
		task->vfork_child->vfork_parent = NULL;
		task->vfork_child = NULL;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return is_last;
}

/* Nothing is left of the thread but its stack, on which we are. */
static void leave(struct task *task, struct list *dead)
{
	struct process *process = task->process;
	struct usage usage;
	bool is_leader;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	usage = task_usage(task);
	usage_add(&process->usage, &usage);
	list_remove(&task->link);
	list_init(&task->link);
	list_remove(&task->group);
	list_init(&task->group);
	signal_flush(&task->signals.pending, ~0ull);
	task->thread->task = NULL;	/* others may free it from here */
	task->thread = NULL;
	is_leader = process->leader == task;
	if (--process->nr_threads == 0) {
		process_end(process, dead);
	} else {
		leave_children(task);
		signal_thread_gone(process);
		signal_check_stop(process);
		if (process->execer)
			thread_wake(process->execer->thread);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!is_leader)
		task_free(task);
}

noreturn void task_exit(int status)
{
	struct task *task = current_task();
	struct process *process = task->process;
	struct list dead = LIST_INIT(dead);

	irq_enable();
	if (begin_exit(task, status)) {
		if (process->pid == 1)
			end_of_init(process->exit_status);
		if (process->sid == process->pid && session_end_hook)
			session_end_hook(process);
	}
	release_mm(task);
	release_files(task);
	leave(task, &dead);
	free_dead(&dead);
	thread_exit();
}

noreturn void process_exit(int status)
{
	struct task *task = current_task();
	struct process *process = task->process;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	if (!process->execer)
		process_kill_locked(process, status, task);
	spin_unlock_irqrestore(&tasks_lock, flags);
	task_exit(process->exit_status);
}
