// SPDX-License-Identifier: MIT
/*
 * timer - call a function at a moment, once; and sleep until a moment.
 *
 * Moments are nanoseconds of the clock that drivers/time.c registers, the
 * monotonic one.  Timers are looked at on each tick: they are never early, and
 * late by up to one tick.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/rbtree.h"

struct thread;

/* Guarded by the lock in timer.c while it is pending. */
struct timer {
	struct rb_node node;
	uint64_t expires;		/* ns */
	void (*fn)(void *arg);
	void *arg;
	bool is_pending;
};

/** timer_set_clock() - register the monotonic clock, once. */
void timer_set_clock(uint64_t (*now_ns)(void));

/** timer_now() - that clock; 0 as long as there is none. */
uint64_t timer_now(void);

/** timer_after() - the moment @ns nanoseconds from now, or the last of all. */
static inline uint64_t timer_after(uint64_t ns)
{
	uint64_t now = timer_now();

	return now + ns < now ? UINT64_MAX : now + ns;
}

/** timer_init() - @fn(@arg) is to run, in the timer interrupt. */
static inline void timer_init(struct timer *timer, void (*fn)(void *arg),
			      void *arg)
{
	timer->fn = fn;
	timer->arg = arg;
	timer->is_pending = false;
}

static inline bool timer_is_pending(const struct timer *timer)
{
	return READ_ONCE(timer->is_pending);
}

/**
 * timer_add() - let @timer, which is not pending, go off at @expires.
 *
 * Timers of the same moment go off in the order in which they were added.
 * The function may add its own timer again.  Context: any.
 */
void timer_add(struct timer *timer, uint64_t expires);

/**
 * timer_cancel() - @timer will not go off.  Context: any.
 * Return: true if it was pending; false if it has gone off, or never was.
 */
bool timer_cancel(struct timer *timer);

/** timer_run() - from the tick: let all go off that expire by @now. */
void timer_run(uint64_t now);

/** timer_check() - walk the tree and assert its rules. */
void timer_check(void);

/** timer_wake_thread() - a timer function that wakes the thread @arg. */
void timer_wake_thread(void *thread);

/* Sleep until timer_now() >= @ns, at least @ns nanoseconds; may sleep. */
void thread_sleep_until(uint64_t ns);
void thread_sleep(uint64_t ns);

/**
 * thread_sleep_interruptible() - the same until thread_interrupt().
 * @rest: gets the nanoseconds that were left; may be NULL
 *
 * Return: 0; -EINTR when it was interrupted before the time was over.
 */
int thread_sleep_interruptible(uint64_t ns, uint64_t *rest);
int thread_sleep_until_interruptible(uint64_t ns);
