// SPDX-License-Identifier: MIT
/*
 * fpu - floating-point and SSE registers belong to their process.
 *
 * Promises: a process begins with the control words of the ABI; what is in
 * st0-7 and xmm0-7 survives preemption, system calls, page faults, forks (the
 * child inherits it) and signal handlers that use the same registers.
 */
#include "tests/guest/guest.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
	uint32_t xmm[8][4];
	double st[8];
} __attribute__((aligned(16)));

static volatile uint32_t *step;
static uint16_t control_at_start;
static uint32_t mxcsr_at_start;

static void make_state(struct state *s, uint32_t seed)
{
	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < 4; j++)
			s->xmm[i][j] = seed * 2654435761u + i * 4 + j;
		s->st[i] = seed + i / 8.0;
	}
}

/* Load all sixteen registers; nothing before STORE may use them. */
#define LOAD								\
	"movaps (%%esi), %%xmm0\n movaps 16(%%esi), %%xmm1\n"		\
	"movaps 32(%%esi), %%xmm2\n movaps 48(%%esi), %%xmm3\n"		\
	"movaps 64(%%esi), %%xmm4\n movaps 80(%%esi), %%xmm5\n"		\
	"movaps 96(%%esi), %%xmm6\n movaps 112(%%esi), %%xmm7\n"	\
	"fninit\n"							\
	"fldl 184(%%esi)\n fldl 176(%%esi)\n fldl 168(%%esi)\n"	\
	"fldl 160(%%esi)\n fldl 152(%%esi)\n fldl 144(%%esi)\n"	\
	"fldl 136(%%esi)\n fldl 128(%%esi)\n"
#define STORE								\
	"movaps %%xmm0, (%%edi)\n movaps %%xmm1, 16(%%edi)\n"		\
	"movaps %%xmm2, 32(%%edi)\n movaps %%xmm3, 48(%%edi)\n"		\
	"movaps %%xmm4, 64(%%edi)\n movaps %%xmm5, 80(%%edi)\n"		\
	"movaps %%xmm6, 96(%%edi)\n movaps %%xmm7, 112(%%edi)\n"	\
	"fstpl 128(%%edi)\n fstpl 136(%%edi)\n fstpl 144(%%edi)\n"	\
	"fstpl 152(%%edi)\n fstpl 160(%%edi)\n fstpl 168(%%edi)\n"	\
	"fstpl 176(%%edi)\n fstpl 184(%%edi)\n"

/* survives(): load, make the call, store: the registers must be the same. */
static bool survives(uint32_t seed, long nr, long a, long b, long c, long *ret)
{
	struct state in, out;
	long got = nr;

	make_state(&in, seed);
	memset(&out, 0, sizeof(out));
	asm volatile(LOAD "int $0x80\n" STORE
		     : "+a"(got)
		     : "b"(a), "c"(b), "d"(c), "S"(&in), "D"(&out)
		     : "memory", "cc");
	if (ret)
		*ret = got;
	return memcmp(&in, &out, sizeof(in)) == 0;
}

/* Spins with its registers loaded until the other has been at work too. */
static int spin(long me)
{
	struct state in, out;

	for (uint32_t round = 1; round <= 6; round++) {
		uint32_t looks = 4000000000u;

		make_state(&in, 1000 * (me + 1) + round);
		asm volatile(LOAD
			     "mov %3, (%4)\n"
			     "1: cmp %3, (%5)\n jae 2f\n"
			     "dec %0\n jnz 1b\n"
			     "2:\n" STORE
			     : "+a"(looks)
			     : "S"(&in), "D"(&out), "r"(round),
			       "r"(step + me), "r"(step + !me)
			     : "memory", "cc");
		if (looks == 0)
			return 1;
		if (memcmp(&in, &out, sizeof(in)))
			return 2;
	}
	return 0;
}

static void check_preemption(void)
{
	int pid[2], status[2];

	step[0] = step[1] = 0;
	for (int i = 0; i < 2; i++)
		pid[i] = start(spin, i);
	for (int i = 0; i < 2; i++)
		waitpid(pid[i], &status[i], 0);
	check(exited(status[0], 0) && exited(status[1], 0),
	      "two busy processes keep sixteen registers each");
}

static void check_calls(void)
{
	static uint8_t buffer[20000];
	bool all = true;
	long ret;

	check(survives(1, SYS_getpid, 0, 0, 0, &ret) && ret == getpid(),
	      "a system call leaves the registers alone");
	for (int i = 0; i < 100; i++)
		all &= survives(i, SYS_sched_yield, 0, 0, 0, NULL);
	check(all, "so do 100 switches");
	ret = open("/dev/zero", 0);
	check(survives(3, SYS_read, ret, (long)buffer, sizeof(buffer), NULL),
	      "so does a read of many pages");
	close(ret);
}

static void check_faults(void)
{
	uintptr_t pages = map(0, 64 * PAGE, RW, ANON);
	struct state in, out;

	make_state(&in, 9);
	asm volatile(LOAD
		     "mov $64, %%ecx\n"
		     "1: movl $1, (%%eax)\n add $4096, %%eax\n loop 1b\n"
		     STORE
		     : "+a"(pages) : "S"(&in), "D"(&out)
		     : "ecx", "memory", "cc");
	check(memcmp(&in, &out, sizeof(in)) == 0,
	      "64 page faults leave the registers alone");
	munmap((void *)(pages - 64 * PAGE), 64 * PAGE);
}

/* The child finds our registers in its own; then its copies are made. */
static void check_fork(void)
{
	uintptr_t page = map(0, 16 * PAGE, RW, ANON);
	struct state in, out;
	int status;
	long pid = SYS_fork;

	fill(page, 16 * PAGE, 1);
	make_state(&in, 21);
	asm volatile(LOAD "int $0x80\n"
		     "mov %3, %%ecx\n mov $16, %%edx\n"
		     "1: incl (%%ecx)\n add $4096, %%ecx\n dec %%edx\n jnz 1b\n"
		     STORE
		     : "+a"(pid) : "S"(&in), "D"(&out), "b"(page)
		     : "ecx", "edx", "memory", "cc");
	if (pid == 0)
		_exit(memcmp(&in, &out, sizeof(in)) ? 1 : 0);
	check(memcmp(&in, &out, sizeof(in)) == 0,
	      "fork and copy-on-write leave the parent's alone");
	waitpid(pid, &status, 0);
	check(exited(status, 0), "the child inherits them");
	munmap((void *)page, 16 * PAGE);
}

static void trample(int sig)
{
	struct state other, out;

	(void)sig;
	make_state(&other, 555);
	asm volatile(LOAD STORE : : "S"(&other), "D"(&out) : "memory");
	asm volatile(LOAD : : "S"(&other) : "memory");
	asm volatile("fninit");
}

static void check_handler(void)
{
	signal(SIGUSR1, trample);
	check(survives(31, SYS_kill, getpid(), SIGUSR1, 0, NULL),
	      "a handler that uses them gives them back");
}

static int compute(long seed)
{
	volatile double x = seed, sum = 0;

	for (int i = 1; i < 200000; i++)
		sum += x / i;
	return sum > 12.78 * seed && sum < 12.79 * seed ? 0 : 1;
}

static void check_crowd(void)
{
	bool all = true;
	int pid[6], status;

	for (int i = 0; i < 6; i++)
		pid[i] = start(compute, i + 1);
	for (int i = 0; i < 6; i++)
		all &= waitpid(pid[i], &status, 0) == pid[i] &&
		       exited(status, 0);
	check(all, "six processes compute with doubles at once");
}

static int control_words(long unused)
{
	uint16_t control = 0x27f;

	(void)unused;
	asm volatile("fldcw %0" : : "m"(control));
	return 0;
}

int main(int argc, char **argv)
{
	uint16_t control, tags[14];

	(void)argc;
	asm volatile("fnstcw %0" : "=m"(control_at_start));
	asm volatile("stmxcsr %0" : "=m"(mxcsr_at_start));
	asm volatile("fnstenv %0\n fldenv %0" : "=m"(tags));
	guest_start(argv);
	step = shared(PAGE);
	expect(control_at_start, 0x37f, "the x87 control word is 0x37f");
	expect(mxcsr_at_start & ~0x3fu, 0x1f80, "mxcsr is 0x1f80");
	expect(tags[4], 0xffff, "the x87 registers are empty");
	check_calls();
	check_faults();
	check_fork();
	check_handler();
	check_preemption();
	check_crowd();
	check(exited(run(control_words, 0), 0), "a child sets a control word");
	asm volatile("fnstcw %0" : "=m"(control));
	expect(control, 0x37f, "which is its own");
	return guest_end();
}
