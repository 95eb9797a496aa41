// SPDX-License-Identifier: MIT
/*
 * gdt - the global descriptor table and the two task states behind it.
 *
 * Atlas switches threads in software; the hardware's task state is used for
 * two things.  The first one tells the CPU where the kernel stack is when a
 * trap comes from user mode (esp0).  The second is a task of its own, with its
 * own stack, to which a task gate sends the double fault: when the kernel
 * stack has overflowed into its guard page there is nowhere to push a frame,
 * so only a task switch can still report it (SDM volume 3, section 6.15,
 * "Double Fault").  The switch saves the registers of the victim in the first
 * task state, where the report reads them.
 */
#include "x86/gdt.h"

#include <stddef.h>

#include "mm/layout.h"
#include "x86/mmu.h"
#include "x86/panic.h"
#include "x86/sections.h"
#include "x86/trap.h"

struct tss {
	uint32_t link;
	uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
	uint32_t cr3, eip, eflags;
	uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
	uint32_t es, cs, ss, ds, fs, gs, ldt;
	uint16_t trap, iomap;
} __attribute__((packed));

#define CODE_ACCESS	0x9b		/* present, code, readable, accessed */
#define DATA_ACCESS	0x93		/* present, data, writable, accessed */
#define TSS_ACCESS	0x89		/* present, available 32-bit TSS */
#define RING3		0x60
#define FLAT		0xc		/* 4 KiB granularity, 32 bit */

static gdt_desc_t gdt[GDT_ENTRIES] __attribute__((aligned(16)));
static struct tss tss __attribute__((aligned(128)));
static struct tss double_fault_tss __attribute__((aligned(128)));

#define BOOT_STACK_LOW	2048		/* its lower half */

extern pgd_t kernel_pgd[];		/* entry.S and directmap.c fill it */

gdt_desc_t gdt_describe(uint32_t base, uint32_t limit, uint8_t access,
			uint8_t flags)
{
	return (gdt_desc_t)(limit & 0xffff) |
	       (gdt_desc_t)(base & 0xffffff) << 16 |
	       (gdt_desc_t)access << 40 |
	       (gdt_desc_t)(limit >> 16 & 0xf) << 48 |
	       (gdt_desc_t)flags << 52 |
	       (gdt_desc_t)(base >> 24) << 56;
}

static void set_flat(unsigned int selector, uint8_t access)
{
	gdt[selector >> 3] = gdt_describe(0, 0xfffff, access, FLAT);
}

static void set_tss(unsigned int selector, struct tss *state)
{
	state->iomap = sizeof(*state);	/* no port for user mode */
	gdt[selector >> 3] = gdt_describe((uint32_t)state,
					  sizeof(*state) - 1, TSS_ACCESS, 0);
}

/* Runs in the second task: the victim's registers are in the first. */
static noreturn void double_fault(void)
{
	struct trap_frame frame = {
		.ebx = tss.ebx, .ecx = tss.ecx, .edx = tss.edx,
		.esi = tss.esi, .edi = tss.edi, .ebp = tss.ebp,
		.eax = tss.eax, .ds = tss.ds, .es = tss.es, .fs = tss.fs,
		.gs = tss.gs, .vector = TRAP_DOUBLE_FAULT, .eip = tss.eip,
		.cs = tss.cs, .eflags = tss.eflags, .esp = tss.esp,
		.ss = tss.ss,
	};

	oops_double_fault(&frame);
}

void gdt_init(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer = {
		sizeof(gdt) - 1, (uint32_t)gdt,
	};

	set_flat(KERNEL_CS, CODE_ACCESS);
	set_flat(KERNEL_DS, DATA_ACCESS);
	set_flat(USER_CS, CODE_ACCESS | RING3);
	set_flat(USER_DS, DATA_ACCESS | RING3);

	tss.ss0 = KERNEL_DS;
	set_tss(TSS_SELECTOR, &tss);

	double_fault_tss.cr3 = (uint32_t)kernel_pgd - PAGE_OFFSET;
	double_fault_tss.eip = (uint32_t)double_fault;
	double_fault_tss.eflags = 2;
	/* For the start: boot is not that deep, and this does not return. */
	gdt_set_double_fault_stack(boot_stack + BOOT_STACK_LOW);
	double_fault_tss.cs = KERNEL_CS;
	double_fault_tss.ss = KERNEL_DS;
	double_fault_tss.ds = KERNEL_DS;
	double_fault_tss.es = KERNEL_DS;
	set_tss(DOUBLE_FAULT_SELECTOR, &double_fault_tss);

	asm volatile("lgdt %0\n\t"
		     "ljmp %1, $1f\n"
		     "1:	mov %2, %%ds\n\t"
		     "mov %2, %%es\n\t"
		     "mov %2, %%ss\n\t"
		     "mov %3, %%fs\n\t"
		     "mov %3, %%gs\n\t"
		     "lldt %w3\n\t"
		     "ltr %4"
		     : : "m"(pointer), "i"(KERNEL_CS), "r"(KERNEL_DS),
		       "r"(0), "r"((uint16_t)TSS_SELECTOR) : "memory");
}

void gdt_set_double_fault_stack(void *top)
{
	double_fault_tss.esp = (uint32_t)top;
}

void gdt_set_kernel_stack(uint32_t top)
{
	tss.esp0 = top;
}

uint32_t gdt_kernel_stack(void)
{
	return tss.esp0;
}

void gdt_load_tls(const gdt_desc_t tls[GDT_TLS_ENTRIES])
{
	for (unsigned int i = 0; i < GDT_TLS_ENTRIES; i++)
		gdt[GDT_TLS + i] = tls[i];
}
