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
 * wake_one() takes its thread out of the line.  An interrupted or timed out
 * sleeper looks at its condition last of all, so no wake is lost with it.
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
	bool is_queued;			/* guarded by the queue's lock */
};

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

/* The steps of the macros below. */
void wait_prepare(struct wait_queue *queue, struct waiter *waiter,
		  enum thread_state state);
void wait_finish(struct wait_queue *queue, struct waiter *waiter);

/* Sleep in @state until @cond (0), or else until @give_up is not 0. */
#define wait_event_loop(queue, cond, state, give_up) ({			\
	struct wait_queue *wait_queue_ = (queue);			\
	struct waiter waiter_ = { .is_queued = false };			\
	int wait_err_ = 0;						\
									\
	for (;;) {							\
		wait_prepare(wait_queue_, &waiter_, (state));		\
		if (cond)						\
			break;						\
		wait_err_ = (give_up);					\
		if (wait_err_)						\
			break;						\
		schedule();						\
	}								\
	wait_finish(wait_queue_, &waiter_);				\
	wait_err_; })

/** wait_event() - sleep until @cond is true. */
#define wait_event(queue, cond)						\
	do {								\
		assert(!in_atomic());					\
		if (!(cond))						\
			(void)wait_event_loop(queue, cond,		\
					      THREAD_SLEEPING, 0);	\
	} while (0)

/**
 * wait_event_interruptible() - sleep until @cond or thread_interrupt().
 * Return: 0 when @cond is true; -EINTR.
 */
#define wait_event_interruptible(queue, cond) ({			\
	assert(!in_atomic());						\
	(cond) ? 0 : wait_event_loop(queue, cond, THREAD_INTERRUPTIBLE,	\
		current_thread()->interrupted ? -EINTR : 0); })

/**
 * wait_event_timeout() - sleep until @cond, for @ns nanoseconds at most.
 * Return: 0 when @cond is true; -ETIMEDOUT.
 */
#define wait_event_timeout(queue, cond, ns) ({				\
	struct timer wait_timer_;					\
	int wait_result_ = 0;						\
									\
	assert(!in_atomic());						\
	if (!(cond)) {							\
		timer_init(&wait_timer_, timer_wake_thread,		\
			   current_thread());				\
		timer_add(&wait_timer_, timer_now() + (ns));		\
		wait_result_ = wait_event_loop(queue, cond,		\
			THREAD_SLEEPING,				\
			timer_is_pending(&wait_timer_) ? 0 : -ETIMEDOUT);\
		timer_cancel(&wait_timer_);				\
	}								\
	wait_result_; })

/** wait_event_interruptible_timeout() - 0, -EINTR or -ETIMEDOUT. */
#define wait_event_interruptible_timeout(queue, cond, ns) ({		\
	struct timer wait_timer_;					\
	int wait_result_ = 0;						\
									\
	assert(!in_atomic());						\
	if (!(cond)) {							\
		timer_init(&wait_timer_, timer_wake_thread,		\
			   current_thread());				\
		timer_add(&wait_timer_, timer_now() + (ns));		\
		wait_result_ = wait_event_loop(queue, cond,		\
			THREAD_INTERRUPTIBLE,				\
			current_thread()->interrupted ? -EINTR :	\
			timer_is_pending(&wait_timer_) ? 0 : -ETIMEDOUT);\
		timer_cancel(&wait_timer_);				\
	}								\
	wait_result_; })
