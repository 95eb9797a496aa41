// SPDX-License-Identifier: MIT
/*
 * spinlock - the functions of spinlock.h once more, for files that are built
 * for size.  In parentheses a name is the inline function, not the macro.
 */
#include "x86/spinlock.h"

void spin_lock_called(struct spinlock *lock)
{
	(spin_lock)(lock);
}

void spin_unlock_called(struct spinlock *lock)
{
	(spin_unlock)(lock);
}

uint32_t spin_lock_irqsave_called(struct spinlock *lock)
{
	return (spin_lock_irqsave)(lock);
}

void spin_unlock_irqrestore_called(struct spinlock *lock, uint32_t flags)
{
	(spin_unlock_irqrestore)(lock, flags);
}
