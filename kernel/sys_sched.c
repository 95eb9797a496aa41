// SPDX-License-Identifier: MIT
/*
 * sys_sched - how threads are to be scheduled, as programs ask for it.
 *
 * What is asked for is checked, kept, inherited and told again, with Linux's
 * rules; but all threads take equal turns, and there is one CPU.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define SCHED_OTHER		0
#define SCHED_FIFO		1
#define SCHED_RR		2
#define SCHED_BATCH		3
#define SCHED_IDLE		5
#define SCHED_DEADLINE		6

#define REALTIME_MOST		99
#define RR_NS			100000000u	/* Linux's turns, as told; */
#define SLICE_NS		4000000u	/* ours are SCHED_SLICE ticks */

#define PRIO_PROCESS		0
#define PRIO_PGRP		1
#define PRIO_USER		2
#define NICE_LEAST		(-20)
#define NICE_MOST		19

static bool is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
	return policy >= SCHED_OTHER && policy <= SCHED_IDLE && policy != 4;
}

static bool may_change(const struct task *task)
{
	const struct cred *cred = current_task()->cred;

	return !cred->euid || cred->euid == task->cred->euid ||
	       cred->euid == task->cred->uid;
}

/* Does the limit allow it? */
static bool may_have_nice(const struct task *task, int nice)
{
	return (uint32_t)(20 - nice) <=
	       process_limit(task->process, RLIMIT_NICE);
}

/* May @task be as demanding as @nice says? */
static bool may_be_nice(const struct task *task, int nice)
{
	return nice >= task->nice || !current_task()->cred->euid ||
	       may_have_nice(task, nice);
}

long sys_sched_yield(struct trap_frame *frame)
{
	(void)frame;
	sched_yield();
	return 0;
}

/* Let @fn look at thread @tid, or change it; 0: the current one. */
static long with_task(int tid, long (*fn)(struct task *task, int a, int b),
		      int a, int b)
{
	uint32_t flags;
	struct task *task;
	long result = -ESRCH;

	flags = spin_lock_irqsave(&tasks_lock);
	task = tid ? task_find(tid) : current_task();
	if (task)
		result = fn(task, a, b);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return result;
}

/* ------------------------------------------------------------- policies */

static long get_policy(struct task *task, int a, int b)
{
	(void)a;
	(void)b;
	return task->policy;
}

static long get_priority(struct task *task, int a, int b)
{
	(void)a;
	(void)b;
	return task->rt_priority;
}

/* For who is not root: as the limits allow, or less than @task has. */
static bool may_have_policy(const struct task *task, int policy, int priority)
{
	uint32_t limit = process_limit(task->process, RLIMIT_RTPRIO);
	int old = task->policy & ~SCHED_RESET_ON_FORK;

	if (is_realtime(policy))
		return (limit || policy == old) &&
		       (priority <= task->rt_priority ||
			(uint32_t)priority <= limit);
	/* Who is served when nobody else wants to be cannot just leave that. */
	return old != SCHED_IDLE || policy == SCHED_IDLE ||
	       may_have_nice(task, task->nice);
}

/* @policy: -1: the one that it has */
static long set_policy(struct task *task, int policy, int priority)
{
	bool is_root = !current_task()->cred->euid;
	int flag;

	policy = policy < 0 ? task->policy : policy;
	flag = policy & SCHED_RESET_ON_FORK;
	policy &= ~SCHED_RESET_ON_FORK;
	if (!is_policy(policy))
		return -EINVAL;
	if (priority < 0 || priority > REALTIME_MOST ||
	    is_realtime(policy) != !!priority)
		return -EINVAL;
	if (!may_change(task) ||
	    (!is_root && !may_have_policy(task, policy, priority)))
		return -EPERM;
	if (task->policy & SCHED_RESET_ON_FORK && !flag && !is_root)
		return -EPERM;		/* it is kept from being lost */
	task->policy = policy | flag;
	task->rt_priority = priority;
	return 0;
}

static long change_policy(int tid, int policy, vaddr_t param)
{
	uint32_t priority;

	if (!param || tid < 0)
		return -EINVAL;
	if (get_user_u32(&priority, param))
		return -EFAULT;
	return with_task(tid, set_policy, policy, priority);
}

/* sched_setscheduler(tid, policy, param) */
long sys_sched_setscheduler(struct trap_frame *frame)
{
	if ((int)frame->ecx < 0)
		return -EINVAL;
	return change_policy(frame->ebx, frame->ecx, frame->edx);
}

long sys_sched_setparam(struct trap_frame *frame)
{
	return change_policy(frame->ebx, -1, frame->ecx);
}

long sys_sched_getscheduler(struct trap_frame *frame)
{
	if ((int)frame->ebx < 0)
		return -EINVAL;
	return with_task(frame->ebx, get_policy, 0, 0);
}

long sys_sched_getparam(struct trap_frame *frame)
{
	long priority;

	if (!frame->ecx || (int)frame->ebx < 0)
		return -EINVAL;
	priority = with_task(frame->ebx, get_priority, 0, 0);
	return priority < 0 ? priority : put_user_u32(frame->ecx, priority);
}

static long limit_of_priority(int policy, int realtime)
{
	if (is_realtime(policy))
		return realtime;
	return is_policy(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

long sys_sched_get_priority_max(struct trap_frame *frame)
{
	return limit_of_priority(frame->ebx, REALTIME_MOST);
}

long sys_sched_get_priority_min(struct trap_frame *frame)
{
	return limit_of_priority(frame->ebx, 1);
}

static long rr_get_interval(struct trap_frame *frame, bool wide)
{
	long policy = (int)frame->ebx < 0 ? -EINVAL :
		with_task(frame->ebx, get_policy, 0, 0);
	uint32_t ns;

	if (policy < 0)
		return policy;
	policy &= ~SCHED_RESET_ON_FORK;
	ns = policy == SCHED_FIFO ? 0 : policy == SCHED_RR ? RR_NS : SLICE_NS;
	return sys_time_put(frame->ecx, ns, wide);
}

long sys_sched_rr_get_interval(struct trap_frame *frame)
{
	return rr_get_interval(frame, false);
}

long sys_sched_rr_get_interval_time64(struct trap_frame *frame)
{
	return rr_get_interval(frame, true);
}

/* ----------------------------------------------------------------- CPUs */

static long check_owner(struct task *task, int a, int b)
{
	(void)a;
	(void)b;
	return may_change(task) ? 0 : -EPERM;
}

/* sched_setaffinity(tid, size, mask): CPU 0 must be among them */
long sys_sched_setaffinity(struct trap_frame *frame)
{
	uint32_t mask = 0;
	long err;

	if (copy_from_user(&mask, frame->edx, min(frame->ecx, 4u)))
		return -EFAULT;
	err = with_task(frame->ebx, check_owner, 0, 0);
	if (err)
		return err;
	return mask & 1 ? 0 : -EINVAL;
}

/* sched_getaffinity(tid, size, mask); Return: bytes written */
long sys_sched_getaffinity(struct trap_frame *frame)
{
	long err;

	if (frame->ecx < 4 || frame->ecx % 4)
		return -EINVAL;
	err = with_task(frame->ebx, get_policy, 0, 0);
	if (err < 0)
		return err;
	return put_user_u32(frame->edx, 1) ? -EFAULT : 4;
}

/* getcpu(cpu, node, unused) */
long sys_getcpu(struct trap_frame *frame)
{
	if ((frame->ebx && put_user_u32(frame->ebx, 0)) ||
	    (frame->ecx && put_user_u32(frame->ecx, 0)))
		return -EFAULT;
	return 0;
}

/* ----------------------------------------------------------------- nice */

/* Those whom get- and setpriority() mean. */
struct prio_target {
	int which;
	uint32_t who;
};

static bool is_meant(const struct task *task, const struct prio_target *target)
{
	const struct task *self = current_task();

	switch (target->which) {
	case PRIO_PROCESS:
		return target->who ? task->tid == (int)target->who :
			task == self;
	case PRIO_PGRP:
		return task->process->pgid == (target->who ?
			(int)target->who : self->process->pgid);
	default:
		return task->cred->uid == (target->who ? target->who :
					   self->cred->uid);
	}
}

static long set_nice(struct task *task, int nice)
{
	if (!may_change(task))
		return -EPERM;
	if (!may_be_nice(task, nice))
		return -EACCES;
	task->nice = nice;
	return 0;
}

/* getpriority(which, who): 20 - nice, so that it is never negative */
long sys_getpriority(struct trap_frame *frame)
{
	struct prio_target target = { frame->ebx, frame->ecx };
	long best = -ESRCH;
	uint32_t flags;
	struct task *task;

	if (frame->ebx > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasks_lock);
	list_for_each_entry(task, &tasks, link)
		if (is_meant(task, &target))
			best = max(best, 20l - task->nice);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return best;
}

/* setpriority(which, who, nice) */
long sys_setpriority(struct trap_frame *frame)
{
	struct prio_target target = { frame->ebx, frame->ecx };
	int nice = min(max((int)frame->edx, NICE_LEAST), NICE_MOST);
	long result = -ESRCH, err;
	uint32_t flags;
	struct task *task;

	if (frame->ebx > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasks_lock);
	list_for_each_entry(task, &tasks, link) {
		if (!is_meant(task, &target))
			continue;
		err = set_nice(task, nice);
		/* Of refusals Linux tells the last, or of a group the first. */
		if (result == -ESRCH || (err && (target.which == PRIO_USER ||
						 !result)))
			result = err;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return result;
}

long sys_nice(struct trap_frame *frame)
{
	struct task *task = current_task();
	int by = min(max((int)frame->ebx, -40), 40);
	int nice = min(max(task->nice + by, NICE_LEAST), NICE_MOST);

	if (by < 0 && !may_be_nice(task, nice))
		return -EPERM;
	task->nice = nice;
	return 0;
}
