// SPDX-License-Identifier: MIT
/*
 * power - the end.
 */
#pragma once

#include <stdnoreturn.h>

/* QEMU's isa-debug-exit makes the process exit with (code << 1) | 1. */
#define POWER_OFF_SUCCESS	0x10	/* 33 */
#define POWER_OFF_FAILURE	0x11	/* 35 */

/** power_off() - by whatever this machine has; else halt.  Context: any. */
noreturn void power_off(int code);

/** power_restart() - begin anew; else as power_off().  Context: any. */
noreturn void power_restart(void);
