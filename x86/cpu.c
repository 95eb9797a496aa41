// SPDX-License-Identifier: MIT
/*
 * cpu - what this processor can do, and how the kernel wants it set up.
 */
#include "x86/cpu.h"

uint32_t cpu_features;

void cpu_init(void)
{
	uint32_t r[4], cr4 = read_cr4();

	cpuid(1, r);
	cpu_features = r[3];

	/* Native FPU errors; no lazy switching, so TS stays clear. */
	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE |
		  CR0_WP);
	if (cpu_has(CPU_PGE))
		cr4 |= CR4_PGE;
	if (cpu_has(CPU_FXSR))
		cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
	write_cr4(cr4);
	asm volatile("fninit");
}
