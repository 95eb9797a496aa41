// SPDX-License-Identifier: MIT
/*
 * timer - the pending timers in a tree, by the moment at which they go off.
 *
 * Locking: timers_lock, interrupts off; not held while a timer's function
 * runs, so that it may add and cancel.
 */
#include "sched/timer.h"

#include "lib/errno.h"
#include "sched/sched.h"
#include "x86/spinlock.h"

static struct spinlock timers_lock = SPINLOCK_INIT;
static struct rb_root timers = RB_ROOT_INIT;
static uint64_t (*clock)(void);

void timer_set_clock(uint64_t (*now_ns)(void))
{
	clock = now_ns;
}

uint64_t timer_now(void)
{
	return clock ? clock() : 0;
}

static struct timer *timer_of(struct rb_node *node)
{
	return rb_entry(node, struct timer, node);
}

void timer_add(struct timer *timer, uint64_t expires)
{
	struct rb_node **link = &timers.node, *parent = NULL;
	uint32_t flags = spin_lock_irqsave(&timers_lock);

	assert(!timer->is_pending);
	timer->expires = expires;
	while (*link) {
		parent = *link;
		if (expires < timer_of(parent)->expires)
			link = &parent->left;
		else
			link = &parent->right;
	}
	rb_link(&timer->node, parent, link);
	rb_insert_fixup(&timers, &timer->node);
	timer->is_pending = true;
	spin_unlock_irqrestore(&timers_lock, flags);
}

bool timer_cancel(struct timer *timer)
{
	uint32_t flags = spin_lock_irqsave(&timers_lock);
	bool was_pending = timer->is_pending;

	if (was_pending) {
		rb_remove(&timers, &timer->node);
		timer->is_pending = false;
	}
	spin_unlock_irqrestore(&timers_lock, flags);
	return was_pending;
}

/* Take the first timer out of the tree if its time has come, or NULL. */
static struct timer *take_expired(uint64_t now)
{
	uint32_t flags = spin_lock_irqsave(&timers_lock);
	struct rb_node *node = rb_first(&timers);
	struct timer *timer = NULL;

	if (node && timer_of(node)->expires <= now) {
		timer = timer_of(node);
		rb_remove(&timers, node);
		WRITE_ONCE(timer->is_pending, false);
	}
	spin_unlock_irqrestore(&timers_lock, flags);
	return timer;
}

void timer_run(uint64_t now)
{
	struct timer *timer;

	while ((timer = take_expired(now)))
		timer->fn(timer->arg);
}

void timer_check(void)
{
	uint32_t flags = spin_lock_irqsave(&timers_lock);
	struct rb_node *node;
	uint64_t last = 0;

	rb_check(&timers);
	rb_for_each(node, &timers) {
		assert(timer_of(node)->is_pending);
		assert(timer_of(node)->expires >= last);
		last = timer_of(node)->expires;
	}
	spin_unlock_irqrestore(&timers_lock, flags);
}

/* ---------------------------------------------------------------- sleeping */

void timer_wake_thread(void *thread)
{
	thread_wake(thread);
}

static int sleep_until(uint64_t ns, enum thread_state state)
{
	struct thread *thread = current_thread();
	struct timer timer;
	int err = 0;

	assert(!in_atomic());
	timer_init(&timer, timer_wake_thread, thread);
	timer_add(&timer, ns);
	for (;;) {
		thread_set_state(state);
		if (!timer_is_pending(&timer))
			break;
		if (state == THREAD_INTERRUPTIBLE && thread->interrupted) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	thread_set_state(THREAD_RUNNABLE);
	timer_cancel(&timer);
	return err;
}

void thread_sleep_until(uint64_t ns)
{
	sleep_until(ns, THREAD_SLEEPING);
}

void thread_sleep(uint64_t ns)
{
	sleep_until(timer_after(ns), THREAD_SLEEPING);
}

int thread_sleep_until_interruptible(uint64_t ns)
{
	return sleep_until(ns, THREAD_INTERRUPTIBLE);
}

int thread_sleep_interruptible(uint64_t ns, uint64_t *rest)
{
	uint64_t end = timer_after(ns);
	int err = sleep_until(end, THREAD_INTERRUPTIBLE);
	uint64_t now = timer_now();

	if (rest)
		*rest = now < end ? end - now : 0;
	return err;
}
