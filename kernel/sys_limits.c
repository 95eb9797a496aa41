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

/* struct rusage: 18 words, of which the first two pairs are times. */
int rusage_put(vaddr_t to, const struct usage *usage)
{
	uint32_t words[18] = { 0 }, nsec;

	words[0] = div64_32(sys_time_of_ticks(usage->ticks), NSEC_PER_SEC,
			    &nsec);
	words[1] = nsec / 1000;
	words[4] = usage->max_rss * (PAGE_SIZE / 1024);
	words[8] = usage->min_flt;
	return copy_to_user(to, words, sizeof(words)) ? -EFAULT : 0;
}
long sys_getrusage(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct usage usage;
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
		usage.ticks = task_cpu_ticks(task);
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

	if (new->soft > new->hard)
		return -EINVAL;
	if (what == RLIMIT_NOFILE && new->hard > FILES_MOST)
		return -EPERM;
	if (new->hard > limit->hard && current_task()->cred->euid)
		return -EPERM;
	*limit = *new;
	return 0;
}

static int set_limit(uint32_t what, const struct rlimit *new)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	int err = set_limit_locked(current_process(), what, new);

	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!err && what == RLIMIT_NOFILE)
		files_set_limit(current_task()->files, new->soft);
	return err;
}

long sys_setrlimit(struct trap_frame *frame)
{
	struct rlimit new;

	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	if (copy_from_user(&new, frame->ecx, sizeof(new)))
		return -EFAULT;
	return set_limit(frame->ebx, &new);
}

/* prlimit64(pid, resource, new, old) */
long sys_prlimit64(struct trap_frame *frame)
{
	struct rlimit old, new;
	uint64_t wide[2];
	int err;

	if (frame->ecx >= RLIM_NLIMITS)
		return -EINVAL;
	if (frame->ebx && (int)frame->ebx != current_process()->pid)
		return -ESRCH;
	old = limit_get(current_process(), frame->ecx);
	if (frame->edx) {
		if (copy_from_user(wide, frame->edx, sizeof(wide)))
			return -EFAULT;
		new.soft = min(wide[0], (uint64_t)RLIM_INFINITY);
		new.hard = min(wide[1], (uint64_t)RLIM_INFINITY);
		err = set_limit(frame->ecx, &new);
		if (err)
			return err;
	}
	wide[0] = old.soft == RLIM_INFINITY ? ~0ull : old.soft;
	wide[1] = old.hard == RLIM_INFINITY ? ~0ull : old.hard;
	if (frame->esi && copy_to_user(frame->esi, wide, sizeof(wide)))
		return -EFAULT;
	return 0;
}
