// SPDX-License-Identifier: MIT
/*
 * proc - what /proc shows of processes and of the CPU.
 */
#pragma once

#include <stdint.h>

/**
 * proc_task_init() - all of /proc that is about tasks; once, after fs_init(),
 * task_init() and time_init().
 */
void proc_task_init(void);

/** proc_load() - the load over 1, 5 and 15 minutes, in 65536ths. */
#define LOAD_AVERAGES	3
void proc_load(uint32_t load[LOAD_AVERAGES]);
