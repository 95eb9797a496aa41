// SPDX-License-Identifier: MIT
/*
 * sys_time - clocks and sleeping.
 *
 * Each call exists twice: with the 32-bit seconds of old, and with 64 bits.
 * Inside there is one of each, which works in nanoseconds.
 */
#include "kernel/sys_time.h"

#include "drivers/time.h"
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

/* Return: false: no such clock. */
static bool clock_read(uint32_t clock, uint64_t *ns)
{
	uint32_t flags;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = time_realtime_ns();
		return true;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = time_now_ns();
		return true;
	case CLOCK_PROCESS_CPUTIME_ID:
		flags = spin_lock_irqsave(&tasks_lock);
		*ns = process_usage(current_process()).ticks;
		spin_unlock_irqrestore(&tasks_lock, flags);
		*ns = sys_time_of_ticks(*ns);
		return true;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = sys_time_of_ticks(task_cpu_ticks(current_task()));
		return true;
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

long sys_time(struct trap_frame *frame)
{
	uint32_t sec = div64_32(time_realtime_ns(), NSEC_PER_SEC, NULL);

	if (frame->ebx && put_user_u32(frame->ebx, sec))
		return -EFAULT;
	return sec;
}
