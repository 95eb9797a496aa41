// SPDX-License-Identifier: MIT
/*
 * sys_limits - what a process may use, and what it has used.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "kernel/rusage.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "mm/mm.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN	(-1)
#define RUSAGE_THREAD	1

#define FILES_MOST	1048576u	/* as Linux's fs.nr_open */

static void put_time(uint32_t words[2], uint64_t ticks)
{
	uint32_t nsec;

	words[0] = div64_32(sys_time_of_ticks(ticks), NSEC_PER_SEC, &nsec);
	words[1] = nsec / 1000;
}

/* struct rusage: 18 words, of which the first two pairs are times. */
int rusage_put(vaddr_t to, const struct usage *usage)
{
	uint32_t words[18] = { 0 };

	put_time(words, usage->user_ticks);
	put_time(words + 2, usage->ticks - usage->user_ticks);
	words[16] = usage->nr_waits;
	words[17] = usage->nr_preempted;
	words[4] = usage->max_rss * (PAGE_SIZE / 1024);
	words[8] = usage->min_flt;
	return copy_to_user(to, words, sizeof(words)) ? -EFAULT : 0;
}
long sys_getrusage(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct usage usage, thread;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	switch ((int)frame->ebx) {
	case RUSAGE_CHILDREN:
		usage = task->process->children_usage;
		break;
	default:
		usage = process_usage(task->process);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	switch ((int)frame->ebx) {
	case RUSAGE_THREAD:
		thread = task_usage(task);
		thread.min_flt = usage.min_flt;
		thread.max_rss = usage.max_rss;
		usage = thread;
		break;
	case RUSAGE_SELF:
	case RUSAGE_CHILDREN:
		break;
	default:
		return -EINVAL;
	}
	return rusage_put(frame->ecx, &usage);
}

/* ----------------------------------------------------------------- limits */

static struct rlimit limit_get(struct process *process, uint32_t what)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct rlimit limit = process->limits[what];

	spin_unlock_irqrestore(&tasks_lock, flags);
	return limit;
}

/* getrlimit(): numbers were signed, and what is above is for ever, too. */
long sys_getrlimit(struct trap_frame *frame)
{
	struct rlimit limit;

	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	limit = limit_get(current_process(), frame->ebx);
	limit.soft = min(limit.soft, (uint32_t)INT32_MAX);
	limit.hard = min(limit.hard, (uint32_t)INT32_MAX);
	return copy_to_user(frame->ecx, &limit, sizeof(limit)) ? -EFAULT : 0;
}

long sys_ugetrlimit(struct trap_frame *frame)
{
	struct rlimit limit;

	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	limit = limit_get(current_process(), frame->ebx);
	return copy_to_user(frame->ecx, &limit, sizeof(limit)) ? -EFAULT : 0;
}

static int set_limit_locked(struct process *process, uint32_t what,
			    const struct rlimit *new)
{
	struct rlimit *limit = &process->limits[what];
	struct task *task;

	if (new->soft > new->hard)
		return -EINVAL;
	if (what == RLIMIT_NOFILE && new->hard > FILES_MOST)
		return -EPERM;
	if (new->hard > limit->hard && current_task()->cred->euid)
		return -EPERM;
	*limit = *new;
	if (what == RLIMIT_CPU)
		itimer_watch(process);
	task = process_any_thread(process);
	if (what == RLIMIT_NOFILE && task && task->files)
		files_set_limit(task->files, new->soft);
	if (task && task->mm)
		task_set_mm_limits(task, task->mm);
	return 0;
}

/* Another's limits are told, and changed, if all ids are the same. */
static bool may_reach(const struct process *process)
{
	const struct cred *self = current_task()->cred;
	const struct cred *cred = process->leader->cred;

	return process == current_process() || !self->euid ||
	       (self->uid == cred->euid && self->uid == cred->suid &&
		self->uid == cred->uid && self->gid == cred->egid &&
		self->gid == cred->sgid && self->gid == cred->gid);
}

/* Of @pid, 0: of the current process; @new and @old may be NULL. */
static int change_limit(int pid, uint32_t what, const struct rlimit *new,
			struct rlimit *old)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = pid ? task_find(pid) : current_task();
	int err = -ESRCH;

	if (task && !may_reach(task->process)) {
		err = -EPERM;
	} else if (task) {
		if (old)
			*old = task->process->limits[what];
		err = new ? set_limit_locked(task->process, what, new) : 0;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

long sys_setrlimit(struct trap_frame *frame)
{
	struct rlimit new;

	if (copy_from_user(&new, frame->ecx, sizeof(new)))
		return -EFAULT;
	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	return change_limit(0, frame->ebx, &new, NULL);
}

static struct rlimit narrow(const uint64_t wide[2])
{
	return (struct rlimit){
		min(wide[0], (uint64_t)RLIM_INFINITY),
		min(wide[1], (uint64_t)RLIM_INFINITY),
	};
}

/* prlimit64(pid, resource, new, old) */
long sys_prlimit64(struct trap_frame *frame)
{
	struct rlimit old, new;
	uint64_t wide[2];
	int err;

	if (frame->edx) {
		if (copy_from_user(wide, frame->edx, sizeof(wide)))
			return -EFAULT;
		new = narrow(wide);
	}
	if (frame->ecx >= RLIM_NLIMITS)
		return -EINVAL;
	err = change_limit(frame->ebx, frame->ecx, frame->edx ? &new : NULL,
			   &old);
	if (err)
		return err;
	wide[0] = old.soft == RLIM_INFINITY ? ~0ull : old.soft;
	wide[1] = old.hard == RLIM_INFINITY ? ~0ull : old.hard;
	if (frame->esi && copy_to_user(frame->esi, wide, sizeof(wide)))
		return -EFAULT;
	return 0;
}
