// SPDX-License-Identifier: MIT
/*
 * signals - handlers, masks and the frames between them.
 *
 * Promises: a handler runs on its signal, with the right siginfo and context,
 * and the program goes on where it was (or where the handler says); masks
 * block, are inherited, and pending signals come when unblocked, each once;
 * SA_NODEFER, SA_RESETHAND, SA_RESTART, SA_ONSTACK, SIG_IGN; a signal ends a
 * sleep and an unlucky wait; SIGKILL cannot be caught, blocked or ignored; a
 * handler that forges its context gains nothing.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile uint32_t *step;
static volatile int nr_calls, nr_nested, last_sig;
static siginfo_t last_info;

static void count(int sig)
{
	nr_calls++;
	last_sig = sig;
}

static void count_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	count(sig);
	last_info = *info;
}

static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &action, NULL);
}

static void handle_info(int sig, void (*handler)(int, siginfo_t *, void *),
			int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = flags | SA_SIGINFO,
	};

	sigaction(sig, &action, NULL);
}

static int blocked(int sig)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigismember(&mask, sig);
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(how, &set, NULL);
}

/* For children that are to be killed: makes no call. */
static int spin(long unused)
{
	*step = 1;
	while (*step)
		asm volatile("");
	return unused;
}

/* ------------------------------------------------------------- handlers */

static void check_handlers(void)
{
	struct sigaction action;

	nr_calls = 0;
	handle(SIGUSR1, count, 0);
	expect(kill(getpid(), SIGUSR1), 0, "kill of oneself");
	expect(nr_calls, 1, "has run the handler when it returns");
	expect(last_sig, SIGUSR1, "with the signal's number");
	kill(getpid(), SIGUSR1);
	expect(nr_calls, 2, "the handler stays");
	sigaction(SIGUSR1, NULL, &action);
	check(action.sa_handler == count, "sigaction tells who handles it");
	raise(SIGUSR1);
	expect(nr_calls, 3, "raise() reaches it as well");
	handle(SIGUSR1, SIG_IGN, 0);
	kill(getpid(), SIGUSR1);
	expect(nr_calls, 3, "SIG_IGN: nothing happens");
	nr_calls = 0;
	handle_info(SIGUSR2, count_info, 0);
	kill(getpid(), SIGUSR2);
	check(nr_calls == 1 && last_info.si_signo == SIGUSR2,
	      "SA_SIGINFO: si_signo is the signal");
	check(last_info.si_code == SI_USER && last_info.si_pid == getpid(),
	      "si_code is SI_USER, si_pid the sender");
	handle(SIGUSR2, SIG_DFL, 0);
}

static int many_registers(void)
{
	int ok;

	asm volatile("mov $0x11111111, %%ebx\n"
		     "mov $0x22222222, %%esi\n"
		     "mov $0x33333333, %%edi\n"
		     "push %%ebp\n"
		     "push %%ebx\n"
		     "mov $20, %%eax\n"		/* getpid */
		     "int $0x80\n"
		     "mov %%eax, %%ebx\n"
		     "mov $10, %%ecx\n"		/* SIGUSR1 */
		     "mov $0x44444444, %%ebp\n"
		     "mov $0x55555555, %%edx\n"
		     "mov $37, %%eax\n"		/* kill: the handler runs */
		     "int $0x80\n"
		     "cmp $0x44444444, %%ebp\n"
		     "sete %%al\n"
		     "cmp $0x55555555, %%edx\n"
		     "sete %%dl\n"
		     "and %%dl, %%al\n"
		     "cmp $10, %%ecx\n"
		     "sete %%dl\n"
		     "and %%dl, %%al\n"
		     "pop %%ebx\n"
		     "pop %%ebp\n"
		     "cmp $0x11111111, %%ebx\n"
		     "sete %%dl\n"
		     "and %%dl, %%al\n"
		     "cmp $0x22222222, %%esi\n"
		     "sete %%dl\n"
		     "and %%dl, %%al\n"
		     "cmp $0x33333333, %%edi\n"
		     "sete %%dl\n"
		     "and %%dl, %%al\n"
		     "movzbl %%al, %%eax\n"
		     : "=a"(ok) : : "ebx", "ecx", "edx", "esi", "edi",
		     "memory", "cc");
	return ok;
}

static void count_nested(int sig)
{
	nr_calls++;
	if (nr_calls < 3)
		kill(getpid(), sig);
	nr_nested = nr_calls;
	last_sig = blocked(sig);
}

static int nested_without_nodefer, blocked_inside;

static void not_nested(int sig)
{
	int before = ++nr_calls;

	blocked_inside = blocked(sig) && blocked(SIGUSR2);
	if (before < 3) {
		kill(getpid(), sig);
		if (nr_calls != before)
			nested_without_nodefer = 1;
	}
}

static void check_flags(void)
{
	struct sigaction action = { .sa_handler = not_nested };

	handle(SIGUSR1, count, 0);
	check(many_registers(), "a handler changes no register of ours");

	nr_calls = 0;
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &action, NULL);
	kill(getpid(), SIGUSR1);
	check(blocked_inside, "a handler blocks its signal and its sa_mask");
	check(nr_calls == 3 && !nested_without_nodefer,
	      "sent from inside, it comes when the handler returns");
	check(!blocked(SIGUSR1) && !blocked(SIGUSR2), "the mask is restored");
	nr_calls = 0;
	handle(SIGUSR1, count_nested, SA_NODEFER);
	kill(getpid(), SIGUSR1);
	check(nr_calls == 3 && nr_nested == 3 && !last_sig,
	      "SA_NODEFER: it comes inside the handler");
	nr_calls = 0;
	handle(SIGUSR1, count, SA_RESETHAND);
	kill(getpid(), SIGUSR1);
	sigaction(SIGUSR1, NULL, &action);
	check(nr_calls == 1 && action.sa_handler == SIG_DFL,
	      "SA_RESETHAND: the handler serves once");
}

static int reset_twice(long unused)
{
	(void)unused;
	handle(SIGUSR1, count, SA_RESETHAND);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	return 0;
}

/* ---------------------------------------------------------------- masks */

static int report_mask(long unused)
{
	(void)unused;
	return blocked(SIGUSR1) + 2 * blocked(SIGUSR2);
}

static int handlers_inherited(long unused)
{
	(void)unused;
	nr_calls = 0;
	kill(getpid(), SIGUSR1);
	return nr_calls;
}

static int pending_not_inherited(long unused)
{
	(void)unused;
	nr_calls = 0;
	block(SIG_UNBLOCK, SIGUSR1);
	return nr_calls;
}

static void check_masks(void)
{
	const uint32_t set[2] = { 1u << (SIGUSR2 - 1), 0 };
	uint32_t old[2] = { 7, 7 };

	handle(SIGUSR1, count, 0);
	nr_calls = 0;
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	expect(nr_calls, 0, "a blocked signal waits");
	check(exited(run(pending_not_inherited, 0), 0),
	      "a child does not inherit what is pending");
	block(SIG_UNBLOCK, SIGUSR1);
	expect(nr_calls, 1, "and comes once when unblocked");
	block(SIG_BLOCK, SIGUSR1);
	check(exited(run(report_mask, 0), 1), "a child inherits the mask");
	kill(getpid(), SIGUSR1);
	handle(SIGUSR1, SIG_IGN, 0);
	handle(SIGUSR1, count, 0);
	block(SIG_UNBLOCK, SIGUSR1);
	expect(nr_calls, 1, "ignoring a pending signal drops it");
	check(exited(run(handlers_inherited, 0), 1),
	      "a child inherits the handlers");
	expect(sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)set, (long)old, 8), 0,
	       "rt_sigprocmask sets the mask");
	check(old[0] == 0 && old[1] == 0 && blocked(SIGUSR2) &&
	      !blocked(SIGUSR1), "and tells the old one");
	expect(sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)set, 0, 4), -EINVAL,
	       "a set of 4 bytes is refused");
	expect(sys(SYS_rt_sigprocmask, 9, (long)set, 0, 8), -EINVAL,
	       "so is an unknown way");
	expect(sys(SYS_rt_sigprocmask, 9, 0, (long)old, 8), 0,
	       "which does not matter without a set");
	expect(sys(SYS_rt_sigprocmask, 9, USER_TOP, 0, 8), -EFAULT,
	       "the set is read before the way is judged");
	block(SIG_UNBLOCK, SIGUSR2);
}

/* --------------------------------------------------------- from others */

/* Again and again, lest one comes before the parent has gone to sleep. */
static int send_to_parent(long sig)
{
	while (*step != 1) {
		usleep(20000);
		kill(getppid(), sig);
	}
	return 0;
}

static int reap(int pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void check_interrupted(void)
{
	struct timespec long_time = { 20, 0 }, left = { 0, 0 };
	int pid, got;

	handle(SIGUSR1, count, 0);
	nr_calls = 0;
	*step = 0;
	pid = start(send_to_parent, SIGUSR1);
	got = sys(SYS_nanosleep, (long)&long_time, (long)&left);
	check(got == -EINTR && nr_calls > 0, "a signal ends a sleep: EINTR");
	check(left.tv_sec > 0 && left.tv_sec < 20, "the rest is told");
	*step = 1;
	check(exited(reap(pid), 0), "the sender ends well");

	nr_calls = 0;
	*step = 0;
	pid = start(send_to_parent, SIGUSR1);
	got = waitpid(pid, NULL, 0);
	check(got == -1 && errno == EINTR && nr_calls > 0,
	      "a signal ends a wait: EINTR");
	*step = 1;
	check(exited(reap(pid), 0), "which can be made again");
}

static int send_and_end(long sig)
{
	usleep(20000);
	kill(getppid(), sig);
	usleep(20000);
	return 3;
}

static void check_restart(void)
{
	int pid, status = 0, got;

	handle_info(SIGUSR1, count_info, SA_RESTART);
	nr_calls = 0;
	pid = start(send_and_end, SIGUSR1);
	got = waitpid(pid, &status, 0);
	check(got == pid && exited(status, 3) && nr_calls == 1,
	      "SA_RESTART: the wait goes on behind the handler");
	check(last_info.si_code == SI_USER && last_info.si_pid == pid,
	      "which knows the sender");
	handle(SIGUSR1, SIG_IGN, 0);
	pid = start(send_and_end, SIGUSR1);
	got = waitpid(pid, &status, 0);
	check(got == pid && exited(status, 3), "an ignored one ends no wait");
}

static int leave_with(long code)
{
	return code;
}

static void check_child(void)
{
	int pid, status;

	handle_info(SIGCHLD, count_info, SA_RESTART);
	nr_calls = 0;
	pid = start(leave_with, 6);
	while (nr_calls == 0)
		sched_yield();
	check(last_info.si_signo == SIGCHLD && last_info.si_pid == pid &&
	      last_info.si_code == CLD_EXITED && last_info.si_status == 6,
	      "SIGCHLD tells which child exited, and how");
	check(waitpid(pid, &status, 0) == pid && exited(status, 6),
	      "and the child can be waited for");
	nr_calls = 0;
	*step = 0;
	pid = start(spin, 0);
	until(step, 1);
	kill(pid, SIGKILL);
	while (nr_calls == 0)
		sched_yield();
	check(last_info.si_pid == pid && last_info.si_code == CLD_KILLED &&
	      last_info.si_status == SIGKILL, "or was killed, and by what");
	waitpid(pid, &status, 0);

	handle_info(SIGCHLD, count_info, SA_RESTART | SA_NOCLDWAIT);
	nr_calls = 0;
	pid = start(leave_with, 6);
	check(waitpid(pid, &status, 0) == -1 && errno == ECHILD,
	      "SA_NOCLDWAIT: a child leaves nothing to wait for");
	check(nr_calls == 1 && last_info.si_pid == pid, "but it is told of");
	handle(SIGCHLD, SIG_DFL, 0);
}

static int spin_alone(long unused)
{
	setpgid(0, 0);
	signal(SIGUSR1, SIG_DFL);
	return spin(unused);
}

static int spin_by_default(long unused)
{
	signal(SIGUSR1, SIG_DFL);
	*step = 2;
	while (*step)
		asm volatile("");
	return unused;
}

static void check_group(void)
{
	int pid, other, status;

	check(getsid(0) == getpid() || setpgid(0, 0) == 0, "we lead a group");
	handle(SIGUSR1, count, 0);
	*step = 0;
	pid = start(spin_alone, 0);
	until(step, 1);
	other = start(spin_by_default, 0);
	until(step, 2);
	nr_calls = 0;
	expect(kill(0, SIGUSR1), 0, "kill of our group");
	check(nr_calls == 1 && waitpid(other, &status, 0) == other &&
	      killed(status, SIGUSR1), "tells us and our child");
	expect(waitpid(pid, &status, WNOHANG), 0, "and no child that left it");
	expect(kill(-pid, SIGTERM), 0, "which has a group of its own");
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGTERM),
	      "where it is reached");
}

/* A child that stops and goes on, and what is told of it: each but once. */
static void check_stop(void)
{
	int pid, status = 0;

	*step = 0;
	pid = start(spin, 0);
	until(step, 1);
	expect(waitpid(pid, &status, WNOHANG | WUNTRACED), 0,
	       "a child that runs is no news");
	kill(pid, SIGSTOP);
	check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGSTOP, "that it stopped is");
	expect(waitpid(pid, &status, WNOHANG | WUNTRACED), 0, "once");
	kill(pid, SIGCONT);
	check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status),
	      "as is that it goes on");
	expect(waitpid(pid, &status, WNOHANG | WCONTINUED), 0, "once as well");
	kill(pid, SIGSTOP);
	check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status),
	      "it can be stopped again");
	kill(pid, SIGKILL);
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGKILL),
	      "and killed while it is stopped");
}

static int defiant(long unused)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return spin(unused);
}

static void check_unstoppable(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags, restorer, mask[2];
	} raw = { count, 0, 0, { 0, 0 } };
	int pid, status;

	expect(sys(SYS_rt_sigaction, SIGKILL, (long)&raw, 0, 8), -EINVAL,
	       "SIGKILL takes no handler");
	expect(sys(SYS_rt_sigaction, SIGSTOP, (long)&raw, 0, 8), -EINVAL,
	       "nor does SIGSTOP");
	expect(sys(SYS_rt_sigaction, SIGKILL, 0, (long)&raw, 8), 0,
	       "but may be asked about");
	check(raw.handler == SIG_DFL, "it is always the default");
	expect(sys(SYS_rt_sigaction, 0, (long)&raw, 0, 8), -EINVAL, "signal 0");
	expect(sys(SYS_rt_sigaction, 65, (long)&raw, 0, 8), -EINVAL,
	       "signal 65");
	expect(sys(SYS_rt_sigaction, SIGUSR1, (long)&raw, 0, 4), -EINVAL,
	       "a set of 4 bytes");
	expect(sys(SYS_kill, getpid(), 65), -EINVAL, "kill with signal 65");
	expect(sys(SYS_kill, getpid(), -1), -EINVAL, "kill with signal -1");
	expect(sys(SYS_kill, 0x7ffffff0, SIGTERM), -ESRCH, "kill of nobody");
	block(SIG_BLOCK, SIGKILL);
	check(!blocked(SIGKILL), "SIGKILL cannot be blocked");
	*step = 0;
	pid = start(defiant, 0);
	until(step, 1);
	kill(pid, SIGTERM);
	usleep(1000);
	expect(waitpid(pid, NULL, WNOHANG), 0, "blocked SIGTERM does not kill");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	check(killed(status, SIGKILL), "SIGKILL does, whatever is blocked");
}

static void spin_handled(int sig)
{
	(void)sig;
	_exit(12);
}

static int spin_with_handler(long unused)
{
	handle(SIGUSR1, spin_handled, 0);
	return spin(unused);
}

static void check_busy(void)
{
	int pid, status;

	*step = 0;
	pid = start(spin, 0);
	until(step, 1);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	check(killed(status, SIGTERM), "a child that makes no call is killed");
	*step = 0;
	pid = start(spin_with_handler, 0);
	until(step, 1);
	kill(pid, SIGUSR1);
	waitpid(pid, &status, 0);
	check(exited(status, 12), "or runs its handler");
}

/* --------------------------------------------------------------- faults */

static sigjmp_buf back;
static volatile uintptr_t fault_addr, fault_eip, fault_cr2, fault_err;
static volatile int fault_code, fault_trap;

static void note_fault(siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	fault_addr = (uintptr_t)info->si_addr;
	fault_code = info->si_code;
	fault_eip = uc->uc_mcontext.gregs[REG_EIP];
	fault_err = uc->uc_mcontext.gregs[REG_ERR];
	fault_trap = uc->uc_mcontext.gregs[REG_TRAPNO];
	fault_cr2 = uc->uc_mcontext.cr2;
}

static void jump_back(int sig, siginfo_t *info, void *context)
{
	note_fault(info, context);
	siglongjmp(back, sig);
}

/* Opens the page and returns: the instruction is made again. */
static void open_page(int sig, siginfo_t *info, void *context)
{
	note_fault(info, context);
	count(sig);
	mprotect((void *)(fault_addr & -PAGE), PAGE, RW);
}

/* Steps over the two bytes of `mov %eax, (%ecx)` or ud2. */
static void skip_two(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	note_fault(info, context);
	count(sig);
	uc->uc_mcontext.gregs[REG_EIP] += 2;
	uc->uc_mcontext.gregs[REG_EDX] = 0x600d;
}

__attribute__((noinline)) static uint32_t store(uintptr_t addr)
{
	uint32_t edx = 0;

	asm volatile(".globl store_here\n"
		     "store_here: mov %%eax, (%%ecx)\n"
		     : "+d"(edx) : "a"(77), "c"(addr) : "memory");
	return edx;
}

extern char store_here[];

static void check_faults(void)
{
	uintptr_t page = map(0, 2 * PAGE, PROT_READ, ANON);
	static const int bounds[2] = { 1, 2 };

	munmap((void *)(page + PAGE), PAGE);
	handle_info(SIGSEGV, jump_back, 0);
	if (sigsetjmp(back, 1) == 0)
		store(page + 8);
	check(fault_code == SEGV_ACCERR && fault_addr == page + 8,
	      "a fault can be left by siglongjmp");
	check(!blocked(SIGSEGV), "which restores the mask");
	check(fault_eip == (uintptr_t)store_here, "eip is the instruction");
	check(fault_trap == 14 && fault_cr2 == page + 8,
	      "the context has trap 14 and the address in cr2");
	check((fault_err & 6) == 6, "the error code says user and write");
	if (sigsetjmp(back, 1) == 0)
		asm volatile("mov $0x7f, %%al; add $1, %%al; into" : : : "eax");
	check(fault_trap == 4, "an overflow is trap 4");
	if (sigsetjmp(back, 1) == 0)
		asm volatile("bound %0, (%1)" : : "r"(3), "r"(bounds) :
			     "memory");
	check(fault_trap == 5 && fault_code == SI_KERNEL,
	      "an index out of bounds is trap 5");
	for (volatile int i = 0; i < 100; i++)
		if (sigsetjmp(back, 1) == 0)
			store(page + PAGE);
	check(fault_code == SEGV_MAPERR && fault_addr == page + PAGE &&
	      (fault_err & 7) == 6, "100 times, on what is not there");

	nr_calls = 0;
	handle_info(SIGSEGV, open_page, 0);
	store(page + 12);
	check(nr_calls == 1 && *(uint32_t *)(page + 12) == 77,
	      "a handler mends the page, and the store is made again");
	handle_info(SIGSEGV, skip_two, 0);
	nr_calls = 0;
	check(store(page + PAGE) == 0x600d && nr_calls == 1,
	      "a handler changes eip and edx, and they count");
	handle_info(SIGILL, skip_two, 0);
	asm volatile("ud2" : : : "edx");
	check(nr_calls == 2, "it steps over ud2 as well");
	handle(SIGSEGV, SIG_DFL, 0);
	handle(SIGILL, SIG_DFL, 0);
	munmap((void *)page, PAGE);
}

static int fault_blocked(long unused)
{
	(void)unused;
	handle(SIGSEGV, spin_handled, 0);
	block(SIG_BLOCK, SIGSEGV);
	store(16);
	return 0;
}

static int fault_ignored(long unused)
{
	(void)unused;
	handle(SIGSEGV, SIG_IGN, 0);
	store(16);
	return 0;
}

static void fault_again(int sig)
{
	(void)sig;
	store(16);
}

static int fault_in_handler(long unused)
{
	(void)unused;
	handle(SIGSEGV, fault_again, 0);
	store(16);
	return 0;
}

static int handler_at(long addr)
{
	handle(SIGUSR1, (void (*)(int))addr, 0);
	kill(getpid(), SIGUSR1);
	return 0;
}

static int no_stack_for_frame(long esp)
{
	handle(SIGUSR1, count, 0);
	asm volatile("mov %0, %%esp\n"
		     "int $0x80\n"
		     : : "r"(esp), "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1));
	return 0;
}

static void check_fatal(void)
{
	dies_by(SIGSEGV, fault_blocked, 0, "a fault while SIGSEGV is blocked");
	dies_by(SIGSEGV, fault_ignored, 0, "a fault while SIGSEGV is ignored");
	dies_by(SIGSEGV, fault_in_handler, 0, "a fault in its own handler");
	dies_by(SIGSEGV, handler_at, 16, "a handler that is not there");
	dies_by(SIGSEGV, handler_at, USER_TOP + 64, "a handler in the kernel");
	dies_by(SIGSEGV, no_stack_for_frame, 4096, "no stack for the frame");
	dies_by(SIGSEGV, no_stack_for_frame, USER_TOP + 4096,
		"a frame in the kernel");
	dies_by(SIGUSR1, reset_twice, 0, "the second one after SA_RESETHAND");
}

/* ------------------------------------------------------ alternate stack */

static char other_stack[32768];
static volatile bool on_other_stack;

static void note_stack(int sig)
{
	char here;

	count(sig);
	on_other_stack = &here >= other_stack &&
			 &here < other_stack + sizeof(other_stack);
}

static void leave_overflow(int sig, siginfo_t *info, void *context)
{
	note_stack(sig);
	jump_back(sig, info, context);
}

static int recurse(int depth);
static int (*volatile recurse_again)(int) = recurse;

__attribute__((noinline)) static int recurse(int depth)
{
	volatile char room[1024];

	room[0] = depth;
	return recurse_again(depth + 1) + room[0];
}

static void check_altstack(void)
{
	stack_t other = {
		.ss_sp = other_stack,
		.ss_size = sizeof(other_stack),
	}, old;

	expect(sigaltstack(&other, NULL), 0, "sigaltstack");
	sigaltstack(NULL, &old);
	check(old.ss_sp == other_stack && old.ss_size == sizeof(other_stack) &&
	      old.ss_flags == 0, "tells what was set");
	handle(SIGUSR1, note_stack, SA_ONSTACK);
	kill(getpid(), SIGUSR1);
	check(on_other_stack, "SA_ONSTACK: the handler runs there");
	handle(SIGUSR1, note_stack, 0);
	kill(getpid(), SIGUSR1);
	check(!on_other_stack, "without the flag it does not");
	handle_info(SIGSEGV, leave_overflow, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		recurse(0);
	check(on_other_stack && fault_code == SEGV_MAPERR,
	      "a stack overflow is survived on the other stack");
	on_other_stack = false;
	if (sigsetjmp(back, 1) == 0)
		recurse(0);
	check(on_other_stack, "and once more");
	handle(SIGSEGV, SIG_DFL, 0);
	other.ss_size = 100;
	expect(sys(SYS_sigaltstack, (long)&other, 0), -ENOMEM,
	       "a stack of 100 bytes is too small");
	other.ss_size = sizeof(other_stack);
	other.ss_flags = 64;
	expect(sys(SYS_sigaltstack, (long)&other, 0), -EINVAL, "unknown flags");
	expect(sys(SYS_sigaltstack, 16, 0), -EFAULT, "a bad pointer");
	other.ss_flags = SS_DISABLE;
	expect(sys(SYS_sigaltstack, (long)&other, 0), 0, "it can be given up");
	handle(SIGUSR1, note_stack, SA_ONSTACK);
	kill(getpid(), SIGUSR1);
	check(!on_other_stack, "and is not used any more");
}

/* -------------------------------------------------------------- forgery */

#define EFLAGS_IF	0x200
#define EFLAGS_IOPL	0x3000
#define EFLAGS_NT	0x4000
#define EFLAGS_DF	0x400

static uint32_t eflags(void)
{
	uint32_t flags;

	asm volatile("pushf\n pop %0" : "=r"(flags));
	return flags;
}

static void forge_eflags(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	count(sig);
	uc->uc_mcontext.gregs[REG_EFL] |= EFLAGS_IOPL;
	uc->uc_mcontext.gregs[REG_EFL] &= ~EFLAGS_IF;
}

/* Bits that no CPU has; with them a load of the state is refused. */
static void forge_mxcsr(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	char *fxsave = (char *)uc->uc_mcontext.fpregs + 112;

	(void)sig;
	(void)info;
	*(uint32_t *)(fxsave + 24) |= 0xffff0000;
}

static int return_with_mxcsr(long unused)
{
	handle_info(SIGUSR1, forge_mxcsr, 0);
	kill(getpid(), SIGUSR1);
	return unused;
}

static volatile uint32_t flags_inside;
static void *volatile link_inside;

static void look_inside(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	flags_inside = eflags();
	asm volatile("cld");
	link_inside = ((ucontext_t *)context)->uc_link;
}

static int forged_register, forged_value;

static void forge_register(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[forged_register] = forged_value;
}

static int forge(long which)
{
	static const int value[][2] = {
		{ REG_EIP, USER_TOP + 4096 }, { REG_EIP, 16 },
		{ REG_CS, 0 }, { REG_CS, 0xfff8 }, { REG_SS, 0 },
		{ REG_SS, 0xfff8 }, { REG_SS, 8 }, { REG_CS, 8 },
		{ REG_CS, 0x60 },
	};

	forged_register = value[which][0];
	forged_value = value[which][1];
	handle_info(SIGUSR1, forge_register, 0);
	kill(getpid(), SIGUSR1);
	return 0;
}

static int sigreturn_at(long esp)
{
	asm volatile("mov %0, %%esp\n"
		     "int $0x80\n"
		     "hlt\n"
		     : : "r"(esp), "a"(SYS_rt_sigreturn));
	return 0;
}

static int old_sigreturn_at(long esp)
{
	asm volatile("mov %0, %%esp\n"
		     "int $0x80\n"
		     "hlt\n"
		     : : "r"(esp), "a"(SYS_sigreturn));
	return 0;
}

static void check_forgery(void)
{
	/* i386 Linux says SIGILL where iret refuses, x86-64 says SIGSEGV. */
	static const char *const selector[] = {
		"a null code", "a wild code", "a null stack", "a wild stack",
		"the kernel's code as its stack", "a low code",
		"the kernel's code",
	};
	uint32_t flags;
	int status;

	handle_info(SIGUSR1, forge_eflags, 0);
	kill(getpid(), SIGUSR1);
	flags = eflags();
	check(!(flags & EFLAGS_IOPL) && flags & EFLAGS_IF,
	      "a handler cannot give itself I/O or close interrupts");
	handle(SIGUSR1, count, 0);
	asm volatile("std\n int $0x80\n pushf\n pop %0\n cld\n"
		     : "=a"(flags)
		     : "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1) : "memory");
	check(flags & EFLAGS_DF, "the direction flag survives a handler");
	handle_info(SIGUSR1, look_inside, 0);
	asm volatile("std\n int $0x80\n cld\n"
		     : "=a"(flags)
		     : "0"(SYS_kill), "b"(getpid()), "c"(SIGUSR1) : "memory");
	check(!(flags_inside & EFLAGS_DF), "which begins without it");
	check(!link_inside, "no stray word of the kernel is in its context");
	status = run(return_with_mxcsr, 0);
	check(exited(status, 0) || killed(status, SIGSEGV),
	      "a forged MXCSR harms nobody else");
	dies_by(SIGSEGV, forge, 0, "a context with eip in the kernel");
	dies_by(SIGSEGV, forge, 1, "a context with eip nowhere");
	for (int which = 2; which < 9; which++) {
		status = run(forge, which);
		check(killed(status, SIGSEGV) || killed(status, SIGILL),
		      "a context with %s selector: SIGSEGV or SIGILL",
		      selector[which - 2]);
	}
	dies_by(SIGSEGV, sigreturn_at, 4096, "rt_sigreturn without a frame");
	dies_by(SIGSEGV, sigreturn_at, USER_TOP, "rt_sigreturn in the kernel");
	dies_by(SIGSEGV, old_sigreturn_at, 4096, "sigreturn without a frame");
	dies_by(SIGSEGV, old_sigreturn_at, USER_TOP, "sigreturn in the kernel");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_handlers();
	check_flags();
	check_masks();
	check_interrupted();
	check_restart();
	check_child();
	check_stop();
	check_group();
	check_unstoppable();
	check_busy();
	check_faults();
	check_fatal();
	check_altstack();
	check_forgery();
	return guest_end();
}
