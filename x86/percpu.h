// SPDX-License-Identifier: MIT
/*
 * percpu - what each CPU has for itself.
 *
 * A module's own per-CPU state is an array indexed by cpu_id(), touched with
 * preemption or interrupts off, so that the thread cannot move meanwhile.
 * Only CPU 0 is started today: cpu_id() folds to a constant, and with it the
 * address of everything per-CPU.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/util.h"

#define NR_CPUS 8

struct thread;
struct mm;

/* Guarded by: being on that CPU, interrupts off; preempt_count by itself. */
struct cpu {
	struct thread *current;		/* who runs here */
	struct mm *mm;			/* of the thread; NULL: kernel thread */
	int preempt_count;		/* > 0: who runs stays on the CPU */
	int irq_depth;			/* > 0: in an interrupt handler */
	bool need_resched;		/* the running thread's time is up */
	bool exit_work;			/* its task has signals to look at */
};

/* For trap.S, which tests both flags as one 16-bit word. */
#define CPU_EXIT_FLAGS		16
#define CPU_PREEMPT_COUNT	8
static_assert(sizeof(void *) != 4 ||
	      (offsetof(struct cpu, need_resched) == CPU_EXIT_FLAGS &&
	       offsetof(struct cpu, exit_work) == CPU_EXIT_FLAGS + 1 &&
	       offsetof(struct cpu, preempt_count) == CPU_PREEMPT_COUNT),
	      "trap.S knows these offsets");

extern struct cpu cpus[NR_CPUS];

static inline unsigned int cpu_id(void)
{
	return 0;
}

static inline struct cpu *this_cpu(void)
{
	return &cpus[cpu_id()];
}

static inline void preempt_disable(void)
{
	this_cpu()->preempt_count++;
	asm volatile("" : : : "memory");
}

static inline void preempt_enable(void)
{
	asm volatile("" : : : "memory");
	this_cpu()->preempt_count--;
}

/** in_atomic() - nobody may sleep here: a lock is held or an IRQ is served. */
static inline bool in_atomic(void)
{
	return this_cpu()->preempt_count > 0 || this_cpu()->irq_depth > 0;
}
