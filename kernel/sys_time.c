// SPDX-License-Identifier: MIT
/*
 * sys_time - clocks and sleeping.
 *
 * Each call exists twice: with the 32-bit seconds of old, and with 64 bits.
 * Inside there is one of each, which works in nanoseconds.
 */
#include "kernel/sys_time.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "sched/timer.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define CLOCK_REALTIME		0
#define CLOCK_MONOTONIC		1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID	3
#define CLOCK_MONOTONIC_RAW	4
#define CLOCK_REALTIME_COARSE	5
#define CLOCK_MONOTONIC_COARSE	6
#define CLOCK_BOOTTIME		7
#define CLOCK_TAI		11

#define TIMER_ABSTIME		1

struct timespec32 { int32_t sec, nsec; };
struct timespec64 { int64_t sec; int32_t nsec, pad; };

uint64_t sys_time_of_ticks(uint64_t ticks)
{
	uint32_t khz = time_tsc_khz(), rest;
	uint64_t ms;

	if (!khz)
		return 0;
	ms = div64_32(ticks, khz, &rest);
	return ms * 1000000 + div64_32((uint64_t)rest * 1000000, khz, NULL);
}

/* CPU time of a process, or of thread @tid; 0: of the current one. */
static bool cpu_clock_read(int id, bool is_thread, uint64_t *ns)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct process *process = id ? process_find(id) :
		current_process();
	struct task *task = id ? task_find(id) : current_task();
	bool found = is_thread ? task && task->process == current_process() :
		process != NULL;

	if (found)
		*ns = is_thread ? task_cpu_ticks(task) :
			process_usage(process).ticks;
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (found)
		*ns = sys_time_of_ticks(*ns);
	return found;
}

/* Return: false: no such clock.  Below 0: ~id << 3, and which of its. */
static bool clock_read(uint32_t clock, uint64_t *ns)
{
	if ((int)clock < 0)
		return (clock & 3) == 2 &&
			cpu_clock_read(~((int)clock >> 3), clock & 4, ns);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = time_realtime_ns();
		return true;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = time_now_ns();
		return true;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock_read(0, clock == CLOCK_THREAD_CPUTIME_ID, ns);
	}
	return false;
}

long sys_time_put(vaddr_t to, uint64_t ns, bool wide)
{
	uint32_t nsec;
	uint64_t sec = div64_32(ns, NSEC_PER_SEC, &nsec);
	struct timespec32 t32 = { sec, nsec };
	struct timespec64 t64 = { sec, nsec, 0 };

	return copy_to_user(to, wide ? (void *)&t64 : (void *)&t32,
			    wide ? sizeof(t64) : sizeof(t32)) ? -EFAULT : 0;
}

long sys_time_get(uint64_t *ns, vaddr_t from, bool wide)
{
	struct timespec64 t = { 0, 0, 0 };
	struct timespec32 t32;

	if (wide) {
		if (copy_from_user(&t, from, sizeof(t)))
			return -EFAULT;
	} else {
		if (copy_from_user(&t32, from, sizeof(t32)))
			return -EFAULT;
		t.sec = t32.sec;
		t.nsec = t32.nsec;
	}
	if (t.sec < 0 || t.nsec < 0 || t.nsec >= (int32_t)NSEC_PER_SEC)
		return -EINVAL;
	/* Longer than 200 years is for ever. */
	*ns = t.sec > 6307200000ll ? ~0ull >> 1 :
		(uint64_t)t.sec * NSEC_PER_SEC + t.nsec;
	return 0;
}

static long clock_gettime(struct trap_frame *frame, bool wide)
{
	uint64_t ns;

	if (!clock_read(frame->ebx, &ns))
		return -EINVAL;
	return sys_time_put(frame->ecx, ns, wide);
}

static long clock_getres(struct trap_frame *frame, bool wide)
{
	uint64_t ns;

	if (!clock_read(frame->ebx, &ns))
		return -EINVAL;
	if (frame->ebx == CLOCK_REALTIME_COARSE ||
	    frame->ebx == CLOCK_MONOTONIC_COARSE)
		ns = NSEC_PER_SEC / TICK_HZ;
	else
		ns = 1;
	return frame->ecx ? sys_time_put(frame->ecx, ns, wide) : 0;
}

/* For some time: a handler ends it; after a mere stop the rest is slept. */
static long sleep_for(vaddr_t rest, uint32_t wide, uint64_t end)
{
	struct task *task = current_task();
	uint64_t now;

	task->restart.again = NULL;
	if (!thread_sleep_until_interruptible(end))
		return 0;
	now = time_now_ns();
	if (rest && sys_time_put(rest, now < end ? end - now : 0, wide))
		return -EFAULT;
	task->restart.again = sleep_for;
	task->restart.at = rest;
	task->restart.nr = wide;
	task->restart.end = end;
	return signal_cut(ERESTART_RESTARTBLOCK);
}

long sys_restart_syscall(struct trap_frame *frame)
{
	const struct task *task = current_task();

	(void)frame;
	if (!task->restart.again)
		return -EINTR;
	return task->restart.again(task->restart.at, task->restart.nr,
				   task->restart.end);
}

static long nanosleep(bool absolute, uint32_t clock, vaddr_t request,
		      vaddr_t rest, bool wide)
{
	uint64_t ns, now = time_now_ns(), clock_now = now;
	long err;

	if (clock == CLOCK_THREAD_CPUTIME_ID || !clock_read(clock, &clock_now))
		return -EINVAL;
	if (clock == CLOCK_PROCESS_CPUTIME_ID)
		return -EOPNOTSUPP;	/* one thread: nobody would run it up */
	err = sys_time_get(&ns, request, wide);
	if (err)
		return err;
	if (!absolute)
		return sleep_for(rest, wide, now + ns);
	if (ns <= clock_now ||
	    !thread_sleep_until_interruptible(now + (ns - clock_now)))
		return 0;
	return signal_cut(ERESTARTNOHAND);
}

long sys_clock_gettime(struct trap_frame *frame)
{
	return clock_gettime(frame, false);
}

long sys_clock_gettime64(struct trap_frame *frame)
{
	return clock_gettime(frame, true);
}

long sys_clock_getres(struct trap_frame *frame)
{
	return clock_getres(frame, false);
}

long sys_clock_getres_time64(struct trap_frame *frame)
{
	return clock_getres(frame, true);
}

long sys_nanosleep(struct trap_frame *frame)
{
	return nanosleep(false, CLOCK_MONOTONIC, frame->ebx, frame->ecx,
			 false);
}

long sys_clock_nanosleep(struct trap_frame *frame)
{
	return nanosleep(frame->ecx & TIMER_ABSTIME, frame->ebx,
			 frame->edx, frame->esi, false);
}

long sys_clock_nanosleep_time64(struct trap_frame *frame)
{
	return nanosleep(frame->ecx & TIMER_ABSTIME, frame->ebx,
			 frame->edx, frame->esi, true);
}

long sys_gettimeofday(struct trap_frame *frame)
{
	uint32_t nsec;
	uint64_t sec = div64_32(time_realtime_ns(), NSEC_PER_SEC, &nsec);
	struct { int32_t sec, usec; } tv = { sec, nsec / 1000 };
	struct { int32_t minutes_west, dst; } tz = { 0, 0 };

	if (frame->ebx && copy_to_user(frame->ebx, &tv, sizeof(tv)))
		return -EFAULT;
	if (frame->ecx && copy_to_user(frame->ecx, &tz, sizeof(tz)))
		return -EFAULT;
	return 0;
}

static long set_realtime(uint64_t ns)
{
	if (current_task()->cred->euid)
		return -EPERM;
	time_set_realtime_ns(ns);
	return 0;
}

static long clock_settime(struct trap_frame *frame, bool wide)
{
	uint64_t ns;
	long err;

	if (!clock_read(frame->ebx, &ns) || frame->ebx != CLOCK_REALTIME)
		return -EINVAL;
	err = sys_time_get(&ns, frame->ecx, wide);
	return err ? err : set_realtime(ns);
}

long sys_clock_settime(struct trap_frame *frame)
{
	return clock_settime(frame, false);
}

long sys_clock_settime64(struct trap_frame *frame)
{
	return clock_settime(frame, true);
}

/* settimeofday(time, zone); the zone is of no use, and forgotten */
long sys_settimeofday(struct trap_frame *frame)
{
	struct { int32_t sec, usec; } tv;

	if (!frame->ebx)
		return current_task()->cred->euid ? -EPERM : 0;
	if (copy_from_user(&tv, frame->ebx, sizeof(tv)))
		return -EFAULT;
	if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000)
		return -EINVAL;
	return set_realtime((uint64_t)tv.sec * NSEC_PER_SEC + tv.usec * 1000);
}

long sys_stime(struct trap_frame *frame)
{
	uint32_t sec;

	if (get_user_u32(&sec, frame->ebx))
		return -EFAULT;
	return set_realtime((uint64_t)sec * NSEC_PER_SEC);
}

long sys_time(struct trap_frame *frame)
{
	uint32_t sec = div64_32(time_realtime_ns(), NSEC_PER_SEC, NULL);

	if (frame->ebx && put_user_u32(frame->ebx, sec))
		return -EFAULT;
	return sec;
}
