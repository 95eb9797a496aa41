// SPDX-License-Identifier: MIT
/*
 * sys_signal - the calls about signals.  Several exist twice: the classic ones
 * know 32 signals, the rt_ ones 64.
 */
#include "kernel/syscall.h"

#include "fs/cred.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define SIGSET_SIZE	8

/* ------------------------------------------------------------------- kill */

/* As Linux: whose real or effective id is the target's real or saved one. */
static bool may_signal(const struct process *target, int signo)
{
	const struct cred *from = current_task()->cred;
	const struct cred *to = target->leader->cred;

	return target == current_process() || !from->euid ||
	       from->euid == to->suid || from->euid == to->uid ||
	       from->uid == to->suid || from->uid == to->uid ||
	       (signo == SIGCONT && target->sid == current_process()->sid);
}

/* Signal 0 asks, and sends nothing.  @task: for it alone; or NULL. */
static int send_one(struct process *process, struct task *task,
		    const struct siginfo *info)
{
	if ((uint32_t)info->signo > NSIG)
		return -EINVAL;
	if (!may_signal(process, info->signo))
		return -EPERM;
	if (!info->signo)
		return 0;
	return task ? signal_send_task_locked(task, info) :
		signal_send_locked(process, info);
}

/* To all but process 1 and oneself, or to group @pgid. */
static int send_many(int pgid, const struct siginfo *info)
{
	struct process *self = current_process(), *process;
	int result = -ESRCH;

	list_for_each_entry(process, &processes, link) {
		int err;

		if (pgid ? process->pgid != pgid :
		    process->pid == 1 || process == self)
			continue;
		err = send_one(process, NULL, info);
		/* One that was told is enough; it is no error if none may. */
		if (!err || (result && (pgid || err != -EPERM)))
			result = err;
		else if (!pgid && result == -ESRCH)
			result = 0;
	}
	return result;
}

static struct siginfo info_from_here(uint32_t signo, int code)
{
	return (struct siginfo){
		.signo = signo, .code = code, .pid = current_process()->pid,
		.uid = current_task()->cred->uid,
	};
}

/* kill(pid, signo) */
long sys_kill(struct trap_frame *frame)
{
	struct siginfo info = info_from_here(frame->ecx, SI_USER);
	int pid = frame->ebx;
	struct process *target;
	uint32_t flags;
	long err;

	if (pid == INT32_MIN)
		return -ESRCH;
	flags = spin_lock_irqsave(&tasks_lock);
	if (pid > 0) {
		target = process_find_any(pid);
		err = target ? send_one(target, NULL, &info) : -ESRCH;
	} else if (pid == -1) {
		err = send_many(0, &info);
	} else {
		err = send_many(pid ? -pid : current_process()->pgid, &info);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* @tgid 0: of whichever process. */
static long send_to_thread(int tgid, int tid, const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = process_find(tid);
	struct task *task = task_find(tid);
	long err = -ESRCH;

	if (task)
		process = task->process;
	/* A leader that has ended is still somebody. */
	if (process && (!tgid || process->pid == tgid))
		err = send_one(process, task ? task : process->leader, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

long sys_tkill(struct trap_frame *frame)
{
	struct siginfo info = info_from_here(frame->ecx, SI_TKILL);

	if ((int)frame->ebx <= 0)
		return -EINVAL;
	return send_to_thread(0, frame->ebx, &info);
}

long sys_tgkill(struct trap_frame *frame)
{
	struct siginfo info = info_from_here(frame->edx, SI_TKILL);

	if ((int)frame->ebx <= 0 || (int)frame->ecx <= 0)
		return -EINVAL;
	return send_to_thread(frame->ebx, frame->ecx, &info);
}

/* What a program wants to be told; nobody may pretend to be the kernel. */
static int get_info(struct siginfo *info, vaddr_t from, uint32_t signo,
		    int target)
{
	uint32_t words[8];

	if (copy_from_user(words, from, sizeof(words)))
		return -EFAULT;
	memcpy(info, words, sizeof(*info));
	info->signo = signo;
	if ((info->code >= 0 || info->code == SI_TKILL) &&
	    current_process()->pid != target)
		return -EPERM;
	return 0;
}

/* rt_sigqueueinfo(pid, signo, info) */
long sys_rt_sigqueueinfo(struct trap_frame *frame)
{
	struct process *target;
	struct siginfo info;
	uint32_t flags;
	long err = get_info(&info, frame->edx, frame->ecx, frame->ebx);

	if (err)
		return err;
	flags = spin_lock_irqsave(&tasks_lock);
	target = process_find_any(frame->ebx);
	err = target ? send_one(target, NULL, &info) : -ESRCH;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* rt_tgsigqueueinfo(tgid, tid, signo, info) */
long sys_rt_tgsigqueueinfo(struct trap_frame *frame)
{
	struct siginfo info;
	long err = get_info(&info, frame->esi, frame->edx, frame->ecx);

	if (err)
		return err;
	if ((int)frame->ebx <= 0 || (int)frame->ecx <= 0)
		return -EINVAL;
	return send_to_thread(frame->ebx, frame->ecx, &info);
}

/* ------------------------------------------------------------- sigaction */

static long check_signo(uint32_t signo, bool sets)
{
	if (signo < 1 || signo > NSIG ||
	    (sets && (signo == SIGKILL || signo == SIGSTOP)))
		return -EINVAL;
	return 0;
}

/* rt_sigaction(signo, new, old, sigsetsize) */
long sys_rt_sigaction(struct trap_frame *frame)
{
	struct sigaction new, old;
	long err;

	if (frame->esi != SIGSET_SIZE)
		return -EINVAL;
	if (frame->ecx && copy_from_user(&new, frame->ecx, sizeof(new)))
		return -EFAULT;
	err = check_signo(frame->ebx, frame->ecx);
	if (err)
		return err;
	signal_set_action(frame->ebx, frame->ecx ? &new : NULL, &old);
	if (frame->edx && copy_to_user(frame->edx, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

/* sigaction(signo, new, old), with the old structure */
long sys_sigaction(struct trap_frame *frame)
{
	struct { uint32_t handler, mask, flags, restorer; } classic;
	struct sigaction new, old;
	long err;

	if (frame->ecx) {
		if (copy_from_user(&classic, frame->ecx, sizeof(classic)))
			return -EFAULT;
		new = (struct sigaction){
			.handler = classic.handler, .flags = classic.flags,
			.restorer = classic.restorer, .mask = classic.mask,
		};
	}
	err = check_signo(frame->ebx, frame->ecx);
	if (err)
		return err;
	signal_set_action(frame->ebx, frame->ecx ? &new : NULL, &old);
	if (frame->edx) {
		classic.handler = old.handler;
		classic.flags = old.flags;
		classic.restorer = old.restorer;
		classic.mask = (uint32_t)old.mask;
		if (copy_to_user(frame->edx, &classic, sizeof(classic)))
			return -EFAULT;
	}
	return 0;
}

/* signal(signo, handler): once, and not blocked meanwhile */
long sys_signal(struct trap_frame *frame)
{
	struct sigaction new = {
		.handler = frame->ecx, .flags = SA_RESETHAND | SA_NODEFER,
	}, old;
	long err = check_signo(frame->ebx, true);

	if (err)
		return err;
	signal_set_action(frame->ebx, &new, &old);
	return old.handler;
}

/* ------------------------------------------------------------------ masks */

static long change_mask(uint32_t how, uint64_t set)
{
	uint64_t blocked = current_task()->signals.blocked;

	switch (how) {
	case SIG_BLOCK:
		blocked |= set;
		break;
	case SIG_UNBLOCK:
		blocked &= ~set;
		break;
	case SIG_SETMASK:
		blocked = set;
		break;
	default:
		return -EINVAL;
	}
	signal_set_blocked(blocked);
	return 0;
}

/* rt_sigprocmask(how, new, old, sigsetsize) */
long sys_rt_sigprocmask(struct trap_frame *frame)
{
	uint64_t old = current_task()->signals.blocked, new;
	long err;

	if (frame->esi != SIGSET_SIZE)
		return -EINVAL;
	if (frame->ecx) {
		if (copy_from_user(&new, frame->ecx, sizeof(new)))
			return -EFAULT;
		err = change_mask(frame->ebx, new);
		if (err)
			return err;
	}
	if (frame->edx && copy_to_user(frame->edx, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

/* sigprocmask(how, new, old): only the first 32 signals are meant */
long sys_sigprocmask(struct trap_frame *frame)
{
	uint64_t blocked = current_task()->signals.blocked;
	uint32_t old = (uint32_t)blocked, new;
	long err;

	if (frame->ecx) {
		if (get_user_u32(&new, frame->ecx))
			return -EFAULT;
		err = change_mask(frame->ebx, frame->ebx == SIG_SETMASK ?
				  (blocked & ~0xffffffffull) | new : new);
		if (err)
			return err;
	}
	if (frame->edx && put_user_u32(frame->edx, old))
		return -EFAULT;
	return 0;
}

/* The oldest ones: the mask itself is the argument, and the result. */
long sys_sgetmask(struct trap_frame *frame)
{
	(void)frame;
	return (uint32_t)current_task()->signals.blocked;
}

long sys_ssetmask(struct trap_frame *frame)
{
	uint32_t old = (uint32_t)current_task()->signals.blocked;

	signal_set_blocked(frame->ebx);
	return old;
}

static uint64_t pending_and_blocked(void)
{
	uint32_t flags = irq_save();
	uint64_t set = signal_pending_set(current_task()) &
		current_task()->signals.blocked;

	irq_restore(flags);
	return set;
}

long sys_rt_sigpending(struct trap_frame *frame)
{
	uint64_t set = pending_and_blocked();

	if (frame->ecx > SIGSET_SIZE)
		return -EINVAL;
	return copy_to_user(frame->ebx, &set, frame->ecx) ? -EFAULT : 0;
}

long sys_sigpending(struct trap_frame *frame)
{
	return put_user_u32(frame->ebx, (uint32_t)pending_and_blocked());
}

/* Sleep with another mask until a handler has run. */
static long suspend(uint64_t mask)
{
	struct signals *signals = &current_task()->signals;
	static struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);

	signals->saved_mask = signals->blocked;
	signals->restore_mask = true;
	signal_set_blocked(mask);
	wait_event_interruptible(&nobody, false);
	return signal_cut(ERESTARTNOHAND);
}

long sys_rt_sigsuspend(struct trap_frame *frame)
{
	uint64_t mask;

	if (frame->ecx != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, frame->ebx, sizeof(mask)))
		return -EFAULT;
	return suspend(mask);
}

long sys_sigsuspend(struct trap_frame *frame)
{
	return suspend(frame->edx);	/* two unused arguments come first */
}

/* Wait for one of @set until @end; 0: none came. */
static int wait_for_signal(uint64_t set, uint64_t end, struct siginfo *info)
{
	struct task *task = current_task();
	uint64_t saved = task->signals.blocked;
	int signo = signal_take(set, info);

	if (signo || !end)
		return signo;
	/* Let them through for as long as we sleep, ignored or not. */
	task->signals.awaited = saved;
	signal_set_blocked(saved & ~set);
	thread_sleep_until_interruptible(end);
	signo = signal_take(set, info);
	task->signals.awaited = 0;
	signal_set_blocked(saved);
	return signo;
}

static long sigtimedwait(struct trap_frame *frame, bool wide)
{
	uint32_t out[32] = { 0 };
	struct siginfo info;
	uint64_t set, ns = ~0ull >> 2;
	bool was_pending;
	long err, signo;

	if (frame->esi != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, frame->ebx, sizeof(set)))
		return -EFAULT;
	set &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	if (frame->edx) {
		err = sys_time_get(&ns, frame->edx, wide);
		if (err)
			return err;
	}
	signo = wait_for_signal(set, ns ? timer_after(ns) : 0, &info);
	was_pending = current_thread()->interrupted;
	if (!signo)
		return was_pending ? -EINTR : -EAGAIN;
	if (frame->ecx) {
		memcpy(out, &info, sizeof(info));
		if (copy_to_user(frame->ecx, out, sizeof(out)))
			return -EFAULT;
	}
	return signo;
}

/* rt_sigtimedwait(set, info, timeout, sigsetsize) */
long sys_rt_sigtimedwait(struct trap_frame *frame)
{
	return sigtimedwait(frame, false);
}

long sys_rt_sigtimedwait_time64(struct trap_frame *frame)
{
	return sigtimedwait(frame, true);
}

long sys_pause(struct trap_frame *frame)
{
	static struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);

	(void)frame;
	wait_event_interruptible(&nobody, false);
	return signal_cut(ERESTARTNOHAND);
}
