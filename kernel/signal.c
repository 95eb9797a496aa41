// SPDX-License-Identifier: MIT
/*
 * signal - who gets one, and what is done about it on the way to user mode.
 *
 * A signal is first made pending, for one thread or for a whole process: a bit,
 * and an entry in a queue with the siginfo of its sender.  Signals from 32 on
 * may be queued more than once.  If some thread would act on it (it is not
 * blocked, not ignored), that one's sleep is interrupted and, when it is the
 * one that runs, the CPU's exit flag is set, so that trap.S calls
 * signal_deliver() before the next instruction of the program.  That runs the
 * default action or builds a handler's frame (sigframe.c).
 *
 * Process 1 is told only of what it has a handler for, and of its own faults.
 *
 * What ends one thread of a process by a signal ends all: each is sent a
 * SIGKILL.  To stop, process->stop_signal is set, and all threads park on
 * their way to user mode; the last of them tells the parent.
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

#include "fs/cred.h"
#include "fs/pipe.h"
#include "kernel/sigframe.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/fault.h"
#include "mm/slab.h"
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

static struct kmem_cache *queue_cache;

static uint32_t handler_of(const struct process *process, int signo)
{
	return process->sighand->action[signo - 1].handler;
}

static bool is_ignored(const struct process *process, int signo)
{
	uint32_t handler = handler_of(process, signo);

	return handler == SIG_IGN ||
	       (handler == SIG_DFL && (SIGBIT(signo) & IGNORED_BY_DEFAULT ||
				       process->is_immortal));
}

/* Nobody is asked whether a process that gets this may live on. */
static bool is_deadly(const struct process *process, int signo)
{
	return handler_of(process, signo) == SIG_DFL &&
	       !process->is_immortal &&
	       !(SIGBIT(signo) & (IGNORED_BY_DEFAULT | STOPS));
}

static __always_inline uint64_t pending_set(const struct task *task)
{
	return task->signals.pending.set | task->process->pending.set;
}

uint64_t signal_pending_set(const struct task *task)
{
	return pending_set(task);
}

/* Each switch of threads asks. */
static __always_inline bool is_pending(const struct task *task)
{
	return (pending_set(task) & ~task->signals.blocked) ||
	       task->process->stop_signal;
}

bool signal_is_pending(const struct task *task)
{
	return is_pending(task);
}

bool signal_is_fatal(const struct task *task)
{
	return signal_pending_set(task) & SIGBIT(SIGKILL);
}

bool signal_wants_exit(const struct task *task)
{
	return is_pending(task) || task->signals.is_cut;
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
	if (task->thread == current_thread())
		this_cpu()->exit_work = signal_wants_exit(task);
	if (pending)
		thread_interrupt(task->thread);
	else
		task->thread->interrupted = false;
}

static void recalc_all(struct process *process)
{
	struct task *task;

	list_for_each_entry(task, &process->threads, group)
		signal_recalc(task);
}

void signal_thread_gone(struct process *process)
{
	if (process->pending.set)
		recalc_all(process);
}

void signal_set_blocked(uint64_t mask)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();

	mask &= ~UNMASKABLE;
	/* What this one will not take any more, another may. */
	if (task->process->nr_threads > 1 &&
	    task->process->pending.set & mask & ~task->signals.blocked)
		recalc_all(task->process);
	task->signals.blocked = mask;
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* ------------------------------------------------------ pending signals */

static struct sigqueue *queue_alloc(struct process *payer,
				    const struct siginfo *info)
{
	struct sigqueue *entry;

	if (info->signo >= SIGRTMIN || !SI_FROM_KERNEL(info->code)) {
		if (payer->nr_queued >= process_limit(payer, RLIMIT_SIGPENDING))
			return NULL;
	}
	entry = kmem_cache_alloc(queue_cache, GFP_ATOMIC);
	if (entry) {
		entry->payer = payer;
		payer->nr_queued++;
	}
	return entry;
}

/* It is in no queue any more. */
static void queue_free(struct sigqueue *entry)
{
	if (!entry->payer) {
		entry->info.signo = 0;
		return;
	}
	entry->payer->nr_queued--;
	kmem_cache_free(queue_cache, entry);
}

static void enqueue(struct pending *pending, struct sigqueue *entry,
		    const struct siginfo *info)
{
	entry->info = *info;
	list_add_tail(&pending->queue, &entry->link);
}

void signal_flush(struct pending *pending, uint64_t set)
{
	struct sigqueue *entry, *spare;

	if (!(pending->set & set))
		return;
	pending->set &= ~set;
	list_for_each_entry_safe(entry, spare, &pending->queue, link)
		if (SIGBIT(entry->info.signo) & set) {
			list_remove(&entry->link);
			queue_free(entry);
		}
}

static void flush_process(struct process *process, uint64_t set)
{
	struct task *task;

	signal_flush(&process->pending, set);
	list_for_each_entry(task, &process->threads, group)
		signal_flush(&task->signals.pending, set);
}

/* Take @signo, which is there; it stays pending if it was queued twice. */
static void dequeue(struct pending *pending, int signo, struct siginfo *info)
{
	struct sigqueue *entry, *first = NULL;
	bool more = false;

	list_for_each_entry(entry, &pending->queue, link)
		if (entry->info.signo == signo) {
			more = first;
			if (more)
				break;
			first = entry;
		}
	if (!more)
		pending->set &= ~SIGBIT(signo);
	*info = (struct siginfo){ .signo = signo };
	if (first) {
		*info = first->info;
		list_remove(&first->link);
		queue_free(first);
	}
}

/* What is next of @set for @task: its own come first.  0: nothing. */
static int take_locked(struct task *task, uint64_t set, struct siginfo *info)
{
	struct pending *own = &task->signals.pending;
	struct pending *common = &task->process->pending;
	struct pending *from = own->set & set ? own : common;
	int signo;

	if (!(from->set & set))
		return 0;
	signo = signal_first(from->set & set);
	dequeue(from, signo, info);
	return signo;
}

int signal_take(uint64_t set, struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	int signo = take_locked(current_task(), set, info);

	if (signo)
		signal_recalc(current_task());
	spin_unlock_irqrestore(&tasks_lock, flags);
	return signo;
}

void signal_set_action(int signo, const struct sigaction *new,
		       struct sigaction *old)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = current_process();
	struct sigaction *action = &process->sighand->action[signo - 1];

	*old = *action;
	if (new) {
		*action = *new;
		action->flags &= SA_KNOWN;
		action->mask &= ~UNMASKABLE;
		if (is_ignored(process, signo))	/* also what came before */
			flush_process(process, SIGBIT(signo));
		signal_recalc(current_task());
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

void signal_default_all(struct process *process)
{
	struct sigaction *action = process->sighand->action;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	for (int i = 0; i < NSIG; i++)
		action[i] = (struct sigaction){
			.handler = action[i].handler == SIG_IGN ? SIG_IGN :
				SIG_DFL,
		};
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* ---------------------------------------------------------------- sending */

struct wait_queue signal_sent = WAIT_QUEUE_INIT(signal_sent);

void signal_tell_usage(struct siginfo *info, const struct process *process)
{
	struct usage usage = process_usage(process);

	info->utime = sys_time_centis(usage.user_ticks);
	info->stime = sys_time_centis(usage.ticks - usage.user_ticks);
}

/* The parent hears that @process stopped or went on. */
static void tell_parent(struct process *process, int code, int status)
{
	struct process *parent = process->parent;
	const struct sigaction *action;
	struct siginfo info = {
		.signo = SIGCHLD, .code = code, .pid = process->pid,
		.uid = process->leader->cred->uid, .status = status,
	};

	if (!parent)
		return;
	signal_tell_usage(&info, process);
	action = &parent->sighand->action[SIGCHLD - 1];
	if (action->handler != SIG_IGN && !(action->flags & SA_NOCLDSTOP))
		signal_send_locked(parent, &info);
	wake_all(&parent->child_event);
}

/* No thread is to stop, and those that did go on. */
static void end_stop(struct process *process)
{
	struct task *task;

	if (!process->stop_signal)
		return;
	process->stop_signal = 0;
	if (process->state == PROCESS_STOPPED)
		process->state = PROCESS_ALIVE;
	list_for_each_entry(task, &process->threads, group)
		if (task->is_stopped)
			thread_wake(task->thread);
}

/* SIGCONT lets a process go on even when it is blocked or ignored. */
static void continue_process(struct process *process)
{
	bool was_stopped = process->state == PROCESS_STOPPED;

	flush_process(process, STOPS);
	end_stop(process);
	recalc_all(process);
	if (!was_stopped)
		return;
	process->continued = true;
	tell_parent(process, CLD_CONTINUED, SIGCONT);
}

void process_end_threads(struct process *process, const struct task *but)
{
	struct task *task;

	end_stop(process);
	list_for_each_entry(task, &process->threads, group) {
		if (task == but)
			continue;
		task->signals.pending.set |= SIGBIT(SIGKILL);
		signal_recalc(task);
	}
}

void process_kill_locked(struct process *process, int status,
			 const struct task *but)
{
	if (!process->is_exiting) {
		process->is_exiting = true;
		process->exit_status = status;
	}
	process_end_threads(process, but);
}

/* One that has stopped will see to it when it goes on. */
static bool wants(const struct task *task, int signo)
{
	return !(task->signals.blocked & SIGBIT(signo)) && !task->is_ending &&
	       (!task->is_stopped || signo == SIGKILL);
}

/*
 * Let one thread act on @signo that waits for all of @process.  Those that
 * are on their way to user mode already will see it, too.
 */
static struct task *choose_thread(struct process *process, int signo)
{
	struct task *task;

	if (!list_is_empty(&process->leader->group) &&
	    wants(process->leader, signo))
		return process->leader;
	list_for_each_entry(task, &process->threads, group)
		if (wants(task, signo))
			return task;
	return NULL;
}

/* Is @signo worth to be kept for @task? */
static bool is_heard(const struct task *task, int signo)
{
	return (task->signals.blocked | task->signals.awaited) &
		SIGBIT(signo) || !is_ignored(task->process, signo);
}

static int make_pending(struct process *process, struct pending *pending,
			const struct siginfo *info)
{
	int signo = info->signo;
	struct sigqueue *entry;

	if (signo < SIGRTMIN && pending->set & SIGBIT(signo))
		return 0;
	entry = signo == SIGKILL ? NULL : queue_alloc(process, info);
	if (entry)
		enqueue(pending, entry, info);
	else if (signo >= SIGRTMIN && info->code != SI_USER)
		return -EAGAIN;
	pending->set |= SIGBIT(signo);
	return 0;
}

/* @task: for it alone; NULL: for whoever of @process. */
static int send(struct process *process, struct task *task,
		const struct siginfo *info)
{
	int signo = info->signo, err;

	assert(spin_held(&tasks_lock));
	if (process->state == PROCESS_ZOMBIE)
		return 0;
	if (signo == SIGCONT)
		continue_process(process);
	if (SIGBIT(signo) & STOPS)
		flush_process(process, SIGBIT(SIGCONT));
	if (!is_heard(task ? task : process->leader, signo))
		return 0;
	err = make_pending(process, task ? &task->signals.pending :
			   &process->pending, info);
	if (err)
		return err;
	wake_all(&signal_sent);
	if (!task || !wants(task, signo))
		task = task ? NULL : choose_thread(process, signo);
	if (!task)
		return 0;
	if (is_deadly(process, signo) && !process->is_exiting &&
	    !(task->signals.awaited & SIGBIT(signo)))
		process_kill_locked(process, signo, NULL);
	else
		signal_recalc(task);
	return 0;
}

int signal_send_locked(struct process *process, const struct siginfo *info)
{
	return send(process, NULL, info);
}

int signal_send_task_locked(struct task *task, const struct siginfo *info)
{
	return send(task->process, task, info);
}

int signal_send(struct process *process, const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	int err = send(process, NULL, info);

	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

unsigned int signal_send_group(int pgid, const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process;
	unsigned int count = 0;

	list_for_each_entry(process, &processes, link)
		if (process->pgid == pgid) {
			send(process, NULL, info);
			count++;
		}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return count;
}

void signal_force(const struct siginfo *info)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = current_task();
	struct signals *signals = &task->signals;
	int signo = info->signo;
	struct sigaction *action =
		&task->process->sighand->action[signo - 1];

	if (signals->blocked & SIGBIT(signo) || action->handler == SIG_IGN)
		action->handler = SIG_DFL;
	signals->blocked &= ~SIGBIT(signo);
	if (action->handler == SIG_DFL)
		task->process->is_immortal = false;
	if (!(signals->pending.set & SIGBIT(signo)) && signo != SIGKILL &&
	    !signals->forced.info.signo)
		enqueue(&signals->pending, &signals->forced, info);
	signals->pending.set |= SIGBIT(signo);
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* --------------------------------------------------------------- delivery */

/* All threads that are not ending have stopped: tell it, once. */
void signal_check_stop(struct process *process)
{
	struct task *task;

	if (!process->stop_signal || process->state != PROCESS_ALIVE)
		return;
	list_for_each_entry(task, &process->threads, group)
		if (!task->is_stopped && !task->is_ending)
			return;
	process->state = PROCESS_STOPPED;
	process->continued = false;	/* that is old news */
	process->exit_status = process->stop_signal << 8 | 0x7f;
	process->stop_reported = false;
	tell_parent(process, CLD_STOPPED, process->stop_signal);
}

/* The process is to stop: sleep until it is not. */
static void park(struct task *task)
{
	struct process *process = task->process;
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	task->is_stopped = true;
	signal_check_stop(process);
	while (process->stop_signal) {
		task->thread->state = THREAD_SLEEPING;
		spin_unlock_irqrestore(&tasks_lock, flags);
		schedule();
		flags = spin_lock_irqsave(&tasks_lock);
	}
	task->is_stopped = false;
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/*
 * Is @signo a stop by default?  Then let it begin, unless it is one of the
 * terminal's, and nobody could continue this group.
 */
static bool begins_stop(struct process *process, int signo,
			const struct sigaction *action)
{
	if (action->handler != SIG_DFL || !(SIGBIT(signo) & STOPS))
		return false;
	if (process->is_exiting || process->is_immortal ||
	    (signo != SIGSTOP && group_is_orphan(process->pgid, NULL)))
		return true;
	process->stop_signal = signo;
	recalc_all(process);
	return true;
}

/* Take the next signal to act on; faults come first.  0: none is left. */
static int take(struct task *task, struct siginfo *info,
		struct sigaction *action)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = task->process;
	struct sigaction *actions = process->sighand->action;
	int signo;

	do {
		signo = 0;
		if (task->signals.pending.set & SIGBIT(SIGKILL))
			signo = SIGKILL;
		else if (!process->stop_signal)
			signo = take_locked(task, ~task->signals.blocked, info);
		if (!signo)
			break;
		*action = actions[signo - 1];
		if (action->handler > SIG_IGN &&
		    action->flags & SA_RESETHAND)
			actions[signo - 1].handler = SIG_DFL;
	} while (begins_stop(process, signo, action));
	signal_recalc(task);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return signo;
}

static bool wants_restart(uint32_t eax)
{
	return eax == (uint32_t)-ERESTARTSYS ||
	       eax == (uint32_t)-ERESTARTNOINTR ||
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
		if (frame->eax == (uint32_t)-ERESTARTNOINTR ||
		    (frame->eax == (uint32_t)-ERESTARTSYS &&
		     action->flags & SA_RESTART))
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
			task->process->sighand->action[SIGSEGV - 1].handler =
				SIG_DFL;
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
	for (;;) {
		signo = take(task, &info, &action);
		if (!signo && !READ_ONCE(task->process->stop_signal))
			break;
		if (!signo) {
			park(task);
		} else if (action.handler == SIG_DFL) {
			if (signo == SIGKILL ||
			    (!(SIGBIT(signo) & IGNORED_BY_DEFAULT) &&
			     !task->process->is_immortal))
				process_exit(signo);
		} else if (action.handler != SIG_IGN) {
			run_handler(task, frame, signo, &info, &action);
			return;
		}
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
	struct signals *signals = &current_task()->signals;
	struct siginfo info = {
		.signo = signo, .code = code, .fields = { addr },
	};

	signals->trapno = frame->vector;
	signals->error = frame->error;
	signals->cr2 = addr;
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
	current_task()->signals.trapno = frame->vector;
	current_task()->signals.error = frame->error;
	irq_enable();
	signal_force(&info);
}

void signal_send_self(int signo)
{
	struct siginfo info = {
		.signo = signo, .code = SI_USER,
		.pid = current_process()->pid,
		.uid = current_task()->cred->uid,
	};
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	signal_send_task_locked(current_task(), &info);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* A write to a pipe that nobody reads. */
static void broken_pipe(void)
{
	signal_send_self(SIGPIPE);
}

void signal_init(void)
{
	queue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 0,
					NULL);
	assert_always(queue_cache);
	pipe_set_broken(broken_pipe);
	trap_set_exit_work(signal_deliver);
	trap_set_user_fallback(trap_signal);
	fault_set_signal(fault_signal);
}
