// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

#include "kernel/signal.h"

/**
 * sigframe_push() - make @frame return to a signal handler instead.
 * @mask: what the handler's return shall make the blocked set
 *
 * All that the program was doing goes to its stack (or the alternate one), in
 * the layout that Linux has on i386.
 *
 * Return: 0, or -EFAULT when the stack cannot be written.
 */
int sigframe_push(struct trap_frame *frame, int signo,
		  const struct siginfo *info, const struct sigaction *action,
		  uint64_t mask);
