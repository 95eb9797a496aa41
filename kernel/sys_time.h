// SPDX-License-Identifier: MIT
/*
 * sys_time - times as programs hand them over: struct timespec.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "x86/mmu.h"

/**
 * sys_time_get(), sys_time_put() - nanoseconds from and to user memory.
 * @wide: seconds of 64 bits, as in the calls named _time64
 *
 * Return: 0; -EFAULT; sys_time_get() also -EINVAL.
 */
long sys_time_get(uint64_t *ns, vaddr_t from, bool wide);
long sys_time_put(vaddr_t to, uint64_t ns, bool wide);

/* A timer, as it is set and told: struct itimerspec. */
struct timer_times {
	uint64_t next;			/* ns; 0: it is off */
	uint64_t interval;		/* ns; 0: once */
};

/**
 * sys_time_get_times(), sys_time_put_times() - from and to user memory, where
 * next is the time that is left, but for timer_times_start() to say.
 */
long sys_time_get_times(struct timer_times *times, vaddr_t from, bool wide);
long sys_time_put_times(vaddr_t to, const struct timer_times *times, bool wide);

/**
 * timer_times_start() - let next be a moment of timer_now().
 * @is_date: it is one of a clock already; @is_realtime: of that
 */
void timer_times_start(struct timer_times *times, bool is_date,
		       bool is_realtime);

/** timer_times_pass() - it is @now: how often has it gone off since? */
uint64_t timer_times_pass(struct timer_times *times, uint64_t now);

/**
 * sys_time_is_clock() - is there one of that number?
 * sys_time_is_date(), sys_time_is_realtime() - one by which timers go.
 */
bool sys_time_is_clock(uint32_t clock);
bool sys_time_is_date(uint32_t clock);
bool sys_time_is_realtime(uint32_t clock);

/** sys_time_of_ticks() - nanoseconds of that many ticks of the TSC. */
uint64_t sys_time_of_ticks(uint64_t ticks);

/** sys_time_centis() - the same in hundredths of seconds, as times() has it. */
uint32_t sys_time_centis(uint64_t ticks);
