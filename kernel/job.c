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

#include "fs/cred.h"
#include "fs/tty.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "x86/spinlock.h"

static void job_self(struct tty_process *process)
{
	const struct task *task = current_task();
	const struct process *self;

	if (!task)
		return;
	self = task->process;
	*process = (struct tty_process){
		.pgid = self->pgid, .sid = self->sid,
		.is_leader = self->sid == self->pid, .has_tty = self->has_tty,
		.is_admin = task->cred && task->cred->euid == 0,
	};
}

static void job_set_tty(bool has_tty)
{
	current_process()->has_tty = has_tty;
}

static void job_leave_tty(int sid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process;

	list_for_each_entry(process, &processes, link)
		if (process->sid == sid)
			process->has_tty = false;
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void job_signal_group(int pgid, int signo)
{
	struct siginfo info = { .signo = signo, .code = SI_KERNEL };

	signal_send_group(pgid, &info);
}

static void job_signal_leader(int sid, int signo)
{
	struct siginfo info = { .signo = signo, .code = SI_KERNEL };
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *leader = process_find(sid);

	if (leader)
		signal_send_locked(leader, &info);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static bool job_is_deaf(int signo)
{
	const struct task *task = current_task();

	return task->signals.blocked & SIGBIT(signo) ||
		task->process->sighand->action[signo - 1].handler == SIG_IGN;
}

static bool job_is_orphaned(int pgid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool is_orphaned = group_is_orphan(pgid, NULL);

	spin_unlock_irqrestore(&tasks_lock, flags);
	return is_orphaned;
}

static int job_session_of(int pgid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process, *found = process_find(pgid);
	int sid;

	list_for_each_entry(process, &processes, link)
		if (process->pgid == pgid)
			found = process;
	sid = found ? found->sid : -1;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return sid;
}

static const struct tty_hooks hooks = {
	.self = job_self, .set_tty = job_set_tty, .leave_tty = job_leave_tty,
	.signal_group = job_signal_group, .signal_leader = job_signal_leader,
	.is_deaf = job_is_deaf, .is_orphaned = job_is_orphaned,
	.session_of = job_session_of,
};

long sys_vhangup(struct trap_frame *frame)
{
	struct tty_process self = { 0 };

	(void)frame;
	job_self(&self);
	if (!self.is_admin)
		return -EPERM;
	if (self.has_tty)
		tty_hang_up();
	return 0;
}

static void session_ends(struct process *leader)
{
	tty_session_ends(leader->sid);
}

void job_init(void)
{
	tty_set_hooks(&hooks);
	task_set_session_end(session_ends);
}
