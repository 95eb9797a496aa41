// SPDX-License-Identifier: MIT
/*
 * panic - the last words of the kernel: what happened, the registers, how the
 * page tables translate the faulting address, and who called whom.  All of it
 * goes to every console; then the machine stops (isa-debug-exit status 37).
 *
 * panic() itself is declared in lib/panic.h.
 */
#pragma once

#include <stdint.h>

#include "lib/util.h"

struct trap_frame;

/** oops() - report the kernel's own fault @frame, and stop. */
noreturn void oops(struct trap_frame *frame, const char *what);

/** oops_double_fault() - the same, on the double-fault task's stack. */
noreturn void oops_double_fault(struct trap_frame *frame);

/** oops_set_extra() - the last lines of each report: thread and area. */
void oops_set_extra(void (*extra)(struct trap_frame *frame, uint32_t cr2));

/** backtrace() - print the callers found from @ebp or above @esp. */
void backtrace(uint32_t eip, uint32_t ebp, uint32_t esp);

/** symbol_text() - "name+0x12", or the bare number; for printing. */
const char *symbol_text(uint32_t addr, char *buf, unsigned int size);
