// SPDX-License-Identifier: MIT
/*
 * wait - the line of a wait queue: get in, be taken out, leave.
 *
 * A waiter lies on the stack of its thread.  The waker has finished with it,
 * and with the thread, when it clears is_queued.
 */
#include "sched/wait.h"

#include "sched/internal.h"

void wait_prepare(struct wait_queue *queue, struct waiter *waiter,
		  enum thread_state state)
{
	uint32_t flags = spin_lock_irqsave(&queue->lock);

	waiter->thread = current_thread();
	waiter->is_prepared = true;
	waiter->notify = NULL;
	if (!waiter->is_queued) {
		waiter->is_queued = true;
		list_add_tail(&queue->waiters, &waiter->link);
	}
	thread_set_state(state);
	spin_unlock_irqrestore(&queue->lock, flags);
}

static void wake(struct waiter *waiter)
{
	list_remove(&waiter->link);
	sched_wake(waiter->thread);
	WRITE_ONCE(waiter->is_queued, false);
}

/* The first in line; false: nobody, or one who only wants to know. */
static inline bool wake_first(struct wait_queue *queue)
{
	struct waiter *first;

	if (list_is_empty(&queue->waiters))
		return false;
	first = list_first_entry(&queue->waiters, struct waiter, link);
	if (unlikely(first->notify))
		return false;
	wake(first);
	return true;
}

/* Up to @most threads, and those before them that only want to know. */
static void wake_some(struct wait_queue *queue, uint32_t most)
{
	struct waiter *waiter, *spare;

	list_for_each_entry_safe(waiter, spare, &queue->waiters, link) {
		if (waiter->notify) {
			waiter->notify(waiter);
			continue;
		}
		wake(waiter);
		if (--most == 0)
			break;
	}
}

void wake_one_slow(struct wait_queue *queue)
{
	uint32_t flags = spin_lock_irqsave(&queue->lock);

	if (!wake_first(queue))
		wake_some(queue, 1);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wake_all_slow(struct wait_queue *queue)
{
	uint32_t flags = spin_lock_irqsave(&queue->lock);

	while (wake_first(queue))
		;
	if (unlikely(!list_is_empty(&queue->waiters)))
		wake_some(queue, UINT32_MAX);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wake_one_called(struct wait_queue *queue)
{
	(wake_one)(queue);
}

void wake_all_called(struct wait_queue *queue)
{
	(wake_all)(queue);
}

void wait_watch(struct wait_queue *queue, struct waiter *waiter)
{
	uint32_t flags = spin_lock_irqsave(&queue->lock);

	list_add(&queue->waiters, &waiter->link);
	waiter->is_queued = true;
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wait_unwatch(struct wait_queue *queue, struct waiter *waiter)
{
	uint32_t flags = spin_lock_irqsave(&queue->lock);

	list_remove(&waiter->link);
	waiter->is_queued = false;
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wait_finish(struct wait_queue *queue, struct waiter *waiter, int err)
{
	bool was_woken = true;
	uint32_t flags;

	thread_set_state(THREAD_RUNNABLE);
	if (READ_ONCE(waiter->is_queued)) {
		flags = spin_lock_irqsave(&queue->lock);
		if (waiter->is_queued) {
			list_remove(&waiter->link);
			was_woken = false;
		}
		spin_unlock_irqrestore(&queue->lock, flags);
	}
	if (err && was_woken)
		wake_one(queue);
}
