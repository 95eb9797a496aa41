// SPDX-License-Identifier: MIT
/*
 * mutex - what happens when somebody has to wait.
 *
 * True whenever mutex->lock is taken or dropped:
 *   M1  the line is empty exactly if MUTEX_CONTENDED is clear
 *   M2  a mutex with a line has an owner
 *
 * So as long as there is a line, both fast paths fail, and all that changes
 * the owner happens here, under mutex->lock.
 */
#include "sched/mutex.h"

#include "sched/internal.h"
#include "sched/sched.h"

struct mutex_waiter {
	struct list link;
	struct thread *thread;
};

/*
 * Either take a mutex that has become free, or mark it as contended; another
 * CPU may lock and unlock it meanwhile.  Return: true when it is taken.
 */
static bool take_or_mark(struct mutex *mutex)
{
	for (;;) {
		int32_t owner = READ_ONCE(mutex->owner);

		if (!owner) {
			if (atomic_cas(&mutex->owner, 0,
				       (int32_t)current_thread()))
				return true;
		} else if (atomic_cas(&mutex->owner, owner,
				      owner | MUTEX_CONTENDED)) {
			return false;
		}
	}
}

void mutex_lock_slow(struct mutex *mutex)
{
	struct mutex_waiter waiter = { .thread = current_thread() };
	uint32_t flags;

	assert(!mutex_is_held(mutex));
	flags = spin_lock_irqsave(&mutex->lock);
	if (take_or_mark(mutex)) {
		spin_unlock_irqrestore(&mutex->lock, flags);
		return;
	}
	list_add_tail(&mutex->waiters, &waiter.link);
	spin_unlock_irqrestore(&mutex->lock, flags);

	for (;;) {
		thread_set_state(THREAD_SLEEPING);
		if (mutex_is_held(mutex))
			break;
		schedule();
	}
	thread_set_state(THREAD_RUNNABLE);
}

void mutex_unlock_slow(struct mutex *mutex)
{
	uint32_t flags = spin_lock_irqsave(&mutex->lock);
	struct mutex_waiter *first;
	struct thread *heir;
	int32_t contended;

	assert(!list_is_empty(&mutex->waiters));			/* M1 */
	first = list_first_entry(&mutex->waiters, struct mutex_waiter, link);
	heir = first->thread;
	list_remove(&first->link);
	contended = list_is_empty(&mutex->waiters) ? 0 : MUTEX_CONTENDED;
	WRITE_ONCE(mutex->owner, (int32_t)heir | contended);
	sched_wake(heir);
	spin_unlock_irqrestore(&mutex->lock, flags);
}

void mutex_lock_called(struct mutex *mutex)
{
	(mutex_lock)(mutex);
}

void mutex_unlock_called(struct mutex *mutex)
{
	(mutex_unlock)(mutex);
}
