// SPDX-License-Identifier: MIT
/*
 * internal - what sched.c, thread.c and switch.S share among themselves.
 */
#pragma once

#include "sched/thread.h"

/* switch.S: the switch itself, and where new threads begin. */
struct thread *switch_stacks(struct thread *prev, struct thread *next);
void thread_entry(void);
void thread_entry_kernel(void);

/* sched.c: the first thing after a switch, about whom we came from. */
void sched_finish_switch(struct thread *prev);

/* sched.c: thread_wake() for those who have interrupts off. */
void sched_wake(struct thread *thread);

/* thread.c: fill in all but the stack of a thread. */
void thread_init(struct thread *thread, const char *name);

/* thread.c: @thread has left its stack for ever; interrupts are off. */
void thread_ended(struct thread *thread);
