// SPDX-License-Identifier: MIT
#pragma once

#include "lib/util.h"

/**
 * panic() - stop the machine and say why.
 *
 * lib only declares it: x86 defines it in the kernel, tests/host/host.c for
 * the host tests.  It works in any context, with any lock held.
 */
noreturn void panic(const char *fmt, ...) __printf(1, 2);
