// SPDX-License-Identifier: MIT
/*
 * cpu - for the host tests: an interrupt flag that is a variable, and nothing
 * else that the pure code has a use for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

extern bool host_irq_enabled;

static inline void irq_disable(void)
{
	host_irq_enabled = false;
}

static inline void irq_enable(void)
{
	host_irq_enabled = true;
}

static inline bool irq_is_enabled(void)
{
	return host_irq_enabled;
}

static inline uint32_t irq_save(void)
{
	uint32_t flags = host_irq_enabled;

	host_irq_enabled = false;
	return flags;
}

static inline void irq_restore(uint32_t flags)
{
	host_irq_enabled = flags;
}

static inline void cpu_relax(void)
{
}
