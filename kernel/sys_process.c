// SPDX-License-Identifier: MIT
/*
 * sys_process - how processes and threads begin, end, wait for each other and
 * form groups.
 */
#include "kernel/syscall.h"

#include "kernel/rusage.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

long sys_exit(struct trap_frame *frame)
{
	task_exit((frame->ebx & 0xff) << 8);
}

long sys_exit_group(struct trap_frame *frame)
{
	process_exit((frame->ebx & 0xff) << 8);
}

/* ------------------------------------------------------------------ clone */

long sys_fork(struct trap_frame *frame)
{
	return fork_task(frame, &(struct fork_options){
		.exit_signal = SIGCHLD,
	});
}

long sys_vfork(struct trap_frame *frame)
{
	return fork_task(frame, &(struct fork_options){
		.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD,
	});
}

/* clone(flags, stack, parent_tid, tls, child_tid) */
long sys_clone(struct trap_frame *frame)
{
	struct fork_options options = {
		.flags = frame->ebx & ~CLONE_SIGNAL,
		.exit_signal = frame->ebx & CLONE_SIGNAL,
		.stack = frame->ecx, .tls = frame->esi,
		.parent_tid = frame->edx, .child_tid = frame->edi,
	};

	return fork_task(frame, &options);
}

/* As programs hand it over, all in 64 bits; it grew twice. */
struct clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

#define CLONE_ARGS_FIRST	64	/* bytes of the first version */
#define CLONE_CLEAR_SIGHAND	0x100000000ull

/* Copy a structure of a later or an earlier version. */
static int get_clone_args(struct clone_args *args, vaddr_t from, uint32_t size)
{
	uint32_t known = min(size, (uint32_t)sizeof(*args)), byte;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_FIRST)
		return -EINVAL;
	memset(args, 0, sizeof(*args));
	if (copy_from_user(args, from, known))
		return -EFAULT;
	for (uint32_t i = known; i < size; i++) {
		byte = 0;
		if (copy_from_user(&byte, from + i, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

static bool clone_args_are_good(const struct clone_args *args)
{
	if (args->set_tid || args->set_tid_size)
		return false;		/* nobody may choose his number */
	if (args->flags & ~(CLONE_CLEAR_SIGHAND | 0xffffff00u) ||
	    args->flags & CLONE_DETACHED)
		return false;
	if (args->exit_signal > NSIG ||
	    (args->flags & (CLONE_THREAD | CLONE_PARENT) && args->exit_signal))
		return false;
	return args->stack ? args->stack_size : !args->stack_size;
}

/* clone3(args, size) */
long sys_clone3(struct trap_frame *frame)
{
	struct fork_options options;
	struct clone_args args;
	long err = get_clone_args(&args, frame->ebx, frame->ecx);

	if (err)
		return err;
	if (!clone_args_are_good(&args))
		return -EINVAL;
	if ((args.stack | args.stack_size) >> 32 ||
	    (args.stack && !user_range_ok(args.stack, args.stack_size)))
		return -EINVAL;
	options = (struct fork_options){
		.flags = args.flags, .exit_signal = args.exit_signal,
		.clear_actions = args.flags & CLONE_CLEAR_SIGHAND,
		.stack = args.stack + args.stack_size, .tls = args.tls,
		.parent_tid = args.parent_tid, .child_tid = args.child_tid,
	};
	return fork_task(frame, &options);
}

/* ------------------------------------------------------------------- wait */

static long wait4(int pid, vaddr_t status, uint32_t options, vaddr_t rusage)
{
	enum wait_which which = pid > 0 ? WAIT_PID :
		pid == -1 ? WAIT_ANY : WAIT_GROUP;
	struct wait_report report;
	long err;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WCLONE | __WALL |
			__WNOTHREAD))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	err = wait_task(which, pid ? pid < 0 ? -pid : pid :
			current_process()->pgid, options | WEXITED, &report);
	if (err || !report.pid)
		return err;
	if (status && put_user_u32(status, report.status))
		return -EFAULT;
	if (rusage && rusage_put(rusage, &report.usage))
		return -EFAULT;
	return report.pid;
}

long sys_wait4(struct trap_frame *frame)
{
	return wait4(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

long sys_waitpid(struct trap_frame *frame)
{
	return wait4(frame->ebx, frame->ecx, frame->edx, 0);
}

#define P_ALL		0
#define P_PID		1
#define P_PGID		2
#define P_PIDFD		3

#define CLD_EXITED	1
#define CLD_KILLED	2
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

/* A wait4() status, as si_code and si_status. */
static struct siginfo info_of(const struct wait_report *report)
{
	int status = report->status;
	struct siginfo info = {
		.signo = SIGCHLD, .pid = report->pid, .uid = report->uid,
	};

	if (status == 0xffff) {
		info.code = CLD_CONTINUED;
		info.status = SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		info.code = CLD_STOPPED;
		info.status = status >> 8;
	} else if (status & 0x7f) {
		info.code = CLD_KILLED;
		info.status = status & 0x7f;
	} else {
		info.code = CLD_EXITED;
		info.status = status >> 8;
	}
	return info;
}

static int waitid_target(uint32_t type, int id, enum wait_which *which)
{
	switch (type) {
	case P_ALL:
		*which = WAIT_ANY;
		return 0;
	case P_PID:
		*which = WAIT_PID;
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		*which = WAIT_GROUP;
		return id >= 0 ? 0 : -EINVAL;
	case P_PIDFD:			/* no descriptor is a process */
		return id >= 0 ? -EBADF : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* waitid(type, id, info, options, rusage) */
long sys_waitid(struct trap_frame *frame)
{
	uint32_t options = frame->esi;
	int id = frame->ecx;
	struct siginfo info = { .signo = 0 };
	struct wait_report report;
	enum wait_which which;
	long err;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WUNTRACED | WCONTINUED |
			__WNOTHREAD | __WCLONE | __WALL) ||
	    !(options & (WEXITED | WUNTRACED | WCONTINUED)))
		return -EINVAL;
	err = waitid_target(frame->ebx, id, &which);
	if (err)
		return err;
	if (which == WAIT_GROUP && !id)
		id = current_process()->pgid;
	err = wait_task(which, id, options, &report);
	if (err)
		return err;
	if (report.pid) {
		info = info_of(&report);
		if (frame->edi && rusage_put(frame->edi, &report.usage))
			return -EFAULT;
	}
	/* si_errno is left alone: so it is on Linux. */
	if (frame->edx && copy_to_user(frame->edx, &info, 6 * 4))
		return -EFAULT;
	return 0;
}

/* ---------------------------------------------------------------- numbers */

long sys_getpid(struct trap_frame *frame)
{
	(void)frame;
	return current_process()->pid;
}

long sys_gettid(struct trap_frame *frame)
{
	(void)frame;
	return current_task()->tid;
}

long sys_getppid(struct trap_frame *frame)
{
	const uint32_t flags = irq_save();	/* or it might end meanwhile */
	const struct process *parent = current_process()->parent;
	const long pid = parent ? parent->pid : 0;

	(void)frame;
	irq_restore(flags);
	return pid;
}

long sys_set_tid_address(struct trap_frame *frame)
{
	current_task()->clear_child_tid = frame->ebx;
	return current_task()->tid;
}

/* ---------------------------------------------- process groups, sessions */

/* @fn of the process with thread @pid, under tasks_lock; 0: the current one. */
static long with_process(int pid, long (*fn)(struct process *process, int arg),
			 int arg)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = pid ? process_find_any(pid) :
		current_process();
	long result = process ? fn(process, arg) : -ESRCH;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return result;
}

static long get_pgid(struct process *process, int arg)
{
	(void)arg;
	return process->pgid;
}

static long is_other(struct process *process, int pid)
{
	return process->pid != pid;
}

static long get_sid(struct process *process, int arg)
{
	(void)arg;
	return process->sid;
}

static bool group_exists(int pgid, int sid)
{
	struct process *process;

	list_for_each_entry(process, &processes, link)
		if (process->pgid == pgid && process->sid == sid)
			return true;
	return false;
}

static long set_pgid(struct process *process, int pgid)
{
	struct process *self = current_process();

	if (!pgid)
		pgid = process->pid;
	if (process != self && process->parent != self)
		return -ESRCH;
	if (process->sid != self->sid || process->sid == process->pid)
		return -EPERM;
	if (process != self && process->did_exec)
		return -EACCES;
	if (pgid != process->pid && !group_exists(pgid, process->sid))
		return -EPERM;
	process->pgid = pgid;
	return 0;
}

static long set_sid(struct process *process, int arg)
{
	struct process *other;

	(void)arg;
	list_for_each_entry(other, &processes, link)
		if (other->pgid == process->pid)
			return -EPERM;
	process->pgid = process->sid = process->pid;
	process->has_tty = false;
	return process->pid;
}

long sys_getpgid(struct trap_frame *frame)
{
	return with_process(frame->ebx, get_pgid, 0);
}

long sys_getpgrp(struct trap_frame *frame)
{
	(void)frame;
	return with_process(0, get_pgid, 0);
}

long sys_getsid(struct trap_frame *frame)
{
	return with_process(frame->ebx, get_sid, 0);
}

long sys_setpgid(struct trap_frame *frame)
{
	int pid = frame->ebx;

	if ((int)frame->ecx < 0 || (!frame->ecx && pid < 0))
		return -EINVAL;
	if (pid && with_process(pid, is_other, pid) > 0)
		return -EINVAL;		/* a thread that is no leader */
	return with_process(frame->ebx, set_pgid, frame->ecx);
}

long sys_setsid(struct trap_frame *frame)
{
	(void)frame;
	return with_process(0, set_sid, 0);
}
