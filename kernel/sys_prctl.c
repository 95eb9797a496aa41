// SPDX-License-Identifier: MIT
/*
 * sys_prctl - what a process says about itself, and its capabilities: who is
 * effectively root has all, anybody else none.
 */
#include "kernel/syscall.h"

#include "fs/cred.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define PR_SET_PDEATHSIG	1
#define PR_GET_PDEATHSIG	2
#define PR_GET_DUMPABLE		3
#define PR_SET_DUMPABLE		4
#define PR_GET_KEEPCAPS		7
#define PR_SET_KEEPCAPS		8
#define PR_GET_TIMING		13
#define PR_SET_TIMING		14
#define PR_SET_NAME		15
#define PR_GET_NAME		16
#define PR_GET_SECCOMP		21
#define PR_CAPBSET_READ		23
#define PR_GET_TSC		25
#define PR_SET_TSC		26
#define PR_SET_TIMERSLACK	29
#define PR_GET_TIMERSLACK	30
#define PR_MCE_KILL		33
#define PR_MCE_KILL_GET		34
#define PR_SET_CHILD_SUBREAPER	36
#define PR_GET_CHILD_SUBREAPER	37
#define PR_SET_NO_NEW_PRIVS	38
#define PR_GET_NO_NEW_PRIVS	39
#define PR_GET_TID_ADDRESS	40
#define PR_SET_THP_DISABLE	41
#define PR_GET_THP_DISABLE	42

#define TIMER_SLACK		50000	/* ns, of which nobody makes use */
#define CAP_LAST		40

static long set_name(vaddr_t from)
{
	struct task *task = current_task();
	char name[TASK_NAME];
	long n = strncpy_from_user(name, from, TASK_NAME);
	uint32_t flags;

	if (n < 0)
		return n;
	name[min(n, TASK_NAME - 1l)] = '\0';
	flags = spin_lock_irqsave(&tasks_lock);
	task_set_name(task, name);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return 0;
}

static long get_name(vaddr_t to)
{
	char name[TASK_NAME] = "";

	strlcpy(name, current_task()->name, TASK_NAME);
	return copy_to_user(to, name, TASK_NAME) ? -EFAULT : 0;
}

/* When memory breaks: at once, when it is touched, or as all others. */
enum { MCE_LATE, MCE_EARLY, MCE_DEFAULT };

/* @what: 0: as all others; 1: to @policy.  Memory never breaks here. */
static long set_mce_kill(struct task *task, uint32_t what, uint32_t policy,
			 bool has_more)
{
	if (has_more || what > 1 || policy > (what ? MCE_DEFAULT : 0))
		return -EINVAL;
	task->mce_kill = what ? MCE_DEFAULT - policy : 0;
	return 0;
}

/* prctl(what, argument, ...) */
long sys_prctl(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct process *process = task->process;
	uint32_t arg = frame->ecx;
	bool has_more = frame->edx || frame->esi || frame->edi;

	switch (frame->ebx) {
	case PR_SET_PDEATHSIG:
		if (arg > NSIG)
			return -EINVAL;
		process->death_signal = arg;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user_u32(arg, process->death_signal);
	case PR_GET_DUMPABLE:
		return process->is_dumpable;
	case PR_SET_DUMPABLE:
		if (arg > 1)
			return -EINVAL;
		process->is_dumpable = arg;
		return 0;
	case PR_GET_KEEPCAPS:
		return task->keeps_caps;
	case PR_SET_KEEPCAPS:
		if (arg > 1)
			return -EINVAL;
		task->keeps_caps = arg;
		return 0;
	case PR_GET_TIMING:
	case PR_GET_SECCOMP:
		return 0;
	case PR_SET_TIMING:
		return arg ? -EINVAL : 0;
	case PR_SET_NAME:
		return set_name(arg);
	case PR_GET_NAME:
		return get_name(arg);
	case PR_CAPBSET_READ:
		return arg > CAP_LAST ? -EINVAL : 1;
	case PR_GET_TSC:
		return put_user_u32(arg, 1);	/* PR_TSC_ENABLE */
	case PR_SET_TSC:
		return arg == 1 ? 0 : -EINVAL;
	case PR_MCE_KILL:
		return set_mce_kill(task, arg, frame->edx, frame->esi ||
				    frame->edi);
	case PR_MCE_KILL_GET:
		return arg || has_more ? -EINVAL : MCE_DEFAULT - task->mce_kill;
	case PR_SET_TIMERSLACK:
		task->timer_slack = arg;
		return 0;
	case PR_GET_TIMERSLACK:
		return task->timer_slack ? task->timer_slack : TIMER_SLACK;
	case PR_SET_CHILD_SUBREAPER:
		process->is_reaper = arg;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user_u32(arg, process->is_reaper);
	case PR_SET_NO_NEW_PRIVS:
		if (arg != 1 || has_more)
			return -EINVAL;
		task->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return arg || has_more ? -EINVAL : task->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return put_user_u32(arg, task->clear_child_tid);
	case PR_SET_THP_DISABLE:
		if (has_more)
			return -EINVAL;
		process->no_huge_pages = arg;
		return 0;
	case PR_GET_THP_DISABLE:
		return arg || has_more ? -EINVAL : process->no_huge_pages;
	default:
		return -EINVAL;
	}
}

/* personality(new): -1 asks */
long sys_personality(struct trap_frame *frame)
{
	struct process *process = current_process();
	uint32_t old = process->personality;

	if (frame->ebx != 0xffffffff) {
		process->personality = frame->ebx;
		current_task()->mm->read_exec =
			frame->ebx & READ_IMPLIES_EXEC ? PROT_READ : 0;
	}
	return old;
}

/* ----------------------------------------------------------- capabilities */

#define CAP_VERSION_1	0x19980330u
#define CAP_VERSION_2	0x20071026u
#define CAP_VERSION_3	0x20080522u

struct cap_header { uint32_t version, pid; };
struct cap_set { uint32_t effective, permitted, inheritable; };

/* How many sets of 32 come.  0: the version is unknown, and the best told. */
static int cap_count(vaddr_t at, struct cap_header *header)
{
	if (copy_from_user(header, at, sizeof(*header)))
		return -EFAULT;
	if (header->version == CAP_VERSION_1)
		return 1;
	if (header->version == CAP_VERSION_2 ||
	    header->version == CAP_VERSION_3)
		return 2;
	return put_user_u32(at, CAP_VERSION_3);
}

static uint32_t caps_of(uint32_t uid, int set)
{
	return uid ? 0 : set ? (1u << (CAP_LAST + 1 - 32)) - 1 : ~0u;
}

static bool could_be_root(const struct cred *cred)
{
	return !cred->uid || !cred->euid || !cred->suid;
}

/* capget(header, sets) */
long sys_capget(struct trap_frame *frame)
{
	struct cap_set sets[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct cap_header header;
	const struct task *task;
	uint32_t flags;
	int nr = cap_count(frame->ebx, &header);

	if (nr <= 0)
		return nr < 0 ? nr : frame->ecx ? -EINVAL : 0;
	if ((int)header.pid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasks_lock);
	task = header.pid ? task_find(header.pid) : current_task();
	for (int i = 0; task && i < nr; i++) {
		sets[i].effective = caps_of(task->cred->euid, i);
		sets[i].permitted = caps_of(!could_be_root(task->cred), i);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!task)
		return -ESRCH;
	if (!frame->ecx)
		return 0;
	return copy_to_user(frame->ecx, sets, nr * sizeof(sets[0])) ? -EFAULT :
		0;
}

/* capset(header, sets): what one does not have, one does not get */
long sys_capset(struct trap_frame *frame)
{
	const struct cred *cred = current_task()->cred;
	struct cap_set sets[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	struct cap_header header;
	int nr = cap_count(frame->ebx, &header);

	if (nr <= 0)
		return nr < 0 ? nr : -EINVAL;
	if (header.pid && (int)header.pid != current_task()->tid)
		return -EPERM;
	if (copy_from_user(sets, frame->ecx, nr * sizeof(sets[0])))
		return -EFAULT;
	for (int i = 0; i < nr; i++) {
		uint32_t most = caps_of(!could_be_root(cred), i);

		if (sets[i].permitted & ~most ||
		    sets[i].effective & ~sets[i].permitted & most)
			return -EPERM;
	}
	return 0;
}
