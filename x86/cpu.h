// SPDX-License-Identifier: MIT
/*
 * cpu - single instructions with names: control registers, the interrupt
 * flag, the time-stamp counter, cpuid.  One line each, no policy.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define CR0_MP		0x00000002u	/* fwait honours TS */
#define CR0_EM		0x00000004u
#define CR0_TS		0x00000008u
#define CR0_NE		0x00000020u
#define CR0_WP		0x00010000u	/* the kernel honours read-only too */
#define CR0_PG		0x80000000u
#define CR4_PSE		0x00000010u	/* 4 MiB pages */
#define CR4_PGE		0x00000080u	/* global pages */
#define CR4_OSFXSR	0x00000200u
#define CR4_OSXMMEXCPT	0x00000400u

#define EFLAGS_CF	0x00000001u
#define EFLAGS_TF	0x00000100u
#define EFLAGS_IF	0x00000200u
#define EFLAGS_DF	0x00000400u
#define EFLAGS_IOPL	0x00003000u
#define EFLAGS_NT	0x00004000u
#define EFLAGS_RF	0x00010000u
#define EFLAGS_AC	0x00040000u

#define CPU_FEATURES(X)							\
	X(FPU, 0) X(PSE, 3) X(TSC, 4) X(PGE, 13) X(FXSR, 24) X(SSE, 25)	\
	X(SSE2, 26)

/* Bits of cpuid leaf 1, EDX. */
enum cpu_feature {
#define X(name, bit) CPU_##name = bit,
	CPU_FEATURES(X)
#undef X
};

extern uint32_t cpu_features;		/* cpuid(1).edx, from cpu_init() on */

static inline bool cpu_has(enum cpu_feature feature)
{
	return cpu_features >> feature & 1;
}

#define CONTROL_REGISTER(n)						\
static inline uint32_t read_cr##n(void)					\
{									\
	uint32_t value;							\
									\
	asm volatile("mov %%cr" #n ", %0" : "=r"(value));		\
	return value;							\
}									\
									\
static inline void write_cr##n(uint32_t value)				\
{									\
	asm volatile("mov %0, %%cr" #n : : "r"(value) : "memory");	\
}
CONTROL_REGISTER(0)
CONTROL_REGISTER(2)
CONTROL_REGISTER(3)
CONTROL_REGISTER(4)
#undef CONTROL_REGISTER

static inline void irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

static inline void irq_enable(void)
{
	asm volatile("sti" : : : "memory");
}

static inline uint32_t read_eflags(void)
{
	uint32_t flags;

	asm volatile("pushf; pop %0" : "=rm"(flags) : : "memory");
	return flags;
}

static inline bool irq_is_enabled(void)
{
	return read_eflags() & EFLAGS_IF;
}

/** irq_save() - interrupts off; returns what irq_restore() wants back. */
static inline uint32_t irq_save(void)
{
	uint32_t flags = read_eflags();

	irq_disable();
	return flags;
}

static inline void irq_restore(uint32_t flags)
{
	asm volatile("push %0; popf" : : "rm"(flags) : "memory", "cc");
}

/* Wait for an interrupt; the sti shadow leaves no gap between the two. */
static inline void cpu_idle_once(void)
{
	asm volatile("sti; hlt" : : : "memory");
}

/* Nothing ever again, but for what no CPU can refuse (an NMI). */
static inline noreturn void cpu_stop(void)
{
	for (;;)
		asm volatile("cli; hlt" : : : "memory");
}

static inline void cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint64_t tsc;

	asm volatile("rdtsc" : "=A"(tsc) : : "memory");
	return tsc;
}

static inline void cpuid(uint32_t leaf, uint32_t r[4])
{
	asm volatile("cpuid"
		     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
		     : "a"(leaf), "c"(0));
}

/** cpu_init() - features, CR0.WP, CR4 bits, a clean FPU; once per CPU. */
void cpu_init(void);
