// SPDX-License-Identifier: MIT
/*
 * mutex - for the host tests: one thread, so that each wait is a deadlock.
 * Anything but lock and unlock in turn panics.
 */
#pragma once

#include <stdbool.h>

#include "lib/assert.h"
#include "lib/list.h"
#include "x86/atomic.h"
#include "x86/spinlock.h"

struct mutex {
	bool is_held;
};

#define MUTEX_INIT(name) { false }

static inline void mutex_init(struct mutex *mutex)
{
	mutex->is_held = false;
}

static inline bool mutex_is_held(const struct mutex *mutex)
{
	return mutex->is_held;
}

static inline void mutex_lock(struct mutex *mutex)
{
	assert_always(!mutex->is_held);
	preempt_disable();		/* the test's end sees that it is held */
	mutex->is_held = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert_always(mutex->is_held);
	mutex->is_held = false;
	preempt_enable();
}
