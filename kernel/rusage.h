// SPDX-License-Identifier: MIT
/*
 * rusage - struct usage, as programs see it.
 */
#pragma once

#include "kernel/task.h"
#include "x86/mmu.h"

/** rusage_put() - as a struct rusage.  Return: 0 or -EFAULT. */
int rusage_put(vaddr_t to, const struct usage *usage);
