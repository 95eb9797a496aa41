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
#define CLOCK_REALTIME_ALARM	8
#define CLOCK_BOOTTIME_ALARM	9
#define CLOCK_TAI		11

/* In the numbers below 0; those of the current process, or thread. */
#define CLOCK_WHICH		3
#define CLOCK_USER		1
#define CLOCK_OF_THREAD		4
#define CLOCK_OF_PROCESS	(-6)	/* ~0 << 3 | 2 */

#define COARSE_NS		4000000	/* as Linux says; ours are better */
#define POLL_NS			10000000 /* how often CPU time is looked at */

#define TIMER_ABSTIME		1
#define ZONE_MOST		(15 * 60) /* minutes */

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

uint32_t sys_time_centis(uint64_t ticks)
{
	return div64_32(sys_time_of_ticks(ticks), NSEC_PER_SEC / 100, NULL);
}

/*
 * CPU time of a process, or of a thread, as number @clock below 0 says:
 *
 *	~id (0: the current one) | of a thread? | which
 *	31                     3 | 2            | 1   0
 *
 * which: 0: all, in ticks of old; 1: that in user mode; 2: all; 3: no clock
 */
static bool cpu_clock_read(int clock, uint64_t *ns)
{
	int id = ~(clock >> 3);
	bool is_thread = clock & CLOCK_OF_THREAD;
	struct usage usage = { 0 };
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct process *process = id ? process_find(id) :
		current_process();
	struct task *task = id ? task_find(id) : current_task();
	bool found = is_thread ? task && task->process == current_process() :
		process != NULL;

	if (found)
		usage = is_thread ? task_usage(task) : process_usage(process);
	spin_unlock_irqrestore(&tasks_lock, flags);
	*ns = sys_time_of_ticks((clock & CLOCK_WHICH) == CLOCK_USER ?
				usage.user_ticks : usage.ticks);
	return found && (clock & CLOCK_WHICH) != CLOCK_WHICH;
}

/* Return: false: no such clock. */
static bool clock_read(uint32_t clock, uint64_t *ns)
{
	if ((int)clock < 0)
		return cpu_clock_read(clock, ns);
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = time_realtime_ns();
		return true;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = time_now_ns();
		return true;
	case CLOCK_PROCESS_CPUTIME_ID:
		return cpu_clock_read(CLOCK_OF_PROCESS, ns);
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock_read(CLOCK_OF_PROCESS | CLOCK_OF_THREAD, ns);
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

long sys_time_get_times(struct timer_times *times, vaddr_t from, bool wide)
{
	return sys_time_get(&times->interval, from, wide) ?:
		sys_time_get(&times->next, from + (wide ? 16 : 8), wide);
}

long sys_time_put_times(vaddr_t to, const struct timer_times *times, bool wide)
{
	uint64_t now = timer_now();
	uint64_t rest = !times->next ? 0 : times->next > now ?
		times->next - now : 1;

	return sys_time_put(to, times->interval, wide) ?:
		sys_time_put(to + (wide ? 16 : 8), rest, wide);
}

void timer_times_start(struct timer_times *times, bool is_date,
		       bool is_realtime)
{
	uint64_t date = time_realtime_ns(), now = timer_now();

	if (!times->next)
		return;
	if (!is_date)
		times->next = timer_after(times->next);
	else if (is_realtime)
		times->next = times->next > date ?
			now + (times->next - date) : 1;
}

uint64_t timer_times_pass(struct timer_times *times, uint64_t now)
{
	uint64_t count = 1, interval = times->interval, late;

	if (!times->next || times->next > now)
		return 0;
	late = now - times->next;
	if (!interval) {
		times->next = 0;
		return 1;
	}
	if (interval >> 32)
		for (; late >= interval; late -= interval)
			count++;
	else
		count += div64_32(late, interval, NULL);
	times->next += count * interval;
	return count;
}

bool sys_time_is_clock(uint32_t clock)
{
	uint64_t ns;

	return clock_read(clock, &ns);
}

bool sys_time_is_realtime(uint32_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM ||
	       clock == CLOCK_TAI;
}

bool sys_time_is_date(uint32_t clock)
{
	return (sys_time_is_realtime(clock) && clock != CLOCK_TAI) ||
	       clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
	       clock == CLOCK_BOOTTIME_ALARM;
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
	    frame->ebx == CLOCK_MONOTONIC_COARSE ||
	    ((int)frame->ebx < 0 && (frame->ebx & CLOCK_WHICH) <= CLOCK_USER))
		ns = COARSE_NS;
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

static bool is_cpu_clock(uint32_t clock)
{
	return clock == CLOCK_PROCESS_CPUTIME_ID ||
	       ((int)clock < 0 && (clock & (CLOCK_OF_THREAD | CLOCK_WHICH)) !=
		CLOCK_WHICH);
}

/* Nobody can wait for himself to compute. */
static bool is_own_thread(int clock)
{
	int id = ~(clock >> 3);

	return clock < 0 && clock & CLOCK_OF_THREAD &&
	       (!id || id == current_task()->tid);
}

/* Until a clock of CPU time, which others have to run up, shows @end. */
static long sleep_for_others(uint32_t clock, uint64_t end)
{
	uint64_t now;

	while (clock_read(clock, &now) && now < end)
		if (thread_sleep_until_interruptible(timer_after(POLL_NS)))
			return signal_cut(ERESTARTNOHAND);
	return 0;
}

static long nanosleep(bool absolute, uint32_t clock, vaddr_t request,
		      vaddr_t rest, bool wide)
{
	uint64_t ns, now = time_now_ns(), clock_now = now;
	long err;

	if (clock >= CLOCK_THREAD_CPUTIME_ID &&
	    clock <= CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	if (!is_cpu_clock(clock) && !clock_read(clock, &clock_now))
		return -EINVAL;
	err = sys_time_get(&ns, request, wide);
	if (err)
		return err;
	if (is_cpu_clock(clock)) {
		if (is_own_thread(clock) || !clock_read(clock, &clock_now))
			return -EINVAL;
		return sleep_for_others(clock, absolute ? ns : clock_now + ns);
	}
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

/* Nobody here needs it, but who sets it may ask for it. */
static struct { int32_t minutes_west, dst; } zone;

long sys_gettimeofday(struct trap_frame *frame)
{
	uint32_t nsec;
	uint64_t sec = div64_32(time_realtime_ns(), NSEC_PER_SEC, &nsec);
	struct { int32_t sec, usec; } tv = { sec, nsec / 1000 };

	if (frame->ebx && copy_to_user(frame->ebx, &tv, sizeof(tv)))
		return -EFAULT;
	if (frame->ecx && copy_to_user(frame->ecx, &zone, sizeof(zone)))
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
	bool is_cpu = (int)frame->ebx < 0;
	uint64_t ns, unused;
	long err;

	if (!is_cpu && frame->ebx != CLOCK_REALTIME)
		return -EINVAL;
	err = sys_time_get(&ns, frame->ecx, wide);
	if (err || !is_cpu)
		return err ? err : set_realtime(ns);
	return clock_read(frame->ebx, &unused) ? -EPERM : -EINVAL;
}

long sys_clock_settime(struct trap_frame *frame)
{
	return clock_settime(frame, false);
}

long sys_clock_settime64(struct trap_frame *frame)
{
	return clock_settime(frame, true);
}

/* settimeofday(time, zone) */
long sys_settimeofday(struct trap_frame *frame)
{
	typeof(zone) new = zone;
	struct { int32_t sec, usec; } tv;

	if (frame->ebx) {
		if (copy_from_user(&tv, frame->ebx, sizeof(tv)))
			return -EFAULT;
		if (tv.sec < 0 || tv.usec < 0 || tv.usec >= 1000000)
			return -EINVAL;
	}
	if (frame->ecx && copy_from_user(&new, frame->ecx, sizeof(new)))
		return -EFAULT;
	if (current_task()->cred->euid)
		return -EPERM;
	if (new.minutes_west > ZONE_MOST || new.minutes_west < -ZONE_MOST)
		return -EINVAL;
	zone = new;
	return frame->ebx ? set_realtime((uint64_t)tv.sec * NSEC_PER_SEC +
					 tv.usec * 1000) : 0;
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
