// SPDX-License-Identifier: MIT
/*
 * spinlock - mutual exclusion between CPUs, for a few dozen instructions.
 *
 * Taking one switches preemption off, so nothing sleeps under it.  A lock
 * that an interrupt handler also takes needs the _irqsave forms everywhere
 * else, or the handler would wait for the thread that it interrupted.
 *
 * Debug builds remember the owner: taking a lock twice, giving back a lock of
 * somebody else, and sleeping while one is held all stop at an assertion.
 */
#pragma once

#include "lib/assert.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

struct spinlock {
	uint8_t locked;
	uint8_t owner;			/* cpu_id() of the holder */
};

#define SPINLOCK_INIT { 0, 0 }

static inline void spin_init(struct spinlock *lock)
{
	lock->locked = 0;
}

/** spin_held() - does this CPU hold @lock?  For assertions. */
static inline bool spin_held(const struct spinlock *lock)
{
	return lock->locked && lock->owner == cpu_id();
}

static inline void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	assert(!spin_held(lock));
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	lock->owner = cpu_id();
}

static inline void spin_unlock(struct spinlock *lock)
{
	assert(spin_held(lock));
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	preempt_enable();
}

static inline uint32_t spin_lock_irqsave(struct spinlock *lock)
{
	uint32_t flags = irq_save();

	spin_lock(lock);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, uint32_t flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

/* The same in one place, for files built for size. */
void spin_lock_called(struct spinlock *lock);
void spin_unlock_called(struct spinlock *lock);
uint32_t spin_lock_irqsave_called(struct spinlock *lock);
void spin_unlock_irqrestore_called(struct spinlock *lock, uint32_t flags);

#ifdef CALL_INLINES
#define spin_lock(lock)			spin_lock_called(lock)
#define spin_unlock(lock)		spin_unlock_called(lock)
#define spin_lock_irqsave(lock)		spin_lock_irqsave_called(lock)
#define spin_unlock_irqrestore(lock, flags) \
	spin_unlock_irqrestore_called(lock, flags)
#endif
