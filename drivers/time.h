// SPDX-License-Identifier: MIT
/*
 * time - the tick, the clock that only goes forward, and the date.
 *
 * The 8254 timer chip ticks at TICK_HZ.  Between ticks, and for all reading
 * of the time, the CPU's time-stamp counter is the clock.  How fast it counts
 * is measured while the kernel boots.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TICK_HZ		1000
#define NSEC_PER_SEC	1000000000u

/** time_early_init() - start the measurement.  The earlier, the better. */
void time_early_init(void);

/**
 * time_init() - end the measurement, read the date, start the tick, serve
 * sched_tick() and the timers.  After trap_init() and sched_init().
 */
void time_init(void);

/**
 * time_set_tick_hook() - whom to tell of each tick, and whether it came amid
 * user mode; interrupts are off.
 */
void time_set_tick_hook(void (*hook)(bool user));

/** time_now_ns() - nanoseconds since time_early_init().  Context: any. */
uint64_t time_now_ns(void);

/** time_realtime_ns() - nanoseconds since 1970, UTC.  Context: any. */
uint64_t time_realtime_ns(void);

/** time_set_realtime_ns() - it is that late now.  Context: any. */
void time_set_realtime_ns(uint64_t ns);

/** time_tsc_khz() - how often rdtsc counts in a millisecond, as measured. */
uint32_t time_tsc_khz(void);
