// SPDX-License-Identifier: MIT
/*
 * wait - threads asleep until something is true; first come, first woken.
 *
 *	wait_event(&pipe->readers, pipe->size > 0);		the sleeper
 *	pipe->size += n; wake_one(&pipe->readers);		the waker
 *
 * The sleeper gets in line, looks at its condition once more, and only then
 * lets go of the CPU; so a wake between the look and the sleep is not lost.
 * A woken thread looks again: somebody may have been faster.
 *
 * wake_one() takes its thread out of the line.  If that thread is about to give
 * up, because of a time-out or an interruption, it hands the wake to the next.
 *
 * Context: wake_*() any, interrupts included; wait_*() where one may sleep.
 * @cond is evaluated again and again, without any lock of this module; it must
 * not sleep itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/errno.h"
#include "lib/list.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "x86/spinlock.h"

struct waiter {
	struct list link;
	struct thread *thread;
	bool is_prepared;
	bool is_queued;			/* guarded by the queue's lock */
	/* Instead of a thread: called by each wake, and stays in line. */
	void (*notify)(struct waiter *waiter);
};

/**
 * wait_watch() - let @waiter, which has notify(), be told of each wake.
 * wait_unwatch() - no more.
 *
 * Context of notify(): the waker's, with the queue's lock held.
 */
void wait_watch(struct wait_queue *queue, struct waiter *waiter);
void wait_unwatch(struct wait_queue *queue, struct waiter *waiter);

/** wake_one(), wake_all() - wake the first, or all, who wait in @queue. */
void wake_one_slow(struct wait_queue *queue);
void wake_all_slow(struct wait_queue *queue);

static inline bool wait_queue_is_empty(struct wait_queue *queue)
{
	/* What the waker changed is seen before the line is looked at. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return list_is_empty(&queue->waiters);
}

static inline void wake_one(struct wait_queue *queue)
{
	if (!wait_queue_is_empty(queue))
		wake_one_slow(queue);
}

static inline void wake_all(struct wait_queue *queue)
{
	if (!wait_queue_is_empty(queue))
		wake_all_slow(queue);
}

/* The same in one place, for files built for size. */
void wake_one_called(struct wait_queue *queue);
void wake_all_called(struct wait_queue *queue);
#ifdef CALL_INLINES
#define wake_one(queue)			wake_one_called(queue)
#define wake_all(queue)			wake_all_called(queue)
#endif

/*
 * The steps of the macros below.  A prepared waiter is in line and its thread
 * in the given state, so that schedule() is a sleep.  When wait_finish() is
 * told of an @err it passes on a wake that came too late.
 */
void wait_prepare(struct wait_queue *queue, struct waiter *waiter,
		  enum thread_state state);
void wait_finish(struct wait_queue *queue, struct waiter *waiter, int err);

/* Sleep in @state until @cond (0), or else until @give_up is not 0. */
#define wait_event_loop(queue, cond, state, give_up) ({			\
	struct wait_queue *wait_queue_ = (queue);			\
	struct waiter waiter_;						\
	int wait_err_ = 0;						\
									\
	waiter_.is_prepared = waiter_.is_queued = false;		\
	while (!(cond)) {						\
		if (!waiter_.is_prepared) {				\
			wait_prepare(wait_queue_, &waiter_, (state));	\
			continue;					\
		}							\
		wait_err_ = (give_up);					\
		if (wait_err_)						\
			break;						\
		schedule();						\
		waiter_.is_prepared = false;				\
	}								\
	if (waiter_.is_prepared || waiter_.is_queued || wait_err_)	\
		wait_finish(wait_queue_, &waiter_, wait_err_);		\
	wait_err_; })

/** wait_event() - sleep until @cond is true. */
#define wait_event(queue, cond)						\
	do {								\
		assert(!in_atomic());					\
		(void)wait_event_loop(queue, cond, THREAD_SLEEPING, 0);	\
	} while (0)

/**
 * wait_event_interruptible() - sleep until @cond or thread_interrupt().
 * Return: 0 when @cond is true; -EINTR.
 */
#define wait_event_interruptible(queue, cond) ({			\
	assert(!in_atomic());						\
	wait_event_loop(queue, cond, THREAD_INTERRUPTIBLE,		\
		current_thread()->interrupted ? -EINTR : 0); })

#define wait_event_timer(queue, cond, ns, state, give_up) ({		\
	struct timer wait_timer_;					\
	int wait_result_;						\
									\
	assert(!in_atomic());						\
	timer_init(&wait_timer_, timer_wake_thread, current_thread());	\
	timer_add(&wait_timer_, timer_after(ns));			\
	wait_result_ = wait_event_loop(queue, cond, state,		\
		(give_up) ? -EINTR :					\
		timer_is_pending(&wait_timer_) ? 0 : -ETIMEDOUT);	\
	timer_cancel(&wait_timer_);					\
	wait_result_; })

/**
 * wait_event_timeout() - sleep until @cond, for @ns nanoseconds at most.
 * Return: 0 when @cond is true; -ETIMEDOUT.
 */
#define wait_event_timeout(queue, cond, ns)				\
	wait_event_timer(queue, cond, ns, THREAD_SLEEPING, false)

/** wait_event_interruptible_timeout() - 0, -EINTR or -ETIMEDOUT. */
#define wait_event_interruptible_timeout(queue, cond, ns)		\
	wait_event_timer(queue, cond, ns, THREAD_INTERRUPTIBLE,		\
			 current_thread()->interrupted)
