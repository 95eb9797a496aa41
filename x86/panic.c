// SPDX-License-Identifier: MIT
/*
 * panic - reports.  Nothing here trusts what it reads: a pointer is looked up
 * in the page tables before it is followed, and a report that itself faults
 * stops at once.
 *
 * Debug builds keep frame pointers, so the chain of EBP names the callers
 * exactly.  Release builds leave them out; there every word of the stack that
 * points behind a call instruction is listed, marked '?', as it may be stale.
 * Both go on in the code that a trap frame interrupted.
 */
#include "x86/panic.h"

#include <stdarg.h>

#include "lib/fmt.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "lib/symbols.h"
#include "mm/layout.h"
#include "x86/cpu.h"
#include "x86/io.h"
#include "x86/percpu.h"
#include "x86/sections.h"
#include "x86/spinlock.h"
#include "x86/trap.h"

#define DEBUG_EXIT_PORT		0xf4
#define DEBUG_EXIT_PANIC	0x12	/* QEMU's exit status: 37 */
#define BACKTRACE_MAX		24
#define STACK_WORDS		1024	/* how far a scan looks */

extern char trap_return[];		/* trap.S: behind a handler's call */

static struct spinlock printk_spinlock = SPINLOCK_INIT;
static bool dying;
static void (*oops_extra)(struct trap_frame *frame, uint32_t cr2);

unsigned long printk_lock(void)
{
	uint32_t flags = irq_save();

	if (!dying)
		spin_lock(&printk_spinlock);
	return flags;
}

void printk_unlock(unsigned long flags)
{
	if (!dying || spin_held(&printk_spinlock))
		spin_unlock(&printk_spinlock);
	irq_restore(flags);
}

/* In a report nobody else runs: a lock held by the victim must not stop it. */
static void start_dying(void)
{
	irq_disable();
	if (dying) {
		outl(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
		cpu_stop();
	}
	dying = true;
	printk_spinlock.locked = 0;
	printk_set_level(LOG_DEBUG);
}

static noreturn void stop(void)
{
	kprint("--- stopped ---\n");
	outl(DEBUG_EXIT_PORT, DEBUG_EXIT_PANIC);
	cpu_stop();
}

void oops_set_extra(void (*extra)(struct trap_frame *frame, uint32_t cr2))
{
	oops_extra = extra;
}

/* Look the entries of @va up; false where the directory has none. */
static bool walk(uint32_t va, pgd_t *pgd, pte_t *pte)
{
	const pgd_t *dir = (pgd_t *)((read_cr3() & PAGE_MASK) + PAGE_OFFSET);

	*pgd = dir[pgd_index(va)];
	pte->raw = 0;
	if (!(pgd->raw & PTE_PRESENT) || pgd->raw & PTE_PSE)
		return pgd->raw & PTE_PRESENT;
	if ((pgd->raw & PAGE_MASK) >= DIRECTMAP_MAX)
		return false;
	*pte = ((pte_t *)((pgd->raw & PAGE_MASK) + PAGE_OFFSET))[pte_index(va)];
	return pte->raw & PTE_PRESENT;
}

static bool word_is_readable(uint32_t va)
{
	pgd_t pgd;
	pte_t pte;

	return va >= PAGE_OFFSET && va % 4 == 0 && walk(va, &pgd, &pte);
}

static const char *entry_bits(uint32_t raw, char *buf)
{
	static const struct { uint32_t bit; const char *name; } bits[] = {
		{ PTE_PRESENT, "present" }, { PTE_WRITE, "write" },
		{ PTE_USER, "user" }, { PTE_PWT, "pwt" }, { PTE_PCD, "pcd" },
		{ PTE_ACCESSED, "accessed" }, { PTE_DIRTY, "dirty" },
		{ PTE_PSE, "4M" }, { PTE_GLOBAL, "global" },
	};
	size_t at = 0;

	buf[0] = '\0';
	if (!(raw & PTE_PRESENT))	/* the other bits are software's */
		return " not present";
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (raw & bits[i].bit)
			at += snprintf(buf + at, 96 - at, " %s", bits[i].name);
	return buf;
}

static void print_walk(uint32_t va)
{
	char bits[96];
	pgd_t pgd;
	pte_t pte;

	walk(va, &pgd, &pte);
	kprint("walk of %08x: cr3 %08x\n", va, read_cr3());
	kprint("  pgd[%4u] = %08x%s\n", pgd_index(va), pgd.raw,
	       entry_bits(pgd.raw, bits));
	if (pgd.raw & PTE_PRESENT && !(pgd.raw & PTE_PSE))
		kprint("  pte[%4u] = %08x%s\n", pte_index(va), pte.raw,
		       entry_bits(pte.raw, bits));
}

const char *symbol_text(uint32_t addr, char *buf, unsigned int size)
{
	char symbol[SYMBOL_NAME];
	uint32_t offset;

	if (symbol_find(addr, &offset, symbol))
		snprintf(buf, size, "%s+%#x", symbol, offset);
	else
		snprintf(buf, size, "%#010x", addr);
	return buf;
}

static void print_place(uint32_t addr)
{
	char text[80];

	kprint("  [%08x] %s\n", addr, symbol_text(addr, text, sizeof(text)));
}

/*
 * @addr: a return address.  A call that never returns can be the last of its
 * function, so the name is that of the byte before.
 */
static void print_caller(uint32_t addr, const char *mark)
{
	char symbol[SYMBOL_NAME];
	uint32_t offset = 0;
	const char *name = symbol_find(addr - 1, &offset, symbol);

	kprint("  [%08x] %s%s+%#x\n", addr, mark, name ? name : "?",
	       offset + 1);
}

static const char *const trap_names[32] = {
	[TRAP_DIVIDE] = "divide error", [TRAP_DEBUG] = "debug",
	[TRAP_NMI] = "non-maskable interrupt",
	[TRAP_BREAKPOINT] = "breakpoint", [TRAP_OVERFLOW] = "overflow",
	[TRAP_BOUND] = "bound range exceeded",
	[TRAP_INVALID_OPCODE] = "invalid opcode",
	[TRAP_NO_FPU] = "device not available",
	[TRAP_DOUBLE_FAULT] = "double fault",
	[TRAP_FPU_SEGMENT] = "coprocessor segment overrun",
	[TRAP_INVALID_TSS] = "invalid TSS",
	[TRAP_NOT_PRESENT] = "segment not present",
	[TRAP_STACK_SEGMENT] = "stack-segment fault",
	[TRAP_PROTECTION] = "general protection",
	[TRAP_PAGE_FAULT] = "page fault", [TRAP_FPU_ERROR] = "x87 error",
	[TRAP_ALIGNMENT] = "alignment check",
	[TRAP_MACHINE_CHECK] = "machine check",
	[TRAP_SIMD_ERROR] = "SIMD error",
};

static bool is_text(uint32_t addr)
{
	return addr >= (uint32_t)_text_start && addr < (uint32_t)_text_end;
}

/* Is there a call instruction right before @addr? (e8 rel32, ff /2) */
static bool is_after_call(uint32_t addr)
{
	const uint8_t *code = (uint8_t *)addr;

	return is_text(addr - 7) && is_text(addr) &&
	       (code[-5] == 0xe8 ||
		(code[-2] == 0xff && (code[-1] & 0x38) == 0x10) ||
		(code[-3] == 0xff && (code[-2] & 0x38) == 0x10) ||
		(code[-6] == 0xff && (code[-5] & 0x38) == 0x10) ||
		(code[-7] == 0xff && (code[-6] & 0x38) == 0x10));
}

static const char *trap_name(uint32_t vector)
{
	return vector < 32 && trap_names[vector] ? trap_names[vector] :
		"interrupt";
}

/*
 * The trap frame at @at, when the word below it, @caller, says that there is
 * one: then the code that was interrupted is next.
 */
static const struct trap_frame *print_trap(uint32_t caller, uint32_t at)
{
	const struct trap_frame *trap = (const struct trap_frame *)at;

	if (caller != (uint32_t)trap_return || !word_is_readable(at) ||
	    !word_is_readable((uint32_t)&trap->eflags))
		return NULL;
	kprint("  --- %s (vector %u) in %s mode, at\n",
	       trap_name(trap->vector), trap->vector,
	       trap_is_from_user(trap) ? "user" : "kernel");
	print_place(trap->eip);
	return trap;
}

#ifdef DEBUG

/* Code that has no frame of its own, as a leaf, returns to what is on top. */
static void print_top(uint32_t esp)
{
	if (word_is_readable(esp) && is_after_call(*(uint32_t *)esp))
		print_caller(*(uint32_t *)esp, "? ");
}

void backtrace(uint32_t eip, uint32_t ebp, uint32_t esp)
{
	kprint("backtrace:\n");
	print_place(eip);
	print_top(esp);
	for (int i = 0; i < BACKTRACE_MAX; i++) {
		const uint32_t *frame = (uint32_t *)ebp;
		const struct trap_frame *trap;

		if (!word_is_readable(ebp) || !word_is_readable(ebp + 4) ||
		    ebp < esp || !is_text(frame[1]))
			break;
		print_caller(frame[1], "");
		esp = ebp + 8;
		ebp = frame[0];
		trap = print_trap(frame[1], esp);
		if (!trap)
			continue;
		if (trap_is_from_user(trap))
			break;
		esp = (uint32_t)&trap->esp;
		print_top(esp);
	}
}

#else

void backtrace(uint32_t eip, uint32_t ebp, uint32_t esp)
{
	int found = 0;

	(void)ebp;
	kprint("backtrace:\n");
	print_place(eip);
	esp = ALIGN_UP(esp, 4);
	if (!word_is_readable(esp))	/* an overflow: the stack is above */
		esp = (esp & PAGE_MASK) + PAGE_SIZE;
	for (int i = 0; i < STACK_WORDS && found < BACKTRACE_MAX; i++) {
		uint32_t at = esp + 4 * i;
		const struct trap_frame *trap;

		if (!word_is_readable(at))
			break;
		if (!is_after_call(*(uint32_t *)at))
			continue;
		print_caller(*(uint32_t *)at, "? ");
		found++;
		trap = print_trap(*(uint32_t *)at, at + 4);
		if (trap && trap_is_from_user(trap))
			break;
	}
}

#endif

noreturn void panic(const char *fmt, ...)
{
	const uint32_t *frame = __builtin_frame_address(0);
	char text[256];
	va_list args;

	start_dying();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kprint("\n*** panic: %s\n", text);
	/* From the call of panic() on: the frame of whoever made it. */
	backtrace(frame[1] - 1, frame[0], (uint32_t)(frame + 2));
	stop();
}

static void print_registers(const struct trap_frame *frame)
{
	bool user = trap_is_from_user(frame);
	uint32_t esp = user || frame->vector == TRAP_DOUBLE_FAULT ?
		frame->esp : (uint32_t)&frame->esp;
	char text[80];

	kprint("eip %08x cs %04x eflags %08x  %s\n", frame->eip,
	       frame->cs & 0xffff, frame->eflags,
	       user ? "(user)" : symbol_text(frame->eip, text, sizeof(text)));
	kprint("eax %08x ebx %08x ecx %08x edx %08x\n", frame->eax,
	       frame->ebx, frame->ecx, frame->edx);
	kprint("esi %08x edi %08x ebp %08x esp %08x\n", frame->esi,
	       frame->edi, frame->ebp, esp);
	kprint("ds %04x es %04x fs %04x gs %04x  cr0 %08x cr2 %08x cr3 %08x cr4 %08x\n",
	       frame->ds & 0xffff, frame->es & 0xffff, frame->fs & 0xffff,
	       frame->gs & 0xffff, read_cr0(), read_cr2(), read_cr3(),
	       read_cr4());
}

static void print_page_fault(uint32_t error, uint32_t cr2)
{
	kprint("CR2 %08x, error code %#x: %s %s in %s mode, %s\n", cr2, error,
	       error & PF_FETCH ? "instruction fetch" :
	       error & PF_WRITE ? "write" : "read",
	       error & PF_PRESENT ? "forbidden by the entry" :
	       "of a page that is not present",
	       error & PF_USER ? "user" : "kernel",
	       cr2 < MMAP_MIN_ADDR ? "a null pointer" :
	       cr2 < TASK_SIZE ? "a user address" : "a kernel address");
	print_walk(cr2);
}

static noreturn void report(struct trap_frame *frame, const char *what,
			    uint32_t esp)
{
	uint32_t cr2 = read_cr2();

	start_dying();
	kprint("\n*** oops: %s: %s (vector %u, error code %#x)\n", what,
	       trap_name(frame->vector), frame->vector, frame->error);
	print_registers(frame);
	if (frame->vector == TRAP_PAGE_FAULT)
		print_page_fault(frame->error, cr2);
	if (frame->vector == TRAP_DOUBLE_FAULT)
		print_walk(esp - 4);
	backtrace(frame->eip, frame->ebp, esp);
	if (oops_extra)			/* last, since it trusts more */
		oops_extra(frame, cr2);
	stop();
}

noreturn void oops(struct trap_frame *frame, const char *what)
{
	report(frame, what, trap_is_from_user(frame) ?
	       (uint32_t)(frame + 1) : (uint32_t)&frame->esp);
}

noreturn void oops_double_fault(struct trap_frame *frame)
{
	pgd_t pgd;
	pte_t pte;
	bool overflow = !walk(frame->esp - 4, &pgd, &pte);

	report(frame, overflow ? "kernel stack overflow" :
	       "a fault while entering a fault handler", frame->esp);
}
