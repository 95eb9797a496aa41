// SPDX-License-Identifier: MIT
/*
 * spinlock - for the host tests: nobody to wait for, so that each wait is a
 * deadlock, and each lock is given back once by who took it, in the form in
 * which it was taken.  Anything else panics.
 */
#pragma once

#include "lib/assert.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

struct spinlock {
	uint8_t locked;
	uint8_t irqsave;		/* taken by spin_lock_irqsave() */
};

#define SPINLOCK_INIT { 0, 0 }

static inline void spin_init(struct spinlock *lock)
{
	lock->locked = 0;
	lock->irqsave = 0;
}

static inline bool spin_held(const struct spinlock *lock)
{
	return lock->locked;
}

static inline void spin_lock(struct spinlock *lock)
{
	assert_always(!lock->locked);
	preempt_disable();
	lock->locked = 1;
	lock->irqsave = 0;
}

static inline void spin_unlock(struct spinlock *lock)
{
	assert_always(lock->locked && !lock->irqsave);
	assert_always(this_cpu()->preempt_count > 0);
	lock->locked = 0;
	preempt_enable();
}

static inline uint32_t spin_lock_irqsave(struct spinlock *lock)
{
	uint32_t flags = irq_save();

	spin_lock(lock);
	lock->irqsave = 1;
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, uint32_t flags)
{
	assert_always(lock->irqsave && !irq_is_enabled());
	lock->irqsave = 0;
	spin_unlock(lock);
	irq_restore(flags);
}
