// SPDX-License-Identifier: MIT
/*
 * trap - the interrupt descriptor table, the two PICs, and who handles what.
 *
 * trap_handlers[] is the one table from vectors to C; trap.S calls through it.
 * Each entry starts as the default: a fault of the kernel is an oops, one of a
 * user program goes to the fallback that kernel/signal.c registers.
 *
 * The way back to user mode can itself fault, when a program gave itself
 * segment registers or flags that the CPU refuses to load.  Those few
 * instructions (trap_pop_ds to trap_exit_end) run in the kernel but on the
 * program's behalf.  A selector that names no segment any more becomes 0, as
 * on Linux, and is popped again; that happens on the way back into the kernel,
 * too, where FS and GS are still those of the program that ran before.  A
 * fault of iret itself is turned into the program's own.
 */
#include "x86/trap.h"

#include "lib/assert.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/io.h"
#include "x86/panic.h"
#include "x86/percpu.h"

#define GATE_INTERRUPT	0x8e		/* present, ring 0, clears IF */
#define GATE_TRAP_USER	0xef		/* present, ring 3, keeps IF */
#define GATE_USER	0xee		/* present, ring 3, clears IF */
#define GATE_TASK	0x85

#define PIC1		0x20
#define PIC2		0xa0
#define PIC_EOI		0x20

struct gate {
	uint16_t offset_low, selector;
	uint8_t	 zero, type;
	uint16_t offset_high;
};

struct cpu cpus[NR_CPUS];

extern const uint32_t trap_stubs[48];
extern char trap_pop_ds[], trap_pop_gs[], trap_iret[], trap_exit_end[];
extern char syscall_entry[];

trap_handler trap_handlers[48];

static struct gate idt[NR_TRAPS];
static trap_handler irq_handlers[NR_IRQS];
uint32_t irq_counts[NR_IRQS];
static trap_handler user_fallback;
static trap_handler exit_work;
static void (*preempt)(void);
static uint16_t irq_mask = 0xffff & ~(1 << 2);	/* line 2 is the other PIC */

static void set_gate(unsigned int vector, uint32_t offset, uint16_t selector,
		     uint8_t type)
{
	idt[vector] = (struct gate){
		.offset_low = offset, .offset_high = offset >> 16,
		.selector = selector, .type = type,
	};
}

static bool fault_is_of_pop(const struct trap_frame *frame)
{
	return frame->eip >= (uint32_t)trap_pop_ds &&
	       frame->eip < (uint32_t)trap_iret &&
	       (frame->vector == TRAP_PROTECTION ||
		frame->vector == TRAP_NOT_PRESENT);
}

static bool fault_is_of_iret(const struct trap_frame *frame)
{
	return frame->eip >= (uint32_t)trap_iret &&
	       frame->eip < (uint32_t)trap_exit_end;
}

/*
 * The CPU pushed no esp: what it was to pop lies where that would be.  What
 * our own way out would pop as useless goes too, or it would fault in turn.
 */
static void clear_selector(struct trap_frame *frame)
{
	frame->esp = 0;
	frame->gs = 0;
	if (frame->eip < (uint32_t)trap_pop_gs)
		frame->fs = 0;
}

/*
 * The frame that iret faulted on is still on the stack, above the new one:
 * make it look as if the program itself had faulted.
 */
static void fail_iret(struct trap_frame *frame)
{
	struct trap_frame *user;

	/* The user frame ends the stack; iret's five words are its last. */
	user = (struct trap_frame *)(gdt_kernel_stack() - sizeof(*user));
	user->vector = frame->vector;
	user->error = frame->error;
	user->ds = USER_DS;
	user->es = USER_DS;
	user->fs = 0;
	user->gs = 0;
	user->cs = USER_CS;
	user->ss = USER_DS;
	user->eflags = (user->eflags & ~EFLAGS_NT) | EFLAGS_IF;
	user->ebx = frame->ebx;
	user->ecx = frame->ecx;
	user->edx = frame->edx;
	user->esi = frame->esi;
	user->edi = frame->edi;
	user->ebp = frame->ebp;
	user->eax = frame->eax;
	user_fallback(user);
	asm volatile("mov %0, %%esp; jmp trap_return" : : "r"(user));
	__builtin_unreachable();
}

static void __small trap_default(struct trap_frame *frame)
{
	if (trap_is_from_user(frame) && user_fallback)
		user_fallback(frame);
	else if (fault_is_of_pop(frame))
		clear_selector(frame);
	else if (fault_is_of_iret(frame) && user_fallback)
		fail_iret(frame);
	else
		oops(frame, "unexpected trap in the kernel");
}

static void irq_acknowledge(unsigned int irq)
{
	if (irq >= 8)
		outb(PIC2, PIC_EOI);
	outb(PIC1, PIC_EOI);
}

/* Lines 7 and 15 also fire for noise; then the PIC's in-service bit is 0. */
static bool irq_is_spurious(unsigned int irq)
{
	uint16_t port = irq == 7 ? PIC1 : PIC2;

	if (irq != 7 && irq != 15)
		return false;
	outb(port, 0x0b);
	if (inb(port) & 0x80)
		return false;
	if (irq == 15)
		outb(PIC1, PIC_EOI);
	return true;
}

static void irq_dispatch(struct trap_frame *frame)
{
	unsigned int irq = frame->vector - TRAP_IRQ_BASE;
	struct cpu *cpu = this_cpu();

	if (irq_is_spurious(irq))
		return;
	cpu->irq_depth++;
	irq_acknowledge(irq);
	irq_counts[irq]++;
	assert(irq_handlers[irq]);
	irq_handlers[irq](frame);
	cpu->irq_depth--;

	/* A user frame is seen to by trap_return. */
	if (cpu->need_resched && preempt && !trap_is_from_user(frame) &&
	    !in_atomic())
		preempt();
}

void trap_exit_work(struct trap_frame *frame);
void trap_exit_work(struct trap_frame *frame)
{
	if (this_cpu()->need_resched) {
		preempt();
		return;
	}
	assert(exit_work);
	irq_enable();
	exit_work(frame);
}

/* Called by trap.S in debug builds. */
void trap_exit_atomic(void);
void trap_exit_atomic(void)
{
	panic("trap: return to user mode with preempt_count %d: a lock or a kmap_atomic slot was kept",
	      this_cpu()->preempt_count);
}

static void pic_set_mask(void)
{
	outb(PIC1 + 1, irq_mask);
	outb(PIC2 + 1, irq_mask >> 8);
}

static void pic_init(void)
{
	outb(PIC1, 0x11);		/* ICW1: initialise, ICW4 follows */
	outb(PIC2, 0x11);
	outb(PIC1 + 1, TRAP_IRQ_BASE);	/* ICW2: first vector */
	outb(PIC2 + 1, TRAP_IRQ_BASE + 8);
	outb(PIC1 + 1, 1 << 2);		/* ICW3: the second is on line 2 */
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);		/* ICW4: 8086 mode */
	outb(PIC2 + 1, 1);
	pic_set_mask();
}

void __small trap_init(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer = {
		sizeof(idt) - 1, (uint32_t)idt,
	};

	for (unsigned int v = 0; v < 48; v++) {
		set_gate(v, trap_stubs[v], KERNEL_CS, GATE_INTERRUPT);
		trap_handlers[v] = v < TRAP_IRQ_BASE ? trap_default :
			irq_dispatch;
	}
	/* The three that a program may raise by an instruction of its own. */
	set_gate(TRAP_BREAKPOINT, trap_stubs[TRAP_BREAKPOINT], KERNEL_CS,
		 GATE_USER);
	set_gate(TRAP_OVERFLOW, trap_stubs[TRAP_OVERFLOW], KERNEL_CS,
		 GATE_USER);
	set_gate(TRAP_SYSCALL, (uint32_t)syscall_entry, KERNEL_CS,
		 GATE_TRAP_USER);
	set_gate(TRAP_DOUBLE_FAULT, 0, DOUBLE_FAULT_SELECTOR, GATE_TASK);
	asm volatile("lidt %0" : : "m"(pointer));
	pic_init();
}

void trap_register(unsigned int vector, trap_handler handler)
{
	assert(vector < TRAP_IRQ_BASE && trap_handlers[vector] == trap_default);
	trap_handlers[vector] = handler;
}

void trap_set_user_fallback(trap_handler handler)
{
	user_fallback = handler;
}

void trap_set_exit_work(trap_handler handler)
{
	exit_work = handler;
}

void trap_set_preempt(void (*fn)(void))
{
	preempt = fn;
}

void __small irq_register(unsigned int irq, trap_handler handler)
{
	assert(irq < NR_IRQS && !irq_handlers[irq]);
	irq_handlers[irq] = handler;
	irq_mask &= ~(1 << irq);
	pic_set_mask();
}
