// SPDX-License-Identifier: MIT
/*
 * fpu - the x87, MMX and SSE registers as one block of memory.
 *
 * Each switch between threads saves and loads them all, whether used or not:
 * two instructions, where a lazy scheme pays a trap and a page of reasoning.
 * Kernel code that borrows xmm registers may therefore be preempted at will.
 */
#pragma once

#include <stdint.h>

#include "lib/util.h"
#include "x86/cpu.h"

/* The image of fxsave (SDM volume 1, section 10.5), or fnsave's 108 bytes. */
struct fpu {
	uint8_t image[512];
} __aligned(16);

/* Store the registers in @fpu; they keep their values. */
static inline void fpu_save(struct fpu *fpu)
{
	if (likely(cpu_has(CPU_FXSR)))
		asm volatile("fxsave %0" : "=m"(*fpu));
	else
		asm volatile("fnsave %0; frstor %0" : "+m"(*fpu));
}

/* Load the registers.  An image from user mode must be checked before. */
static inline void fpu_load(const struct fpu *fpu)
{
	if (likely(cpu_has(CPU_FXSR)))
		asm volatile("fxrstor %0" : : "m"(*fpu));
	else
		asm volatile("frstor %0" : : "m"(*fpu));
}

/** fpu_reset() - the state in which a new program finds the registers. */
void fpu_reset(void);
