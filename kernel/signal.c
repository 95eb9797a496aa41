// SPDX-License-Identifier: MIT
/*
 * signal - who gets one, and what is done about it on the way to user mode.
 *
 * A signal is first made pending: a bit, and the siginfo of its first sender.
 * If the task would act on it (it is not blocked, not ignored), its sleep is
 * interrupted and, when it is the one that runs, the CPU's exit flag is set,
 * so that trap.S calls signal_deliver() before the next instruction of the
 * program.  That runs the default action or builds a handler's frame
 * (sigframe.c).
 *
 * A fault is a signal that the program sends itself and cannot put off: if it
 * is blocked or ignored, it falls back to the default and ends the program.
 *
 * System calls that were interrupted return -ERESTART..., which never reaches
 * user mode: here it becomes EINTR, or the call is started once more by moving
 * eip back over `int $0x80`.
 *
 * Locking: tasks_lock, interrupts off, since ^C arrives in an interrupt.
 */
#include "kernel/signal.h"

#include "fs/pipe.h"
#include "kernel/job.h"
#include "kernel/sigframe.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/fault.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"
#include "x86/trap.h"

#define UNMASKABLE	(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define IGNORED_BY_DEFAULT						\
	(SIGBIT(SIGCHLD) | SIGBIT(SIGCONT) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH))
#define STOPS								\
	(SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define CLD_STOPPED	5
#define CLD_CONTINUED	6

#define SYS_RESTART	0		/* restart_syscall() */

static bool is_ignored(const struct task *task, int signo)
{
	uint32_t handler = task->signals.action[signo - 1].handler;

	return handler == SIG_IGN ||
	       (handler == SIG_DFL && SIGBIT(signo) & IGNORED_BY_DEFAULT);
}

bool signal_is_pending(const struct task *task)
{
	return task->signals.pending & ~task->signals.blocked;
}

bool signal_wants_exit(const struct task *task)
{
	return signal_is_pending(task) || task->signals.is_cut;
}

long signal_cut(int code)
{
	uint32_t flags = irq_save();

	current_task()->signals.is_cut = true;
	this_cpu()->exit_work = true;
	irq_restore(flags);
	return -code;
}

void signal_recalc(struct task *task)
{
	bool pending = signal_is_pending(task);

	assert(spin_held(&tasks_lock));
	if (!task->thread)
		return;			/* fork() is still making it */
	if (task->thread == current_thread())
		this_cpu()->exit_work = signal_wants_exit(task);
	if (pending)
		thread_interrupt(task->thread);
	else
		task->thread->interrupted = false;
}

void signal_set_blocked(uint64_t mask)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();

	task->signals.blocked = mask & ~UNMASKABLE;
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

void signal_set_action(int signo, const struct sigaction *new,
		       struct sigaction *old)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();
	struct sigaction *action = &task->signals.action[signo - 1];

	*old = *action;
	if (new) {
		*action = *new;
		action->flags &= SA_KNOWN;
		action->mask &= ~UNMASKABLE;
		if (is_ignored(task, signo))	/* also what came before */
			task->signals.pending &= ~SIGBIT(signo);
		signal_recalc(task);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* The parent hears that @task stopped or went on, by @code and @status. */
static void tell_parent(const struct task *task, int code, int status)
{
	struct task *parent = task->parent;
	const struct sigaction *action;
	struct siginfo info = {
		.signo = SIGCHLD, .code = code, .pid = task->pid,
		.status = status,
	};

	if (!parent)
		return;
	action = &parent->signals.action[SIGCHLD - 1];
	if (action->handler != SIG_IGN && !(action->flags & SA_NOCLDSTOP))
		signal_send_locked(parent, &info);
	wake_all(&parent->child_event);
}

/* SIGCONT lets a stopped task go on even when it is blocked or ignored. */
static void continue_task(struct task *task)
{
	task->signals.pending &= ~STOPS;
	if (task->state != TASK_STOPPED)
		return;
	task->state = TASK_ALIVE;
	task->continued = true;
	thread_wake(task->thread);
	tell_parent(task, CLD_CONTINUED, SIGCONT);
}

void signal_send_locked(struct task *task, const struct siginfo *info)
{
	struct signals *signals = &task->signals;
	int signo = info->signo;

	assert(spin_held(&tasks_lock));
	if (task->state == TASK_ZOMBIE)
		return;
	if (signo == SIGCONT)
		continue_task(task);
	if (SIGBIT(signo) & STOPS)
		signals->pending &= ~SIGBIT(SIGCONT);
	if (is_ignored(task, signo) &&
	    !((signals->blocked | signals->awaited) & SIGBIT(signo)))
		return;
	if (!(signals->pending & SIGBIT(signo))) {
		signals->pending |= SIGBIT(signo);
		signals->info[signo - 1] = *info;
	}
	if (signo == SIGKILL && task->state == TASK_STOPPED) {
		task->state = TASK_ALIVE;
		thread_wake(task->thread);
	}
	signal_recalc(task);
}

void signal_send(struct task *task, const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	signal_send_locked(task, info);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

void signal_force(const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();
	struct signals *signals = &task->signals;
	int signo = info->signo;
	struct sigaction *action = &signals->action[signo - 1];

	if (signals->blocked & SIGBIT(signo) || action->handler == SIG_IGN)
		action->handler = SIG_DFL;
	signals->blocked &= ~SIGBIT(signo);
	signals->pending |= SIGBIT(signo);
	signals->info[signo - 1] = *info;
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* Take the next signal to act on; faults come first.  0: none is left. */
static int take(struct task *task, struct siginfo *info,
		struct sigaction *action)
{
	struct signals *signals = &task->signals;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	uint64_t set = signals->pending & ~signals->blocked;
	int signo = 0;

	if (set) {
		signo = signal_first(set);
		signals->pending &= ~SIGBIT(signo);
		*info = signals->info[signo - 1];
		*action = signals->action[signo - 1];
		if (action->handler > SIG_IGN &&
		    action->flags & SA_RESETHAND)
			signals->action[signo - 1].handler = SIG_DFL;
	}
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return signo;
}

static void stop(struct task *task, int signo)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	/* The keyboard stops nobody whom no shell could let go on. */
	if (task->signals.pending & SIGBIT(SIGKILL) ||
	    (signo != SIGSTOP && job_is_orphaned(task->pgid, NULL))) {
		spin_unlock_irqrestore(&tasks_lock, flags);
		return;
	}
	task->state = TASK_STOPPED;
	task->exit_status = signo << 8 | 0x7f;
	task->stop_reported = false;
	tell_parent(task, CLD_STOPPED, signo);
	while (task->state == TASK_STOPPED) {
		task->thread->state = THREAD_SLEEPING;
		spin_unlock_irqrestore(&tasks_lock, flags);
		schedule();
		flags = spin_lock_irqsave(&tasks_lock);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* The default action, for a signal that has no handler. */
static void act_by_default(struct task *task, int signo)
{
	if (SIGBIT(signo) & IGNORED_BY_DEFAULT)
		return;
	if (SIGBIT(signo) & STOPS)
		stop(task, signo);
	else
		task_exit(signo);
}

static bool wants_restart(uint32_t eax)
{
	return eax == (uint32_t)-ERESTARTSYS ||
	       eax == (uint32_t)-ERESTARTNOHAND ||
	       eax == (uint32_t)-ERESTART_RESTARTBLOCK;
}

static void restart_call(struct trap_frame *frame)
{
	frame->eax = frame->eax == (uint32_t)-ERESTART_RESTARTBLOCK ?
		SYS_RESTART : frame->error;
	frame->eip -= 2;		/* over int $0x80 */
}

static void run_handler(struct task *task, struct trap_frame *frame, int signo,
			const struct siginfo *info,
			const struct sigaction *action)
{
	struct signals *signals = &task->signals;
	uint64_t mask = signals->restore_mask ? signals->saved_mask :
		signals->blocked;
	uint64_t blocked = signals->blocked | action->mask;

	if (frame->vector == TRAP_SYSCALL && wants_restart(frame->eax)) {
		if (frame->eax == (uint32_t)-ERESTARTSYS &&
		    action->flags & SA_RESTART)
			restart_call(frame);
		else
			frame->eax = -EINTR;
	}
	signals->restore_mask = false;
	if (sigframe_push(frame, signo, info, action, mask)) {
		struct siginfo segv = {
			.signo = SIGSEGV, .code = SI_KERNEL,
		};

		/* No room for a handler: not for SIGSEGV's own either. */
		if (signo == SIGSEGV)
			signals->action[SIGSEGV - 1].handler = SIG_DFL;
		signal_force(&segv);
		return;
	}
	if (!(action->flags & SA_NODEFER))
		blocked |= SIGBIT(signo);
	signal_set_blocked(blocked);
}

/* The last thing before user mode, when the CPU's exit flag is set. */
static void signal_deliver(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct sigaction action;
	struct siginfo info;
	int signo;

	task->signals.is_cut = false;
	while ((signo = take(task, &info, &action))) {
		if (action.handler == SIG_IGN)
			continue;
		if (action.handler != SIG_DFL) {
			run_handler(task, frame, signo, &info, &action);
			return;
		}
		act_by_default(task, signo);
	}
	if (frame->vector == TRAP_SYSCALL && wants_restart(frame->eax))
		restart_call(frame);
	if (task->signals.restore_mask) {
		task->signals.restore_mask = false;
		signal_set_blocked(task->signals.saved_mask);
	}
}

/* A bad access, as fault.c tells it. */
static void fault_signal(struct trap_frame *frame, int signo, int code,
			 vaddr_t addr)
{
	struct siginfo info = {
		.signo = signo, .code = code, .addr = addr,
	};

	(void)frame;
	current_task()->signals.fault_cr2 = addr;
	signal_force(&info);
}

/* The si_code of the first unmasked floating-point exception. */
static int fpu_code(uint32_t vector)
{
	uint16_t control, status;
	uint32_t mxcsr, raised;

	if (vector == TRAP_FPU_ERROR) {
		asm volatile("fnstcw %0; fnstsw %1"
			     : "=m"(control), "=m"(status));
		raised = status & ~control;
	} else {
		asm volatile("stmxcsr %0" : "=m"(mxcsr));
		raised = mxcsr & ~(mxcsr >> 7);
	}
	if (raised & 0x01)
		return 7;		/* FPE_FLTINV */
	if (raised & 0x04)
		return 3;		/* FPE_FLTDIV */
	if (raised & 0x08)
		return 4;		/* FPE_FLTOVF */
	if (raised & 0x12)
		return 5;		/* FPE_FLTUND: underflow, denormal */
	return raised & 0x20 ? 6 : 0;	/* FPE_FLTRES */
}

/* Any other exception of a program (SDM volume 3, table 6-1). */
static void trap_signal(struct trap_frame *frame)
{
	static const struct { uint8_t vector, signo; int code; } table[] = {
		{ TRAP_DIVIDE, SIGFPE, 1 },		/* FPE_INTDIV */
		{ TRAP_DEBUG, SIGTRAP, 2 },		/* TRAP_TRACE */
		{ TRAP_BREAKPOINT, SIGTRAP, SI_KERNEL },
		{ TRAP_OVERFLOW, SIGSEGV, SI_KERNEL },
		{ TRAP_BOUND, SIGSEGV, SI_KERNEL },
		{ TRAP_INVALID_OPCODE, SIGILL, 2 },	/* ILL_ILLOPN */
		{ TRAP_FPU_SEGMENT, SIGFPE, SI_KERNEL },
		{ TRAP_INVALID_TSS, SIGSEGV, SI_KERNEL },
		{ TRAP_NOT_PRESENT, SIGBUS, SI_KERNEL },
		{ TRAP_STACK_SEGMENT, SIGBUS, SI_KERNEL },
		{ TRAP_PROTECTION, SIGSEGV, SI_KERNEL },
		{ TRAP_FPU_ERROR, SIGFPE, 0 },		/* fpu_code() */
		{ TRAP_ALIGNMENT, SIGBUS, 1 },		/* BUS_ADRALN */
		{ TRAP_SIMD_ERROR, SIGFPE, 0 },
	};
	struct siginfo info = { .signo = SIGSEGV, .code = SI_KERNEL };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].vector == frame->vector) {
			info.signo = table[i].signo;
			info.code = table[i].code;
		}
	if (frame->vector == TRAP_FPU_ERROR ||
	    frame->vector == TRAP_SIMD_ERROR)
		info.code = fpu_code(frame->vector);
	if (info.code != SI_KERNEL)
		info.addr = frame->eip;
	irq_enable();
	signal_force(&info);
}

/* A write to a pipe that nobody reads. */
static void broken_pipe(void)
{
	struct siginfo info = {
		.signo = SIGPIPE, .code = SI_USER, .pid = current_task()->pid,
	};

	signal_send(current_task(), &info);
}

void signal_init(void)
{
	pipe_set_broken(broken_pipe);
	trap_set_exit_work(signal_deliver);
	trap_set_user_fallback(trap_signal);
	fault_set_signal(fault_signal);
}
