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

#define SCHED_SLICE	20		/* ticks until the next one's turn */

/**
 * sched_init() - make the flow of control that booted a thread, current.
 *
 * It needs nothing but cpu_init(), so that mutexes work from then on.  That
 * thread must not sleep, except by sched_idle() for good.
 */
void sched_init(void);

/** sched_idle() - become the thread that runs when no other can. */
noreturn void sched_idle(void);

/** sched_is_idle() - is @thread that one? */
bool sched_is_idle(const struct thread *thread);

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

/** sched_stack_top() - where the current thread's stack begins. */
static inline uint32_t sched_stack_top(void)
{
	return (uint32_t)thread_stack_top(current_thread());
}

/**
 * thread_set_state() - announce that the next schedule() is to be a sleep.
 *
 * The caller then looks at what it waits for, and if that is there already,
 * sets THREAD_RUNNABLE and does not sleep.
 */
static inline void thread_set_state(enum thread_state state)
{
	WRITE_ONCE(current_thread()->state, state);
	barrier();
}

/** thread_wake() - end the sleep of @thread, if any.  Context: any. */
void thread_wake(struct thread *thread);

/** sched_tick() - the timer interrupt counts the slice of who runs. */
void sched_tick(void);

/**
 * sched_preempt_irq() - the last act of an interrupt: switch if it is time.
 *
 * For trap_set_preempt(): called with interrupts off and irq_depth back at 0,
 * when the interrupted code was in user mode, or had interrupts on and
 * preempt_count 0.  Does nothing unless need_resched is set.
 */
void sched_preempt_irq(void);

/** sched_check() - walk the run queue and assert its rules. */
void sched_check(void);
