// SPDX-License-Identifier: MIT
/*
 * sys_signal - the calls about signals.  Several exist twice: the classic ones
 * know 32 signals, the rt_ ones 64.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "sched/timer.h"
#include "sched/wait.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define SIGSET_SIZE	8

static bool signo_is_valid(uint32_t signo)
{
	return signo >= 1 && signo <= NSIG;
}

/* ------------------------------------------------------------------- kill */

/* Return: how many were told. */
static int kill_matching(int pid, const struct siginfo *info)
{
	struct task *self = current_task(), *task;
	int count = 0;

	list_for_each_entry(task, &tasks, link) {
		if (pid > 0 && task->pid != pid)
			continue;
		if (pid == -1 && (task->pid == 1 || task == self))
			continue;
		if (pid == 0 && task->pgid != self->pgid)
			continue;
		if (pid < -1 && task->pgid != -pid)
			continue;
		count++;
		if (signo_is_valid(info->signo))
			signal_send_locked(task, info);
	}
	return count;
}

static long send(int pid, uint32_t signo, int code)
{
	struct siginfo info = {
		.signo = signo, .code = code, .pid = current_task()->pid,
	};
	uint32_t flags;
	int count;

	flags = spin_lock_irqsave(&tasks_lock);
	count = kill_matching(pid, &info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!count)
		return -ESRCH;
	return signo > NSIG ? -EINVAL : 0;
}

long sys_kill(struct trap_frame *frame)
{
	if (frame->ebx == 0x80000000u)
		return -ESRCH;
	return send(frame->ebx, frame->ecx, SI_USER);
}

long sys_tkill(struct trap_frame *frame)
{
	if ((int)frame->ebx <= 0)
		return -EINVAL;
	return send(frame->ebx, frame->ecx, SI_TKILL);
}

long sys_tgkill(struct trap_frame *frame)
{
	if ((int)frame->ebx <= 0 || (int)frame->ecx <= 0)
		return -EINVAL;
	if (frame->ebx != frame->ecx)
		return -ESRCH;		/* a process has one thread */
	return send(frame->ecx, frame->edx, SI_TKILL);
}

/* ------------------------------------------------------------- sigaction */

static long check_signo(uint32_t signo, bool sets)
{
	if (!signo_is_valid(signo) ||
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

long sys_rt_sigpending(struct trap_frame *frame)
{
	const struct signals *signals = &current_task()->signals;
	uint64_t set = signals->pending & signals->blocked;

	if (frame->ecx > SIGSET_SIZE)
		return -EINVAL;
	return copy_to_user(frame->ebx, &set, frame->ecx) ? -EFAULT : 0;
}

long sys_sigpending(struct trap_frame *frame)
{
	const struct signals *signals = &current_task()->signals;

	return put_user_u32(frame->ebx, (uint32_t)(signals->pending &
						   signals->blocked));
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

/* Take one of @set out of what is pending.  Return: false: none is. */
static bool take_pending(uint64_t set, struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();
	uint64_t ready = task->signals.pending & set;
	int signo;

	if (ready) {
		signo = signal_first(ready);
		task->signals.pending &= ~SIGBIT(signo);
		*info = task->signals.info[signo - 1];
		signal_recalc(task);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return ready;
}

/* rt_sigtimedwait(set, info, timeout, sigsetsize) */
long sys_rt_sigtimedwait(struct trap_frame *frame)
{
	struct task *task = current_task();
	uint64_t set, saved = task->signals.blocked;
	struct { int32_t sec, nsec; } timeout;
	struct siginfo info;
	uint32_t out[32] = { 0 };
	uint64_t ns = ~0ull >> 2;
	bool found;

	if (frame->esi != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, frame->ebx, sizeof(set)))
		return -EFAULT;
	set &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	if (frame->edx) {
		if (copy_from_user(&timeout, frame->edx, sizeof(timeout)))
			return -EFAULT;
		if (timeout.sec < 0 || timeout.nsec < 0 ||
		    timeout.nsec >= (int32_t)NSEC_PER_SEC)
			return -EINVAL;
		ns = (uint64_t)timeout.sec * NSEC_PER_SEC + timeout.nsec;
	}
	found = take_pending(set, &info);
	if (!found && ns) {
		/* Let them through for as long as we sleep, ignored or not. */
		task->signals.awaited = saved;
		signal_set_blocked(saved & ~set);
		thread_sleep_until_interruptible(time_now_ns() + ns);
		found = take_pending(set, &info);
		signal_set_blocked(saved);
		task->signals.awaited = 0;
	}
	if (!found)
		return signal_is_pending(task) ? -EINTR : -EAGAIN;
	if (frame->ecx) {
		out[0] = info.signo;
		out[1] = info.err;
		out[2] = info.code;
		out[3] = info.addr;
		out[4] = info.uid;
		out[5] = info.status;
		if (copy_to_user(frame->ecx, out, sizeof(out)))
			return -EFAULT;
	}
	return info.signo;
}

long sys_pause(struct trap_frame *frame)
{
	static struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);

	(void)frame;
	wait_event_interruptible(&nobody, false);
	return signal_cut(ERESTARTNOHAND);
}
