// SPDX-License-Identifier: MIT
/*
 * sched - who runs next: round robin in one line, O(1) in everything.
 *
 * Context: nobody may give up the CPU in_atomic(): the functions that may do
 * so assert it.  See sched.c for how it works.
 */
#pragma once

#include <stdnoreturn.h>

#include "sched/thread.h"

#define SCHED_SLICE	2		/* ticks until the next one's turn */

/**
 * sched_init() - make the flow of control that booted a thread, current.
 *
 * It needs nothing but cpu_init(), so that mutexes work from then on.  That
 * thread must not sleep, except by sched_idle() for good.
 */
void sched_init(void);

/** sched_idle() - become the thread that runs when no other can. */
noreturn void sched_idle(void);

/**
 * sched_set_switch_hook() - @hook runs at each switch, on the stack of @prev,
 * with interrupts off; it loads what a process has beyond its registers.
 */
void sched_set_switch_hook(void (*hook)(struct thread *prev,
					struct thread *next));

/**
 * schedule() - let the next one run.
 *
 * A caller whose state is THREAD_RUNNABLE has its turn again later; any other
 * sleeps until thread_wake().  May be called with interrupts off, which are
 * so again on return.
 */
void schedule(void);

/** sched_yield() - let all others that are ready run first. */
void sched_yield(void);

/** thread_wake() - end the sleep of @thread, if any.  Context: any. */
void thread_wake(struct thread *thread);

/** sched_tick() - the timer interrupt counts the slice of who runs. */
void sched_tick(void);

/**
 * sched_preempt_irq() - the last act of an interrupt: switch if it is time.
 *
 * Called with interrupts off and irq_depth back at 0, when the interrupted
 * code was in user mode, or had interrupts on and preempt_count 0.  Does
 * nothing unless this_cpu()->need_resched.
 */
void sched_preempt_irq(void);

/** sched_check() - walk the run queue and assert its rules. */
void sched_check(void);

/* switch.S: the first steps of a kernel thread; for thread.c alone. */
void thread_entry(void);
void thread_entry_kernel(void);
