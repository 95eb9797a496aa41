// SPDX-License-Identifier: MIT
/*
 * faults - what a program may not do kills the program, and nobody else.
 *
 * Promises: each exception of the CPU becomes the signal that Linux makes of
 * it, with its si_code and si_addr; without a handler it is the child's wait
 * status; the parent, and the machine, go on.
 */
#include "tests/guest/guest.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SI_KERNEL
#define SI_KERNEL	0x80
#endif

/* Where the last child was to fault, in shared memory. */
static uintptr_t *expected;

/* fault_here: notes the address of the instruction, then does it. */
#define FAULT_HERE(instruction, ...)					\
	do {								\
		*expected = 0;						\
		asm volatile("movl $1f, (%0)\n1: " instruction "\n"	\
			     : : "r"(expected) __VA_ARGS__);		\
	} while (0)

static int read_at(long addr)
{
	return *(volatile uint8_t *)addr & 0;
}

static int write_at(long addr)
{
	*(volatile uint8_t *)addr = 1;
	return 0;
}

static int jump_to(long addr)
{
	return ((int (*)(void))addr)();
}

/* What raises what; each is one instruction, named as in the manual. */
#define INSTRUCTION(name, text)						\
	static int name(long unused)					\
	{								\
		(void)unused;						\
		FAULT_HERE(text, : "eax", "ecx", "edx", "memory", "cc");\
		return 0;						\
	}

static int divide(long by)
{
	FAULT_HERE("divl %%ecx", , "a"(1), "d"(0), "c"(by) : "cc");
	return 0;
}

/* Not -2^63 / -1: some emulators die of that themselves. */
static int divide_overflow(long unused)
{
	(void)unused;
	FAULT_HERE("idivl %%ecx", , "a"(0), "d"(1), "c"(1) : "cc");
	return 0;
}

INSTRUCTION(ud2, "ud2")
INSTRUCTION(undefined, ".byte 0x0f, 0xff, 0xc0")
INSTRUCTION(locked, ".byte 0xf0, 0x90")
INSTRUCTION(int3, "int3")
INSTRUCTION(hlt, "hlt")
INSTRUCTION(cli, "cli")
INSTRUCTION(sti, "sti")
INSTRUCTION(in, "inb $0x60, %%al")
INSTRUCTION(out, "outb %%al, $0x80")
INSTRUCTION(out_exit, "mov $0xf4, %%dx\n outb %%al, %%dx")
INSTRUCTION(read_cr0, "mov %%cr0, %%eax")
INSTRUCTION(write_cr3, "mov %%eax, %%cr3")
INSTRUCTION(clts, "clts")
INSTRUCTION(invlpg, "invlpg (%%esp)")
INSTRUCTION(wbinvd, "wbinvd")
INSTRUCTION(lgdt, "lgdt (%%esp)")
INSTRUCTION(lidt, "lidt (%%esp)")
INSTRUCTION(lldt, "xor %%eax, %%eax\n lldt %%ax")
INSTRUCTION(ltr, "mov $8, %%eax\n ltr %%ax")
INSTRUCTION(rdmsr, "mov $0x10, %%ecx\n rdmsr")
INSTRUCTION(wrmsr, "mov $0x174, %%ecx\n wrmsr")
INSTRUCTION(int_0e, "int $0x0e")
INSTRUCTION(int_20, "int $0x20")
INSTRUCTION(int_08, "int $0x08")
INSTRUCTION(int_ff, "int $0xff")
INSTRUCTION(wild_ds, "mov $0xfff8, %%eax\n mov %%ax, %%ds")
INSTRUCTION(null_ss, "xor %%eax, %%eax\n mov %%ax, %%ss")
INSTRUCTION(far_jump, "ljmp $0xfff8, $0x1000")
INSTRUCTION(far_jump_null, "ljmp $0, $0x1000")
INSTRUCTION(iret_wild, "push $0x202\n push $0xfff8\n push $0x1000\n iret")
INSTRUCTION(into, "mov $0x7f, %%al\n add $1, %%al\n into")
INSTRUCTION(bound, "push $2\n push $1\n mov $5, %%eax\n bound %%eax, (%%esp)")
INSTRUCTION(trap_flag,
	    "pushf\n orl $0x100, (%%esp)\n popf\n nop\n nop")
INSTRUCTION(trap_flag_syscall,
	    "mov $20, %%eax\n pushf\n orl $0x100, (%%esp)\n popf\n"
	    "int $0x80\n nop\n nop")
INSTRUCTION(x87_divide,
	    "push $0x37b\n fldcw (%%esp)\n fld1\n fldz\n fdivrp\n fwait\n nop")
/* Each with one exception unmasked; the largest number of all, and 2^-16382. */
INSTRUCTION(x87_invalid,
	    "push $0x37e\n fldcw (%%esp)\n fldz\n fldz\n fdivrp\n fwait\n nop")
INSTRUCTION(x87_overflow,
	    "push $0x377\n fldcw (%%esp)\n push $0x7ffe\n push $-1\n push $-1\n"
	    "fldt (%%esp)\n fadd %%st, %%st\n fwait\n nop")
INSTRUCTION(x87_underflow,
	    "push $0x36f\n fldcw (%%esp)\n push $1\n push $0x80000000\n"
	    "push $0\n fldt (%%esp)\n fmul %%st, %%st\n fwait\n nop")
INSTRUCTION(x87_inexact,
	    "push $0x35f\n fldcw (%%esp)\n fld1\n fldpi\n fdivrp\n fwait\n nop")
INSTRUCTION(esp_nowhere, "xor %%esp, %%esp\n push %%eax")
INSTRUCTION(esp_kernel, "mov $0xC0001000, %%esp\n push %%eax")
INSTRUCTION(esp_nowhere_ud2, "xor %%esp, %%esp\n ud2")

static int recurse(long depth);
static int (*volatile recurse_again)(long) = recurse;

__attribute__((noinline)) static int recurse(long depth)
{
	volatile char room[2000];

	room[0] = depth;
	return recurse_again(depth + 1) + room[0];
}

static void faults_as(int (*body)(long), long arg, int sig, int code,
		      uintptr_t addr, const char *sentence)
{
	struct fault fault = fault_of(body, arg);

	check(fault.sig == sig && fault.code == code && fault.addr == addr,
	      "%s: SIG%s, si_code %d, si_addr %s", sentence,
	      sigabbrev_np(sig), code, addr ? "as touched" : "0");
	if (fault.sig != sig || fault.code != code || fault.addr != addr)
		note("signal %d, code %d, address %#lx", fault.sig, fault.code,
		     (unsigned long)fault.addr);
}

static void check_memory(void)
{
	uintptr_t page = map(0, 3 * PAGE, PROT_READ, ANON);
	struct fault fault;

	munmap((void *)(page + 2 * PAGE), PAGE);
	mprotect((void *)(page + PAGE), PAGE, PROT_NONE);
	faults_as(read_at, 0, SIGSEGV, SEGV_MAPERR, 0, "reading NULL");
	faults_as(write_at, 0, SIGSEGV, SEGV_MAPERR, 0, "writing NULL");
	faults_as(jump_to, 0, SIGSEGV, SEGV_MAPERR, 0, "jumping to NULL");
	faults_as(write_at, 12, SIGSEGV, SEGV_MAPERR, 12, "a field of NULL");
	faults_as(write_at, page + 7, SIGSEGV, SEGV_ACCERR, page + 7,
		  "writing a read-only page");
	faults_as(read_at, page + PAGE + 7, SIGSEGV, SEGV_ACCERR,
		  page + PAGE + 7, "reading a PROT_NONE page");
	faults_as(jump_to, page + PAGE + 7, SIGSEGV, SEGV_ACCERR,
		  page + PAGE + 7, "jumping to a PROT_NONE page");
	faults_as(jump_to, page + 2 * PAGE, SIGSEGV, SEGV_MAPERR,
		  page + 2 * PAGE, "jumping to what is not mapped");
	faults_as(write_at, (uintptr_t)check_memory, SIGSEGV, SEGV_ACCERR,
		  (uintptr_t)check_memory, "writing the program's text");
	for (uintptr_t addr = USER_TOP; addr; addr += 0x10000000u) {
		faults_as(read_at, addr + 4096, SIGSEGV, SEGV_MAPERR,
			  addr + 4096, "reading the kernel");
		faults_as(write_at, addr + 0x100000, SIGSEGV, SEGV_MAPERR,
			  addr + 0x100000, "writing the kernel");
		faults_as(jump_to, addr + 0x100000, SIGSEGV, SEGV_MAPERR,
			  addr + 0x100000, "jumping into the kernel");
	}
	faults_as(read_at, 0xFFFFFFFF, SIGSEGV, SEGV_MAPERR, 0xFFFFFFFF,
		  "reading the last byte of all");
	fault = fault_of(recurse, 0);
	check(fault.sig == SIGSEGV && fault.code == SEGV_MAPERR &&
	      fault.addr < (uintptr_t)&fault - (7 << 20) &&
	      fault.addr > (uintptr_t)&fault - (9 << 20),
	      "a stack without end: SIGSEGV, MAPERR, some 8 MiB down");
}

/* Those whose si_addr is the instruction's own address. */
static void check_at_instruction(void)
{
	static const struct {
		int (*body)(long);
		int sig, code;
		const char *name;
	} cases[] = {
		{ divide, SIGFPE, FPE_INTDIV, "divide by zero" },
		{ divide_overflow, SIGFPE, FPE_INTDIV, "divide overflow" },
		{ ud2, SIGILL, ILL_ILLOPN, "ud2" },
		{ undefined, SIGILL, ILL_ILLOPN, "an undefined opcode" },
		{ locked, SIGILL, ILL_ILLOPN, "lock nop" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault fault = fault_of(cases[i].body, 0);

		check(fault.sig == cases[i].sig &&
		      fault.code == cases[i].code && fault.addr == *expected,
		      "%s: SIG%s, si_code %d, si_addr the instruction",
		      cases[i].name, sigabbrev_np(cases[i].sig), cases[i].code);
		dies_by(cases[i].sig, cases[i].body, 0, cases[i].name);
	}
}

static void check_protection(void)
{
	static const struct {
		int (*body)(long);
		const char *name;
	} cases[] = {
		{ hlt, "hlt" }, { cli, "cli" }, { sti, "sti" }, { in, "in" },
		{ out, "out" }, { out_exit, "out to the exit port" },
		{ read_cr0, "reading cr0" }, { write_cr3, "writing cr3" },
		{ clts, "clts" }, { invlpg, "invlpg" }, { wbinvd, "wbinvd" },
		{ lgdt, "lgdt" }, { lidt, "lidt" }, { lldt, "lldt" },
		{ ltr, "ltr" }, { rdmsr, "rdmsr" }, { wrmsr, "wrmsr" },
		{ int_0e, "int 0x0e, the page fault's" },
		{ int_20, "int 0x20, the timer's" },
		{ int_08, "int 0x08, the double fault's" },
		{ int_ff, "int 0xff" }, { wild_ds, "a wild ds" },
		{ null_ss, "a null ss" }, { far_jump, "a wild far jump" },
		{ far_jump_null, "a far jump through selector 0" },
		{ iret_wild, "iret to a wild cs" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		faults_as(cases[i].body, 0, SIGSEGV, SI_KERNEL, 0,
			  cases[i].name);
	dies_by(SIGSEGV, hlt, 0, "hlt without a handler");
	dies_by(SIGSEGV, cli, 0, "cli without a handler");
	dies_by(SIGSEGV, out_exit, 0, "out without a handler");
	dies_by(SIGSEGV, into, 0, "into on overflow");
	dies_by(SIGSEGV, bound, 0, "bound out of range");
	dies_by(SIGSEGV, write_at, USER_TOP, "writing the kernel");
	dies_by(SIGSEGV, esp_nowhere, 0, "a push below 0");
	dies_by(SIGSEGV, esp_kernel, 0, "a push into the kernel");
	dies_by(SIGILL, esp_nowhere_ud2, 0, "a trap with no stack at all");
	dies_by(SIGSEGV, recurse, 0, "a stack without end");
}

static int call_abort(long unused)
{
	(void)unused;
	abort();
}

static void check_debug(void)
{
	struct fault fault = fault_of(int3, 0);

	check(fault.sig == SIGTRAP && fault.code == SI_KERNEL,
	      "int3: SIGTRAP, SI_KERNEL");
	dies_by(SIGTRAP, int3, 0, "int3 without a handler");
	fault = fault_of(trap_flag, 0);
	check(fault.sig == SIGTRAP && fault.code == TRAP_TRACE,
	      "the trap flag: SIGTRAP, TRAP_TRACE");
	fault = fault_of(trap_flag_syscall, 0);
	check(fault.sig == SIGTRAP && fault.code == TRAP_TRACE,
	      "also across a system call");
	fault = fault_of(x87_divide, 0);
	check(fault.sig == SIGFPE && fault.code == FPE_FLTDIV,
	      "an unmasked x87 division by zero: SIGFPE, FPE_FLTDIV");
	fault = fault_of(x87_invalid, 0);
	check(fault.sig == SIGFPE && fault.code == FPE_FLTINV,
	      "0 by 0: FPE_FLTINV");
	fault = fault_of(x87_overflow, 0);
	check(fault.sig == SIGFPE && fault.code == FPE_FLTOVF,
	      "too large: FPE_FLTOVF");
	fault = fault_of(x87_underflow, 0);
	check(fault.sig == SIGFPE && fault.code == FPE_FLTUND,
	      "too small: FPE_FLTUND");
	fault = fault_of(x87_inexact, 0);
	check(fault.sig == SIGFPE && fault.code == FPE_FLTRES,
	      "rounded: FPE_FLTRES");
	dies_by(SIGFPE, x87_divide, 0, "the same without a handler");
	dies_by(SIGABRT, call_abort, 0, "abort()");
}

int main(int argc, char **argv)
{
	bool all = true;

	(void)argc;
	guest_start(argv);
	expected = shared(PAGE);
	check_memory();
	check_at_instruction();
	check_protection();
	check_debug();
	for (int i = 0; i < 100; i++)
		all &= killed(run(write_at, i % 2 ? 0 : USER_TOP), SIGSEGV);
	check(all, "100 more die one by one, and their parent lives");
	return guest_end();
}
