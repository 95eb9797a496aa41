// SPDX-License-Identifier: MIT
/*
 * resume - how a program goes on after a signal.
 *
 * Promises: a handler begins with a clean FPU and may change that of the
 * program; a context with a selector that names nothing, or without an FPU
 * state, is taken as Linux takes it; a frame holds no bytes but the program's;
 * no frame is pushed over the end of the alternate stack; a stop does not cut
 * a sleep short; SIGCHLD tells of stops, continuations and ends, also to one
 * who ignores it and waits for it; a zombie still has its groups.
 */
#include "tests/guest/guest.h"

#include <asm/ldt.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define FXSAVE		112		/* where it lies in an FPU state */

static char stack[32768] __attribute__((aligned(64)));

static void handle(int sig, void (*handler)(int, siginfo_t *, void *),
		   int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO,
	};

	sigaction(sig, &action, NULL);
}

static void use_stack(size_t size)
{
	const stack_t alternate = { .ss_sp = stack, .ss_size = size };

	sigaltstack(&alternate, NULL);
}

static void sleep_ms(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static mcontext_t *context_of(void *context)
{
	return &((ucontext_t *)context)->uc_mcontext;
}

/* ------------------------------------------------------------------- FPU */

static volatile uint16_t control_inside, control_outside;
static volatile uint32_t mxcsr_inside, mxcsr_outside;

static uint16_t control(void)
{
	uint16_t value;

	asm volatile("fnstcw %0" : "=m"(value));
	return value;
}

static uint32_t mxcsr(void)
{
	uint32_t value;

	asm volatile("stmxcsr %0" : "=m"(value));
	return value;
}

static void set_controls(uint16_t control, uint32_t mxcsr)
{
	asm volatile("fldcw %0\n ldmxcsr %1" : : "m"(control), "m"(mxcsr));
}

static void look_at_fpu(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	control_inside = control();
	mxcsr_inside = mxcsr();
	set_controls(0x077f, 0x3f80);
}

/* The exception is pending still: any waiting instruction would meet it. */
static void compute(int sig, siginfo_t *info, void *context)
{
	double one = 1;

	(void)sig;
	(void)context;
	asm volatile("fldl %0\n fadd %%st(0)\n fstpl %0\n fwait" : "+m"(one));
	_exit(one == 2 && info->si_code == FPE_FLTDIV ? 7 : 8);
}

static int divide_by_zero(long unused)
{
	const uint16_t control = 0x037b;

	handle(SIGFPE, compute, 0);
	asm volatile("fninit\n fldcw %0\n fld1\n fldz\n fdivrp\n fwait"
		     : : "m"(control));
	return unused;
}

static void mask_all(int sig, siginfo_t *info, void *context)
{
	struct _libc_fpstate *fpu = context_of(context)->fpregs;

	(void)sig;
	(void)info;
	fpu->cw |= 0x3f;
	fpu->sw &= ~0x80ff;
}

static int go_on_after_fpe(long unused)
{
	const uint16_t control_word = 0x037b;

	(void)unused;
	handle(SIGFPE, mask_all, 0);
	asm volatile("fninit\n fldcw %0\n fld1\n fldz\n fdivrp\n fwait"
		     : : "m"(control_word));
	return control() == 0x037f ? 7 : 8;
}

static void no_fpu(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	context_of(context)->fpregs = NULL;
}

static void bad_fpu(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	context_of(context)->fpregs = (void *)0x1000;
}

static int return_without_fpu(long how)
{
	handle(SIGUSR1, how ? bad_fpu : no_fpu, 0);
	set_controls(0x007f, 0x9f80);
	kill(getpid(), SIGUSR1);
	return control() == 0x037f && mxcsr() == 0x1f80 ? 7 : 8;
}

static volatile int nr_foreign = -1;

/* Neither FXSAVE's reserved fields nor the unused registers are ours. */
static void look_at_frame(int sig, siginfo_t *info, void *context)
{
	const uint8_t *fpu = (uint8_t *)context_of(context)->fpregs + FXSAVE;

	(void)sig;
	(void)info;
	nr_foreign = 0;
	for (int i = 288; i < 464; i++)
		nr_foreign += fpu[i] != 0;
}

static void check_fpu(void)
{
	handle(SIGUSR1, look_at_fpu, 0);
	set_controls(0x007f, 0x9fc0);
	kill(getpid(), SIGUSR1);
	control_outside = control();
	mxcsr_outside = mxcsr();
	set_controls(0x037f, 0x1f80);
	check(control_inside == 0x037f && mxcsr_inside == 0x1f80,
	      "a handler begins with clean control words");
	check(control_outside == 0x007f && mxcsr_outside == 0x9fc0,
	      "the program has its own again, DAZ and FTZ among them");
	check(exited(run(divide_by_zero, 0), 7),
	      "a handler computes while an exception is pending");
	check(exited(run(go_on_after_fpe, 0), 7),
	      "and what it writes to fpregs is what the program goes on with");
	check(exited(run(return_without_fpu, 0), 7),
	      "a context without an FPU state gives a clean one");
	check(killed(run(return_without_fpu, 1), SIGSEGV),
	      "one with its state in nowhere: SIGSEGV");
	memset(stack, 0, sizeof(stack));
	use_stack(sizeof(stack));
	handle(SIGUSR1, look_at_frame, SA_ONSTACK);
	kill(getpid(), SIGUSR1);
	expect(nr_foreign, 0, "bytes of the FPU image that nobody wrote");
}

/* ------------------------------------------------------------- selectors */

static void spoil_fs(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	context_of(context)->gregs[REG_FS] = 0xfff8;
}

static void spoil_es(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	context_of(context)->gregs[REG_ES] = 0xffff;
}

static int return_with_bad_selector(long of_es)
{
	uint32_t es, fs;

	handle(SIGUSR1, of_es ? spoil_es : spoil_fs, 0);
	asm volatile("int $0x80\n"
		     "mov %%es, %0\n mov %%fs, %1\n"
		     "push %%ds\n pop %%es"
		     : "=a"(es), "=d"(fs)
		     : "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1) : "memory");
	return (of_es ? es & 0xffff : fs & 0xffff) == 0 ? 7 : 8;
}

/* FS names an entry that is gone: it becomes 0 sooner or later. */
static int lose_segment(long unused)
{
	struct user_desc desc = {
		.entry_number = -1, .limit = 0xfffff, .seg_32bit = 1,
		.limit_in_pages = 1, .useable = 1,
	};
	uint64_t end = now_us() + 300000;
	static char buffer[1 << 20];

	(void)unused;
	if (sys(SYS_set_thread_area, (long)&desc))
		return 8;
	asm volatile("mov %0, %%fs"
		     : : "r"(desc.entry_number * 8 + 3));
	desc = (struct user_desc){
		.entry_number = desc.entry_number, .read_exec_only = 1,
		.seg_not_present = 1,
	};
	if (sys(SYS_set_thread_area, (long)&desc))
		return 9;
	while (now_us() < end)
		sys(SYS_getrandom, (long)buffer, sizeof(buffer), 0);
	return 7;
}

static void check_selectors(void)
{
	int pids[3], status, good = 0;

	check(exited(run(return_with_bad_selector, 0), 7),
	      "a context whose FS names nothing: FS is 0");
	check(exited(run(return_with_bad_selector, 1), 7),
	      "a context whose ES names nothing: ES is 0");
	for (int i = 0; i < 3; i++)
		pids[i] = start(lose_segment, 0);
	for (int i = 0; i < 3; i++)
		good += waitpid(pids[i], &status, 0) == pids[i] &&
			exited(status, 7);
	expect(good, 3, "who clears the entry of a loaded selector lives on");
}

/* ------------------------------------------------------- alternate stack */

static volatile int depth;

static void dive(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	if (++depth < 100)
		kill(getpid(), sig);
}

static int fill_stack(long unused)
{
	(void)unused;
	use_stack(sizeof(stack));
	handle(SIGUSR1, dive, SA_ONSTACK | SA_NODEFER);
	kill(getpid(), SIGUSR1);
	return 8;
}

static stack_t stack_after;

static void change_stack(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	((ucontext_t *)context)->uc_stack = (stack_t){
		.ss_sp = stack + 8192, .ss_size = 16384,
	};
}

static void check_altstack(void)
{
	const stack_t strange = {
		.ss_sp = stack, .ss_size = sizeof(stack),
		.ss_flags = SS_ONSTACK | SS_DISABLE,
	};

	dies_by(SIGSEGV, fill_stack, 0, "no frame below the alternate stack");
	use_stack(sizeof(stack));
	handle(SIGUSR1, change_stack, SA_ONSTACK);
	kill(getpid(), SIGUSR1);
	sigaltstack(NULL, &stack_after);
	check(stack_after.ss_sp == stack + 8192 && stack_after.ss_size == 16384,
	      "uc_stack is the alternate stack after the handler");
	expect(sys(SYS_sigaltstack, (long)&strange, 0), -EINVAL,
	       "a stack both on and disabled");
}

/* ------------------------------------------------- stops, SIGCHLD, groups */

static volatile int nr_calls, codes[8], statuses[8];

static void note_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (nr_calls < 8) {
		codes[nr_calls] = info->si_code;
		statuses[nr_calls] = info->si_status;
	}
	nr_calls++;
}

static int sleep_long(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
	const uint64_t begin = now_us();

	if (nanosleep(&time, NULL))
		return 8;
	return now_us() - begin >= (uint64_t)ms * 1000 ? 7 : 9;
}

static int end_at_once(long status)
{
	return status;
}

static char order[8];

static void note_order(int sig, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	order[nr_calls++ & 7] = sig == SIGSYS ? 'S' : 'P';
}

/* The handler whose frame is pushed first runs last. */
static void check_order(void)
{
	sigset_t set;

	nr_calls = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGSYS);
	handle(SIGPIPE, note_order, 0);
	handle(SIGSYS, note_order, 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGSYS);
	kill(getpid(), SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	check(!strcmp(order, "PS"), "SIGSYS is one of the synchronous signals");
}

static void check_stops(void)
{
	const struct timespec long_time = { 10, 0 };
	siginfo_t info;
	sigset_t set;
	int status, pid = start(sleep_long, 400);

	handle(SIGCHLD, note_child, 0);
	sleep_ms(100);
	kill(pid, SIGSTOP);
	while (waitpid(pid, &status, WUNTRACED) < 0 && errno == EINTR)
		;
	sleep_ms(50);
	kill(pid, SIGCONT);
	sleep_ms(50);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	check(exited(status, 7), "SIGSTOP and SIGCONT do not end a nanosleep");
	expect(nr_calls, 3, "SIGCHLD for stop, continuation and end");
	check(codes[0] == CLD_STOPPED && statuses[0] == SIGSTOP,
	      "the first: CLD_STOPPED, SIGSTOP");
	check(codes[1] == CLD_CONTINUED && statuses[1] == SIGCONT,
	      "the second: CLD_CONTINUED, SIGCONT");
	check(codes[2] == CLD_EXITED && statuses[2] == 7,
	      "the third: CLD_EXITED, the exit status");
	signal(SIGCHLD, SIG_DFL);

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = start(sleep_long, 100);
	expect(sigtimedwait(&set, &info, &long_time), SIGCHLD,
	       "sigtimedwait for a SIGCHLD that is ignored by default");
	check(info.si_pid == pid && info.si_status == 7, "from the child");
	waitpid(pid, &status, 0);
	signal(SIGCHLD, SIG_IGN);
	run(end_at_once, 0);
	sigpending(&set);
	expect(sigismember(&set, SIGCHLD), 0,
	       "SIG_IGN: no SIGCHLD is pending, though it is blocked");
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	check_order();
	expect(sys(SYS_restart_syscall), -EINTR, "nothing is there to restart");
}

static void check_small(void)
{
	struct { uint32_t handler, flags, restorer, mask[2]; } action = {
		.handler = (uint32_t)SIG_IGN, .flags = 0xffffffff,
		.mask = { 0xffffffff, 0xffffffff },
	}, got;
	const struct timespec long_time = { 10, 0 };
	sigset_t child;
	int status, pid;

	/* When it says that it ended, it is a zombie. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	pid = start(end_at_once, 3);
	expect(sigtimedwait(&child, NULL, &long_time), SIGCHLD,
	       "the end of a child");
	sigprocmask(SIG_UNBLOCK, &child, NULL);
	expect(getpgid(pid), getpgrp(), "a zombie's group");
	expect(getsid(pid), getsid(0), "a zombie's session");
	expect(sys(SYS_kill, pid, SIGKILL), 0, "kill of a zombie");
	waitpid(pid, &status, 0);
	check(exited(status, 3), "which does not change its status");
	expect(sys(SYS_kill, pid, 65), -ESRCH, "no such signal to nobody");
	expect(sys(SYS_kill, getpid(), 65), -EINVAL, "no such signal");
	expect(sys(SYS_setpgid, pid, -1), -EINVAL, "a negative group");
	sys(SYS_rt_sigaction, SIGUSR2, (long)&action, 0, 8);
	sys(SYS_rt_sigaction, SIGUSR2, 0, (long)&got, 8);
	check(got.flags == 0xdc000807, "unknown flags of a handler are dropped");
	check(getsid(0) == getpid() || setpgid(0, 0) == 0,
	      "setpgid(0, 0) of who leads no session");
	expect(getpgrp(), getpid(), "leads a group from then on");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_fpu();
	check_selectors();
	check_altstack();
	check_stops();
	check_small();
	return guest_end();
}
