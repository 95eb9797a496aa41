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

/** sys_time_of_ticks() - nanoseconds of that many ticks of the TSC. */
uint64_t sys_time_of_ticks(uint64_t ticks);

/** sys_time_centis() - the same in hundredths of seconds, as times() has it. */
uint32_t sys_time_centis(uint64_t ticks);
