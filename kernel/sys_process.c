// SPDX-License-Identifier: MIT
/*
 * sys_process - calls about processes: who I am, fork, wait, exit, limits.
 *
 * Atlas has one user, root; so the calls that ask for ids answer 0.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/file.h"
#include "fs/random.h"
#include "kernel/task.h"
#include "kernel/uname.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

long sys_exit(struct trap_frame *frame)
{
	task_exit((frame->ebx & 0xff) << 8);
}

long sys_exit_group(struct trap_frame *frame)
{
	task_exit((frame->ebx & 0xff) << 8);
}

long sys_fork(struct trap_frame *frame)
{
	return fork_task(frame, &(struct fork_options){ 0 });
}

/*
 * The parent of a vfork() may run on at once: its memory is a copy, which no
 * correct program can tell from waiting, but for the time.
 */
long sys_vfork(struct trap_frame *frame)
{
	return sys_fork(frame);
}

#define CLONE_SIGNAL		0x000000ffu
#define CLONE_PARENT_SETTID	0x00100000u
#define CLONE_CHILD_CLEARTID	0x00200000u
#define CLONE_CHILD_SETTID	0x01000000u

/* clone(flags, stack, parent_tid, tls, child_tid), as far as it is a fork. */
long sys_clone(struct trap_frame *frame)
{
	uint32_t flags = frame->ebx;
	struct fork_options options = {
		.stack = frame->ecx,
		.set_child_tid = flags & CLONE_CHILD_SETTID ? frame->edi : 0,
		.clear_child_tid = flags & CLONE_CHILD_CLEARTID ?
			frame->edi : 0,
	};
	long pid;

	if ((flags & CLONE_SIGNAL) != SIGCHLD ||
	    flags & ~(CLONE_SIGNAL | CLONE_PARENT_SETTID |
		      CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID))
		return -EINVAL;
	pid = fork_task(frame, &options);
	if (pid > 0 && flags & CLONE_PARENT_SETTID)
		put_user_u32(frame->edx, pid);
	return pid;
}

/* struct rusage: 18 words, of which the first two pairs are times. */
static int put_rusage(vaddr_t to, uint64_t ticks, uint32_t maxrss,
		      uint32_t min_flt)
{
	uint32_t khz = time_tsc_khz(), words[18] = { 0 };
	uint64_t ms = khz ? div64_32(ticks, khz, NULL) : 0;

	words[0] = div64_32(ms, 1000, &words[1]);
	words[1] *= 1000;
	words[4] = maxrss;		/* KiB */
	words[8] = min_flt;
	return copy_to_user(to, words, sizeof(words)) ? -EFAULT : 0;
}

static long wait4(int pid, vaddr_t status, int options, vaddr_t rusage)
{
	struct wait_report report;
	long result = wait_task(pid, options, &report);

	if (result <= 0)
		return result;
	if (status && put_user_u32(status, report.status))
		return -EFAULT;
	if (rusage && put_rusage(rusage, report.ticks, 0, 0))
		return -EFAULT;
	return result;
}

long sys_wait4(struct trap_frame *frame)
{
	return wait4(frame->ebx, frame->ecx, frame->edx, frame->esi);
}

long sys_waitpid(struct trap_frame *frame)
{
	return wait4(frame->ebx, frame->ecx, frame->edx, 0);
}

long sys_getpid(struct trap_frame *frame)
{
	(void)frame;
	return current_task()->pid;
}

long sys_gettid(struct trap_frame *frame)
{
	(void)frame;
	return current_task()->pid;
}

long sys_getppid(struct trap_frame *frame)
{
	const uint32_t flags = irq_save();	/* or it might end meanwhile */
	const struct task *parent = current_task()->parent;
	const long pid = parent ? parent->pid : 0;

	(void)frame;
	irq_restore(flags);
	return pid;
}

#define ROOT(name)							\
long sys_##name(struct trap_frame *frame)				\
{									\
	(void)frame;							\
	return 0;							\
}
ROOT(getuid) ROOT(getgid) ROOT(geteuid) ROOT(getegid)
ROOT(getuid32) ROOT(getgid32) ROOT(geteuid32) ROOT(getegid32)

/* ---------------------------------------------- process groups, sessions */

static long with_task(int pid, long (*fn)(struct task *task, int arg), int arg)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = pid ? task_find(pid) : current_task();
	long result = task ? fn(task, arg) : -ESRCH;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return result;
}

static long get_pgid(struct task *task, int arg)
{
	(void)arg;
	return task->pgid;
}

static long get_sid(struct task *task, int arg)
{
	(void)arg;
	return task->sid;
}

static bool group_exists(int pgid, int sid)
{
	struct task *task;

	list_for_each_entry(task, &tasks, link)
		if (task->pgid == pgid && task->sid == sid)
			return true;
	return false;
}

static long set_pgid(struct task *task, int pgid)
{
	struct task *self = current_task();

	if (!pgid)
		pgid = task->pid;
	if (task != self && task->parent != self)
		return -ESRCH;
	if (task->sid != self->sid || task->sid == task->pid)
		return -EPERM;
	if (pgid != task->pid && !group_exists(pgid, task->sid))
		return -EPERM;
	task->pgid = pgid;
	return 0;
}

static long set_sid(struct task *task, int arg)
{
	struct task *other;

	(void)arg;
	list_for_each_entry(other, &tasks, link)
		if (other->pgid == task->pid)
			return -EPERM;
	task->pgid = task->sid = task->pid;
	task->has_tty = false;
	return task->pid;
}

long sys_getpgid(struct trap_frame *frame)
{
	return with_task(frame->ebx, get_pgid, 0);
}

long sys_getpgrp(struct trap_frame *frame)
{
	(void)frame;
	return with_task(0, get_pgid, 0);
}

long sys_getsid(struct trap_frame *frame)
{
	return with_task(frame->ebx, get_sid, 0);
}

long sys_setpgid(struct trap_frame *frame)
{
	if ((int)frame->ecx < 0)
		return -EINVAL;
	return with_task(frame->ebx, set_pgid, frame->ecx);
}

long sys_setsid(struct trap_frame *frame)
{
	(void)frame;
	return with_task(0, set_sid, 0);
}

/* ------------------------------------------------- thread-local storage */

struct user_desc {
	uint32_t entry, base, limit, flags;
};

#define DESC_32BIT		0x01u
#define DESC_CONTENTS		0x06u
#define DESC_READ_ONLY		0x08u
#define DESC_PAGES		0x10u
#define DESC_NOT_PRESENT	0x20u
#define DESC_USEABLE		0x40u

static bool desc_is_empty(const struct user_desc *desc)
{
	const uint32_t flags = desc->flags & 0x7f;

	return desc->base == 0 && desc->limit == 0 &&
	       (!flags || flags == (DESC_READ_ONLY | DESC_NOT_PRESENT));
}

/* Data segments of ring 3 only; Linux's rules of set_thread_area(2). */
static gdt_desc_t make_tls(const struct user_desc *desc)
{
	uint8_t access = 0xf1, flags = 0;	/* present, ring 3, accessed */

	if (desc_is_empty(desc))
		return 0;
	access |= (desc->flags & DESC_CONTENTS) << 1;
	if (!(desc->flags & DESC_READ_ONLY))
		access |= 0x02;
	if (desc->flags & DESC_NOT_PRESENT)
		access &= ~0x80;
	if (desc->flags & DESC_USEABLE)
		flags |= 0x1;
	if (desc->flags & DESC_32BIT)
		flags |= 0x4;
	if (desc->flags & DESC_PAGES)
		flags |= 0x8;
	return gdt_describe(desc->base, desc->limit, access, flags);
}

long sys_set_thread_area(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct user_desc desc;
	uint32_t irq, i;

	if (copy_from_user(&desc, frame->ebx, sizeof(desc)))
		return -EFAULT;
	if (!desc_is_empty(&desc) &&
	    (!(desc.flags & DESC_32BIT) || (desc.flags & DESC_CONTENTS) > 2 ||
	     desc.flags & DESC_NOT_PRESENT))
		return -EINVAL;
	if (desc.entry == ~0u) {
		for (i = 0; i < GDT_TLS_ENTRIES && task->tls[i]; i++)
			;
		if (i == GDT_TLS_ENTRIES)
			return -ESRCH;
		desc.entry = GDT_TLS + i;
		if (put_user_u32(frame->ebx, desc.entry))
			return -EFAULT;
	}
	i = desc.entry - GDT_TLS;
	if (i >= GDT_TLS_ENTRIES)
		return -EINVAL;
	irq = irq_save();
	task->tls[i] = make_tls(&desc);
	gdt_load_tls(task->tls);
	irq_restore(irq);
	return 0;
}

long sys_get_thread_area(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct user_desc desc;
	gdt_desc_t raw;

	if (copy_from_user(&desc, frame->ebx, sizeof(desc)))
		return -EFAULT;
	if (desc.entry - GDT_TLS >= GDT_TLS_ENTRIES)
		return -EINVAL;
	raw = task->tls[desc.entry - GDT_TLS];
	desc.base = (raw >> 16 & 0xffffff) | (raw >> 56) << 24;
	desc.limit = (raw & 0xffff) | (raw >> 32 & 0xf0000);
	desc.flags = (raw >> 54 & 1 ? DESC_32BIT : 0) |
		(uint32_t)(raw >> 42 & 3) << 1 |
		(raw >> 41 & 1 ? 0 : DESC_READ_ONLY) |
		(raw >> 55 & 1 ? DESC_PAGES : 0) |
		(raw >> 47 & 1 ? 0 : DESC_NOT_PRESENT) |
		(raw >> 52 & 1 ? DESC_USEABLE : 0);
	if (copy_to_user(frame->ebx, &desc, sizeof(desc)))
		return -EFAULT;
	return 0;
}

long sys_set_tid_address(struct trap_frame *frame)
{
	current_task()->clear_child_tid = frame->ebx;
	return current_task()->pid;
}

/* With one thread in a process there is no robust futex to hand on. */
long sys_set_robust_list(struct trap_frame *frame)
{
	return frame->ecx == 12 ? 0 : -EINVAL;
}

/* ----------------------------------------------------- limits and figures */

#define RLIM_INFINITY	0xffffffffu
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_NPROC	6
#define RLIMIT_NOFILE	7
#define RLIM_NLIMITS	16

/* The limits that Atlas enforces; all others are none. */
static uint64_t limit_of(unsigned int resource)
{
	switch (resource) {
	case RLIMIT_STACK:
		return STACK_LIMIT;
	case RLIMIT_NOFILE:
		return FILES_MAX;
	case RLIMIT_NPROC:
		return PID_MAX;
	case RLIMIT_CORE:
		return 0;
	}
	return ~0ull;
}

long sys_ugetrlimit(struct trap_frame *frame)
{
	uint64_t limit;
	uint32_t pair[2];

	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	limit = limit_of(frame->ebx);
	pair[0] = pair[1] = min(limit, (uint64_t)RLIM_INFINITY);
	return copy_to_user(frame->ecx, pair, sizeof(pair)) ? -EFAULT : 0;
}

/* Limits are fixed: setting one to what it is, is all that can be granted. */
static long set_limit(unsigned int resource, uint64_t soft, uint64_t hard)
{
	if (soft > hard)
		return -EINVAL;
	return soft == limit_of(resource) && hard == soft ? 0 : -EPERM;
}

long sys_setrlimit(struct trap_frame *frame)
{
	uint32_t pair[2];

	if (frame->ebx >= RLIM_NLIMITS)
		return -EINVAL;
	if (copy_from_user(pair, frame->ecx, sizeof(pair)))
		return -EFAULT;
	return set_limit(frame->ebx,
			 pair[0] == RLIM_INFINITY ? ~0ull : pair[0],
			 pair[1] == RLIM_INFINITY ? ~0ull : pair[1]);
}

/* prlimit64(pid, resource, new, old) */
long sys_prlimit64(struct trap_frame *frame)
{
	uint64_t old[2], new[2];
	long err;

	if (frame->ecx >= RLIM_NLIMITS)
		return -EINVAL;
	if (frame->ebx && (int)frame->ebx != current_task()->pid)
		return -ESRCH;
	old[0] = old[1] = limit_of(frame->ecx);
	if (frame->edx) {
		if (copy_from_user(new, frame->edx, sizeof(new)))
			return -EFAULT;
		err = set_limit(frame->ecx, new[0], new[1]);
		if (err)
			return err;
	}
	if (frame->esi && copy_to_user(frame->esi, old, sizeof(old)))
		return -EFAULT;
	return 0;
}

long sys_getrusage(struct trap_frame *frame)
{
	struct task *task = current_task();

	if (frame->ebx == 0 || frame->ebx == 1)	/* SELF, THREAD */
		return put_rusage(frame->ecx, task_cpu_ticks(),
				  mm_rss(task->mm) * 4, task->mm->min_flt);
	if (frame->ebx == ~0u)			/* CHILDREN */
		return put_rusage(frame->ecx, task->children_ticks, 0, 0);
	return -EINVAL;
}

long sys_sysinfo(struct trap_frame *frame)
{
	struct {
		uint32_t uptime, loads[3], total, free, shared, buffers;
		uint32_t total_swap, free_swap;
		uint16_t procs, pad;
		uint32_t total_high, free_high, unit;
		uint8_t	 end[8];
	} info;
	struct buddy_stats stats;
	struct task *task;
	uint32_t flags;

	memset(&info, 0, sizeof(info));
	info.uptime = div64_32(time_now_ns(), NSEC_PER_SEC, NULL);
	for (unsigned int z = 0; z < NR_ZONES; z++)
		info.total += zones[z].nr_managed;
	info.free = buddy_nr_free();
	buddy_get_stats(ZONE_HIGHMEM, &stats);
	info.total_high = zones[ZONE_HIGHMEM].nr_managed;
	info.free_high = stats.nr_free;
	info.unit = PAGE_SIZE;
	flags = spin_lock_irqsave(&tasks_lock);
	list_for_each_entry(task, &tasks, link)
		info.procs++;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return copy_to_user(frame->ebx, &info, sizeof(info)) ? -EFAULT : 0;
}

const char uname_fields[6][65] = {
	"Linux",			/* whose ABI programs find here */
	"atlas",
	"6.1.0-atlas",
	"#1 Atlas",
	"i686",
	"(none)",
};

long sys_uname(struct trap_frame *frame)
{
	return copy_to_user(frame->ebx, uname_fields, sizeof(uname_fields)) ?
		-EFAULT : 0;
}

long sys_sched_yield(struct trap_frame *frame)
{
	(void)frame;
	sched_yield();
	return 0;
}

#define GRND_NONBLOCK	1u
#define GRND_RANDOM	2u
#define GRND_INSECURE	4u

long sys_getrandom(struct trap_frame *frame)
{
	uint32_t to = frame->ebx, size = frame->ecx, flags = frame->edx;
	uint8_t chunk[64];
	uint32_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) ==
	    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	size = min(size, 0x1ffffffu);
	while (done < size) {
		uint32_t n = min(size - done, (uint32_t)sizeof(chunk)), left;

		random_bytes(chunk, n);
		left = copy_to_user(to + done, chunk, n);
		done += n - left;
		if (left)
			return done ? (long)done : -EFAULT;
	}
	return done;
}
