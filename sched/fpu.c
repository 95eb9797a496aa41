// SPDX-License-Identifier: MIT
/*
 * fpu - the state that a program starts with.
 */
#include "sched/fpu.h"

/* What fninit and a reset leave (SDM volume 1, section 10.5.1). */
static const struct fpu fpu_clean = {
	.image = { 0x7f, 0x03, [24] = 0x80, 0x1f },	/* FCW, MXCSR */
};

void fpu_reset(void)
{
	if (cpu_has(CPU_FXSR))
		fpu_load(&fpu_clean);
	else
		asm volatile("fninit");
}
