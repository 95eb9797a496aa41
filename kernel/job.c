// SPDX-License-Identifier: MIT
/*
 * job - job control: what the terminal asks about processes, and does to them.
 *
 * A session has groups, a group has processes; both are known by the pid of
 * their first one.  Whether the terminal is a process's controlling one, the
 * process remembers itself: it is inherited, and lost by setsid() or with the
 * session's leader.
 *
 * Locking: tasks_lock.
 */
#include "kernel/job.h"

#include "fs/tty.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "x86/spinlock.h"

/* ------------------------------------------------------ of struct task */

static bool is_leader(const struct task *task)
{
	return task->sid == task->pid;
}

static void send_locked(struct task *task, int signo)
{
	struct siginfo info = { .signo = signo, .code = SI_KERNEL };

	signal_send_locked(task, &info);
}

/* Does @task keep its group from being orphaned? */
static bool is_anchor(const struct task *task)
{
	const struct task *parent = task->parent;

	return task->state != TASK_ZOMBIE && parent && parent->pid != 1 &&
		parent->state != TASK_ZOMBIE && parent->pgid != task->pgid &&
		parent->sid == task->sid;
}

bool job_is_orphaned(int pgid, const struct task *leaving)
{
	struct task *task;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(task, &tasks, link)
		if (task->pgid == pgid && task != leaving && is_anchor(task))
			return false;
	return true;
}

static bool is_stopped(int pgid)
{
	struct task *task;

	list_for_each_entry(task, &tasks, link)
		if (task->pgid == pgid && task->state == TASK_STOPPED)
			return true;
	return false;
}

static void signal_group_locked(int pgid, int signo)
{
	struct task *task;

	list_for_each_entry(task, &tasks, link)
		if (task->pgid == pgid)
			send_locked(task, signo);
}

/* ---------------------------------------------------- the terminal's hooks */

static void job_self(struct tty_process *process)
{
	const struct task *task = current_task();

	if (!task)
		return;
	*process = (struct tty_process){
		.pgid = task->pgid, .sid = task->sid,
		.is_leader = is_leader(task), .has_tty = task->has_tty,
		.is_admin = true,	/* Atlas has one user, root */
	};
}

static void job_set_tty(bool has_tty)
{
	current_task()->has_tty = has_tty;
}

static void job_leave_tty(int sid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task;

	list_for_each_entry(task, &tasks, link)
		if (task->sid == sid)
			task->has_tty = false;
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void job_signal_group(int pgid, int signo)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	signal_group_locked(pgid, signo);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void job_signal_leader(int sid, int signo)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *leader = task_find(sid);

	if (leader)
		send_locked(leader, signo);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static bool job_is_deaf(int signo)
{
	const struct signals *signals = &current_task()->signals;

	return signals->blocked & SIGBIT(signo) ||
		signals->action[signo - 1].handler == SIG_IGN;
}

static bool job_is_group_orphaned(int pgid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool orphaned = job_is_orphaned(pgid, NULL);

	spin_unlock_irqrestore(&tasks_lock, flags);
	return orphaned;
}

static int job_session_of(int pgid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task, *found = task_find(pgid);
	int sid;

	list_for_each_entry(task, &tasks, link)
		if (task->pgid == pgid)
			found = task;
	sid = found ? found->sid : -1;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return sid;
}

static const struct tty_hooks hooks = {
	.self = job_self, .set_tty = job_set_tty, .leave_tty = job_leave_tty,
	.signal_group = job_signal_group, .signal_leader = job_signal_leader,
	.is_deaf = job_is_deaf, .is_orphaned = job_is_group_orphaned,
	.session_of = job_session_of,
};

void job_init(void)
{
	tty_set_hooks(&hooks);
}

/* -------------------------------------------------------------------- exit */

void job_leave(void)
{
	const struct task *task = current_task();

	if (is_leader(task))
		tty_session_ends(task->sid);
}

/* @task's group has lost @leaving, or an anchor in its parent. */
static void orphan(const struct task *task, const struct task *leaving)
{
	if (job_is_orphaned(task->pgid, leaving) && is_stopped(task->pgid)) {
		signal_group_locked(task->pgid, SIGHUP);
		signal_group_locked(task->pgid, SIGCONT);
	}
}

void job_orphan(struct task *task)
{
	struct task *child, *parent = task->parent;

	if (parent && parent->pgid != task->pgid && parent->sid == task->sid)
		orphan(task, task);
	list_for_each_entry(child, &task->children, sibling)
		if (child->pgid != task->pgid && child->sid == task->sid)
			orphan(child, NULL);
}
