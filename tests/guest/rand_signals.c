// SPDX-License-Identifier: MIT
/*
 * rand_signals - random sequences of signal calls, handlers and forks.
 *
 *	rand_signals [first seed [how many [-v]]]	by default 1 and 20
 *
 * A sequence is 300 steps: sigaction with random flags and masks, kill of
 * oneself (and fork) or tgkill, sigprocmask, sigpending, sigsuspend,
 * sigtimedwait; a handler takes such steps as well, and may change the mask
 * that it returns to, or leave by siglongjmp.  What happens depends on the
 * seed alone, so the trace of it, of which a line says the digest, is the same
 * on Linux and on Atlas: which handler ran when, on which stack, with which
 * mask; what each call answered.  -v prints the trace.
 *
 * Not here, since Atlas does not: signals for the thread before those for the
 * process, and a queue of real-time signals.
 */
#include "tests/guest/guest.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define NR_STEPS	300
#define MAX_DEPTH	5
#define BIT(sig)	(1ull << ((sig) - 1))
#define KERNEL_RESTORER	0x04000000u

/* What i386's rt_sigaction takes. */
struct action {
	uintptr_t handler;
	uint32_t flags;
	uintptr_t restorer;
	uint64_t mask;
} __attribute__((packed));

static const int signals[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
	SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGCONT,
	SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGWINCH, SIGIO, SIGPWR,
	SIGSYS, 34, 40, 64,
};

static char stack[1 << 20] __attribute__((aligned(4096)));
static uint32_t state, digest;
static unsigned int nr_events;
static int depth;
static bool verbose, can_jump, by_kill;
static sigjmp_buf start_over;

static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static void trace(const char *text, ...)
	__attribute__((format(printf, 1, 2)));

static void trace(const char *text, ...)
{
	char line[200];
	va_list args;

	va_start(args, text);
	vsnprintf(line, sizeof(line), text, args);
	va_end(args);
	for (const char *c = line; *c; c++)
		digest = digest * 33 + (uint8_t)*c;
	nr_events++;
	if (verbose)
		note("%*s%s", depth, "", line);
}

static int any_signal(void)
{
	return signals[below(sizeof(signals) / sizeof(signals[0]))];
}

static uint64_t any_mask(void)
{
	uint64_t mask = 0;

	for (uint32_t n = below(8); n; n--)
		mask |= BIT(any_signal());
	return mask;
}

static uint64_t mask_now(void)
{
	uint64_t mask = 0;

	sys(SYS_rt_sigprocmask, 0, 0, (long)&mask, 8);
	return mask;
}

static uint64_t pending_now(void)
{
	uint64_t mask = 0;

	sys(SYS_rt_sigpending, (long)&mask, 8);
	return mask;
}

static struct action action_of(int sig)
{
	struct action action = { 0 };

	sys(SYS_rt_sigaction, sig, 0, (long)&action, 8);
	return action;
}

/* ------------------------------------------------------------- handlers */

static void step(void);

/* As rt_sigaction wants them who bypasses libc. */
asm("return_classic:\n"
    "	pop %eax\n"
    "	mov $119, %eax\n"
    "	int $0x80\n"
    "return_rt:\n"
    "	mov $173, %eax\n"
    "	int $0x80\n");
extern char return_classic[], return_rt[];

static bool on_stack(void)
{
	const char *here = __builtin_frame_address(0);

	return here >= stack && here < stack + sizeof(stack);
}

static void take_steps(uint32_t max)
{
	if (depth < MAX_DEPTH)
		for (uint32_t n = below(max); n; n--)
			step();
}

static void handle_classic(int sig)
{
	depth++;
	trace("handler of %d, mask %llx", sig, mask_now());
	take_steps(2);
	trace("end of %d", sig);
	depth--;
}

static void handle_rt(int sig, siginfo_t *info, void *context)
{
	uint64_t *after = (uint64_t *)&((ucontext_t *)context)->uc_sigmask;

	depth++;
	trace("handler of %d, code %d, mask %llx, then %llx, alternate %d",
	      sig, info->si_code, mask_now(), *after, on_stack());
	take_steps(3);
	if (can_jump && !below(25)) {
		depth = 0;
		siglongjmp(start_over, 1);
	}
	if (!below(12))
		*after = any_mask();
	trace("end of %d, then %llx", sig, *after);
	depth--;
}

/* ---------------------------------------------------------------- steps */

static void set_action(int sig)
{
	bool is_rt = below(2);
	struct action old = { 0 }, new = {
		.handler = is_rt ? (uintptr_t)handle_rt :
			(uintptr_t)handle_classic,
		.flags = KERNEL_RESTORER | (is_rt ? SA_SIGINFO : 0),
		.restorer = (uintptr_t)(is_rt ? return_rt : return_classic),
	};

	if (sig == SIGCONT)
		return;			/* would tell a child's stops */
	new.flags |= (below(3) ? 0 : SA_NODEFER) |
		(below(4) ? 0 : SA_RESETHAND) | (below(2) ? SA_ONSTACK : 0);
	new.mask = below(3) ? 0 : any_mask();
	if (!below(6))
		new.handler = (uintptr_t)SIG_IGN;
	sys(SYS_rt_sigaction, sig, (long)&new, (long)&old, 8);
	trace("action of %d: %x, was %x %llx", sig, new.flags,
	      old.flags & ~KERNEL_RESTORER, old.mask);
}

static bool is_fatal(int sig)
{
	return action_of(sig).handler == (uintptr_t)SIG_DFL &&
	       sig != SIGCHLD && sig != SIGCONT && sig != SIGURG &&
	       sig != SIGWINCH;
}

static void send(int sig)
{
	if (is_fatal(sig) || (sig >= 32 && pending_now() & BIT(sig)))
		return;
	trace("send %d", sig);
	if (by_kill)
		sys(SYS_kill, getpid(), sig);
	else
		sys(SYS_tgkill, getpid(), sys(SYS_gettid), sig);
}

static void change_mask(void)
{
	uint64_t mask = any_mask(), old = 0;
	uint32_t how = below(3);

	sys(SYS_rt_sigprocmask, how, (long)&mask, (long)&old, 8);
	trace("mask %u %llx, was %llx", how, mask, old);
}

/* Only with something to come, of course. */
static void suspend(void)
{
	uint64_t wanted = 0, pending = pending_now(), mask;
	long got;

	for (int sig = 1; sig <= 64; sig++)
		if (pending & BIT(sig) &&
		    action_of(sig).handler > (uintptr_t)SIG_IGN)
			wanted |= BIT(sig);
	if (!wanted)
		return;
	mask = ~wanted;
	trace("suspend %llx", mask);
	got = sys(SYS_rt_sigsuspend, (long)&mask, 8);
	trace("suspend: %ld, mask %llx", got, mask_now());
}

static void wait_for_any(void)
{
	const struct { int32_t sec, nsec; } now = { 0, 0 };
	uint64_t mask = any_mask() | any_mask();
	siginfo_t info = { 0 };
	long got = sys(SYS_rt_sigtimedwait, (long)&mask, (long)&info,
		       (long)&now, 8);

	trace("wait for %llx: %ld, code %d", mask, got, info.si_code);
}

static void step(void)
{
	int sig = any_signal();

	switch (below(12)) {
	case 0 ... 2:
		set_action(sig);
		break;
	case 3 ... 6:
		send(sig);
		break;
	case 7 ... 8:
		change_mask();
		break;
	case 9:
		trace("pending %llx", pending_now());
		break;
	case 10:
		suspend();
		break;
	default:
		wait_for_any();
	}
}

static int child(long unused)
{
	uint64_t pending = pending_now();

	(void)unused;
	can_jump = false;
	if (pending)
		return 255;
	for (int i = 0; i < 5; i++)
		step();
	return digest & 0x7f;
}

/* ------------------------------------------------------------ sequences */

static void reset(void)
{
	const struct action ignore = { .handler = (uintptr_t)SIG_IGN };
	const struct action none = { .handler = (uintptr_t)SIG_DFL };
	const uint64_t mask = 0;

	/* Ignored, what is pending is forgotten. */
	for (int sig = 1; sig <= 64; sig++) {
		sys(SYS_rt_sigaction, sig, (long)&ignore, 0, 8);
		sys(SYS_rt_sigaction, sig, (long)&none, 0, 8);
	}
	sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, 8);
	digest = 5381;
	nr_events = 0;
}

static void sequence(uint32_t seed)
{
	reset();
	state = seed * 2654435761u | 1;
	by_kill = seed & 1;
	for (volatile int i = 0; i < NR_STEPS; i++) {
		if (sigsetjmp(start_over, i & 1) == 0) {
			can_jump = true;
			step();
		} else {
			trace("jumped");
		}
		can_jump = false;
		if (by_kill && !below(40))
			trace("child: %x", run(child, 0));
	}
	check(nr_events > 100, "seed %u: %u events, digest %08x", seed,
	      nr_events, digest);
}

int main(int argc, char **argv)
{
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	uint32_t first = argc > 1 ? atoi(argv[1]) : 1;
	uint32_t nr = argc > 2 ? atoi(argv[2]) : 20;

	guest_start(argv);
	verbose = argc > 3;
	sigaltstack(&alternate, NULL);
	for (uint32_t seed = first; seed < first + nr; seed++)
		sequence(seed);
	reset();
	return guest_end();
}
