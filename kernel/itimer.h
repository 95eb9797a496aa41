// SPDX-License-Identifier: MIT
/*
 * itimer - the three timers that each process has: they send a signal when
 * some time has passed, on the wall, in the process, or both.
 */
#pragma once

#include <stdint.h>

#include "sched/timer.h"

struct process;

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, NR_ITIMERS };

/*
 * Guarded by:	(t) tasks_lock
 *
 * The real one is a struct timer; the others are looked at on each tick, for
 * as long as some process has one.
 */
struct itimers {
	struct timer real;
	struct {
		uint64_t end;		/* (t) ns: date or CPU time; 0: none */
		uint64_t interval;	/* (t) ns; 0: once */
	} timer[NR_ITIMERS];
	uint64_t next_xcpu;		/* (t) ns of CPU time: SIGXCPU is due */
};

/** itimers_init() - a new process has none. */
void itimers_init(struct process *process);

/** itimers_end() - @process ends.  tasks_lock held. */
void itimers_end(struct process *process);

/** posix_timers_end() - those of timer_create(), too.  tasks_lock held. */
void posix_timers_end(struct process *process);

/** itimer_watch() - @process has got, or may have, a limit of CPU time. */
void itimer_watch(struct process *process);
