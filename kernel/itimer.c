// SPDX-License-Identifier: MIT
/*
 * itimer - timers of processes: setitimer(), alarm(), and the limit of CPU
 * time, which is a timer as well.
 *
 * A real timer goes off in the timer interrupt.  CPU time is looked at there,
 * too, for the process that runs: by a timer of the kernel's own, which is
 * pending only while some process counts its CPU time (nr_counting).
 *
 * Locking: tasks_lock.
 */
#include "kernel/itimer.h"

#include "drivers/time.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define TICK_NS		(NSEC_PER_SEC / TICK_HZ)

static void look_at_cpu_time(void *unused);

static struct timer tick = { .fn = look_at_cpu_time };
static unsigned int nr_counting;	/* processes */

static uint64_t cpu_ns(const struct process *process, int which)
{
	struct usage usage = process_usage(process);

	return sys_time_of_ticks(which == ITIMER_VIRTUAL ? usage.user_ticks :
				 usage.ticks);
}

static bool counts(const struct process *process)
{
	const struct itimers *timers = &process->itimers;

	return timers->timer[ITIMER_VIRTUAL].end ||
	       timers->timer[ITIMER_PROF].end || timers->next_xcpu;
}

/* After a change: @did_count says what counts() was before it. */
static void recount(const struct process *process, bool did_count)
{
	nr_counting += counts(process) - did_count;
	if (nr_counting && !timer_is_pending(&tick))
		timer_add(&tick, timer_after(TICK_NS));
}

static void go_off(struct process *process, int which, uint64_t now)
{
	static const uint8_t signals[] = { SIGALRM, SIGVTALRM, SIGPROF };
	struct siginfo info = { .signo = signals[which], .code = SI_KERNEL };
	uint64_t interval = process->itimers.timer[which].interval;
	uint64_t *end = &process->itimers.timer[which].end;

	signal_send_locked(process, &info);
	if (!interval)
		*end = 0;
	else
		while (*end <= now)
			*end += interval;
}

static void real_goes_off(void *arg)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = arg;
	uint64_t *end = &process->itimers.timer[ITIMER_REAL].end;

	if (*end) {
		go_off(process, ITIMER_REAL, timer_now());
		if (*end)
			timer_add(&process->itimers.real, *end);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* Each second above the soft limit is told; the hard one ends it. */
static void check_limit(struct process *process, uint64_t now)
{
	struct siginfo info = { .signo = SIGXCPU, .code = SI_KERNEL };
	uint64_t *next = &process->itimers.next_xcpu;

	if (!*next || now < *next)
		return;
	if (now >= (uint64_t)process->limits[RLIMIT_CPU].hard * NSEC_PER_SEC)
		info.signo = SIGKILL;
	signal_send_locked(process, &info);
	*next += NSEC_PER_SEC;
}

static void look_at_cpu_time(void *unused)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();
	struct process *process = task ? task->process : NULL;
	bool did_count = process && counts(process);
	uint64_t now;

	(void)unused;
	if (did_count) {
		for (int i = ITIMER_VIRTUAL; i < NR_ITIMERS; i++) {
			now = cpu_ns(process, i);
			if (process->itimers.timer[i].end &&
			    now >= process->itimers.timer[i].end)
				go_off(process, i, now);
		}
		check_limit(process, now);
		nr_counting += counts(process) - did_count;
	}
	if (nr_counting)
		timer_add(&tick, timer_after(TICK_NS));
	spin_unlock_irqrestore(&tasks_lock, flags);
}

void itimers_init(struct process *process)
{
	timer_init(&process->itimers.real, real_goes_off, process);
}

void itimers_end(struct process *process)
{
	bool did_count = counts(process);

	assert(spin_held(&tasks_lock));
	timer_cancel(&process->itimers.real);
	for (int i = 0; i < NR_ITIMERS; i++)
		process->itimers.timer[i].end = 0;
	process->itimers.next_xcpu = 0;
	recount(process, did_count);
}

void itimer_watch(struct process *process)
{
	bool did_count = counts(process);
	uint32_t limit = process_limit(process, RLIMIT_CPU);

	assert(spin_held(&tasks_lock));
	/* A limit of 0 is over at once, as one of 1 would be soon. */
	process->itimers.next_xcpu = limit == RLIM_INFINITY ? 0 :
		(uint64_t)max(limit, 1u) * NSEC_PER_SEC;
	recount(process, did_count);
}

/* -------------------------------------------------------------- the calls */

struct itimer_value {
	uint64_t interval, rest;	/* ns */
};

static struct itimer_value get_timer(struct process *process, int which,
				     uint64_t now)
{
	uint64_t end = process->itimers.timer[which].end;
	/* It has not gone off yet, so there is something left. */
	uint64_t least = NSEC_PER_SEC / 1000000;

	return (struct itimer_value){
		.interval = process->itimers.timer[which].interval,
		.rest = !end ? 0 : end > now + least ? end - now : least,
	};
}

static void set_timer(struct process *process, int which, uint64_t now,
		      const struct itimer_value *new)
{
	struct itimers *timers = &process->itimers;
	bool did_count = counts(process);

	timers->timer[which].interval = new->rest || which != ITIMER_REAL ?
		new->interval : 0;
	timers->timer[which].end = new->rest ? now + new->rest : 0;
	if (which != ITIMER_REAL) {
		recount(process, did_count);
		return;
	}
	timer_cancel(&timers->real);
	if (new->rest)
		timer_add(&timers->real, now + new->rest);
}

/* @new: NULL to ask only; Return: what it was. */
static struct itimer_value change_timer(int which,
					const struct itimer_value *new)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = current_process();
	uint64_t now = which == ITIMER_REAL ? timer_now() :
		cpu_ns(process, which);
	struct itimer_value old = get_timer(process, which, now);

	if (new)
		set_timer(process, which, now, new);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return old;
}

static int get_value(struct itimer_value *value, vaddr_t from)
{
	struct { int32_t sec, usec; } pair[2];

	if (copy_from_user(pair, from, sizeof(pair)))
		return -EFAULT;
	for (int i = 0; i < 2; i++)
		if (pair[i].sec < 0 || pair[i].usec < 0 ||
		    pair[i].usec >= 1000000)
			return -EINVAL;
	value->interval = (uint64_t)pair[0].sec * NSEC_PER_SEC +
		pair[0].usec * 1000;
	value->rest = (uint64_t)pair[1].sec * NSEC_PER_SEC +
		pair[1].usec * 1000;
	return 0;
}

static int put_value(vaddr_t to, const struct itimer_value *value)
{
	uint32_t words[4];

	words[0] = div64_32(value->interval, NSEC_PER_SEC, &words[1]);
	words[2] = div64_32(value->rest, NSEC_PER_SEC, &words[3]);
	words[1] /= 1000;
	words[3] /= 1000;
	return copy_to_user(to, words, sizeof(words)) ? -EFAULT : 0;
}

/* getitimer(which, value) */
long sys_getitimer(struct trap_frame *frame)
{
	struct itimer_value value;

	if (frame->ebx >= NR_ITIMERS)
		return -EINVAL;
	value = change_timer(frame->ebx, NULL);
	return put_value(frame->ecx, &value);
}

/* setitimer(which, new, old); new NULL: none, as ever */
long sys_setitimer(struct trap_frame *frame)
{
	struct itimer_value new = { 0, 0 }, old;
	int err = frame->ecx ? get_value(&new, frame->ecx) : 0;

	if (err)
		return err;
	if (frame->ebx >= NR_ITIMERS)
		return -EINVAL;
	old = change_timer(frame->ebx, &new);
	return frame->edx ? put_value(frame->edx, &old) : 0;
}

/* alarm(seconds); Return: those that were left, rounded, but never to none */
long sys_alarm(struct trap_frame *frame)
{
	struct itimer_value new = {
		.rest = min(frame->ebx, (uint32_t)INT32_MAX) *
			(uint64_t)NSEC_PER_SEC,
	};
	struct itimer_value old = change_timer(ITIMER_REAL, &new);
	uint32_t nsec, sec = div64_32(old.rest, NSEC_PER_SEC, &nsec);

	return sec + ((!sec && nsec) || nsec >= NSEC_PER_SEC / 2);
}
