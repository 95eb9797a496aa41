// SPDX-License-Identifier: MIT
/*
 * mutex - mutual exclusion between threads, for as long as it takes.
 *
 * The owner's address is the lock: 0 is free, and bit 0 says that somebody
 * waits.  Without waiters both ends are one compare-and-swap.  With waiters
 * the lock is never free in between: the owner hands it to whoever waits
 * longest, so nobody starves.
 *
 * Context: may sleep, also when the lock is free; never in interrupts.  The
 * thread that locks is the one that unlocks.
 */
#pragma once

#include "sched/thread.h"
#include "x86/atomic.h"

#define MUTEX_CONTENDED	1

struct mutex {
	int32_t	owner;			/* struct thread *, | MUTEX_CONTENDED */
	struct spinlock lock;
	struct list waiters;		/* guarded by lock; in order */
};

#define MUTEX_INIT(name) { 0, SPINLOCK_INIT, LIST_INIT((name).waiters) }

static inline void mutex_init(struct mutex *mutex)
{
	mutex->owner = 0;
	spin_init(&mutex->lock);
	list_init(&mutex->waiters);
}

/** mutex_is_held() - by the caller?  For assertions. */
static inline bool mutex_is_held(const struct mutex *mutex)
{
	return (mutex->owner & ~MUTEX_CONTENDED) == (int32_t)current_thread();
}

void mutex_lock_slow(struct mutex *mutex);
void mutex_unlock_slow(struct mutex *mutex);

static inline bool mutex_trylock(struct mutex *mutex)
{
	assert(!in_atomic());
	return atomic_cas(&mutex->owner, 0, (int32_t)current_thread());
}

static inline void mutex_lock(struct mutex *mutex)
{
	if (unlikely(!mutex_trylock(mutex)))
		mutex_lock_slow(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert(mutex_is_held(mutex));
	if (unlikely(!atomic_cas(&mutex->owner, (int32_t)current_thread(), 0)))
		mutex_unlock_slow(mutex);
}

/* The same in one place, for files built for size. */
void mutex_lock_called(struct mutex *mutex);
void mutex_unlock_called(struct mutex *mutex);

#ifdef CALL_INLINES
#define mutex_lock(mutex)		mutex_lock_called(mutex)
#define mutex_unlock(mutex)		mutex_unlock_called(mutex)
#endif
