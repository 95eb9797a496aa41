// SPDX-License-Identifier: MIT
/*
 * trap - how the CPU leaves what it does: exceptions, interrupts and system
 * calls all arrive through one IDT and one frame.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Exceptions have vectors 0-31 (SDM volume 3, table 6-1). */
#define TRAP_DIVIDE		0
#define TRAP_DEBUG		1
#define TRAP_NMI		2
#define TRAP_BREAKPOINT		3
#define TRAP_OVERFLOW		4
#define TRAP_BOUND		5
#define TRAP_INVALID_OPCODE	6
#define TRAP_NO_FPU		7
#define TRAP_DOUBLE_FAULT	8
#define TRAP_FPU_SEGMENT	9
#define TRAP_INVALID_TSS	10
#define TRAP_NOT_PRESENT	11
#define TRAP_STACK_SEGMENT	12
#define TRAP_PROTECTION		13
#define TRAP_PAGE_FAULT		14
#define TRAP_FPU_ERROR		16
#define TRAP_ALIGNMENT		17
#define TRAP_MACHINE_CHECK	18
#define TRAP_SIMD_ERROR		19
#define TRAP_IRQ_BASE		32	/* 16 lines of the two PICs */
#define TRAP_SYSCALL		0x80
#define TRAP_RETURNED		0x81	/* frame->vector behind sigreturn */
#define NR_TRAPS		129		/* up to TRAP_SYSCALL */

/* Bits of a page fault's error code (SDM volume 3, section 4.7). */
#define PF_PRESENT		0x1u	/* 0: no entry; 1: entry forbids it */
#define PF_WRITE		0x2u
#define PF_USER			0x4u
#define PF_RESERVED		0x8u
#define PF_FETCH		0x10u

/* What trap.S leaves on the kernel stack, lowest address first. */
struct trap_frame {
	uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
	uint32_t ds, es, fs, gs;
	uint32_t vector;
	uint32_t error;			/* the CPU's error code, or 0 */
	uint32_t eip, cs, eflags;
	uint32_t esp, ss;		/* only there if from user mode */
};

static inline bool trap_is_from_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}

typedef void (*trap_handler)(struct trap_frame *frame);

/** trap_init() - load the IDT; both PICs, with every line masked.  Once. */
void trap_init(void);

/**
 * trap_register() - name the one who handles exception @vector.
 *
 * The handler runs with interrupts as they were at the fault.  Registering a
 * vector twice is a bug.  A vector without a handler is an oops when it comes
 * from the kernel; from user mode it goes to the fallback of
 * trap_set_user_fallback().
 */
void trap_register(unsigned int vector, trap_handler handler);
void trap_set_user_fallback(trap_handler handler);

/** trap_set_exit_work() - run before a return to user mode when asked for. */
void trap_set_exit_work(trap_handler handler);

/**
 * trap_set_preempt() - the scheduler: called with interrupts off when
 * this_cpu()->need_resched is set and the interrupted code may be left.
 */
void trap_set_preempt(void (*preempt)(void));

#define NR_IRQS		16		/* lines of the two PICs */
extern uint32_t irq_counts[NR_IRQS];	/* served since boot */

/**
 * irq_register() - serve PIC line @irq, which nobody else does, and unmask it.
 * The handler runs with interrupts off, after the PIC was acknowledged, and
 * is in_atomic().
 */
void irq_register(unsigned int irq, trap_handler handler);
