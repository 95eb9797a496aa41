// SPDX-License-Identifier: MIT
/*
 * signal - Linux's signals for i386: numbers, actions, and delivery.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/errno.h"

#include "lib/list.h"

struct process;
struct task;
struct trap_frame;

#define NSIG		64
#define SIGBIT(signo) (1ull << ((signo) - 1))	/* in a set */

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGKILL		9
#define SIGUSR1		10
#define SIGSEGV		11
#define SIGUSR2		12
#define SIGPIPE		13
#define SIGALRM		14
#define SIGTERM		15
#define SIGCHLD		17
#define SIGCONT		18
#define SIGSTOP		19
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGURG		23
#define SIGWINCH	28
#define SIGXCPU		24
#define SIGXFSZ		25
#define SIGVTALRM	26
#define SIGPROF		27
#define SIGSYS		31
#define SIGRTMIN	32

#define SA_NOCLDSTOP	0x00000001u
#define SA_NOCLDWAIT	0x00000002u
#define SA_SIGINFO	0x00000004u
#define SA_RESTORER	0x04000000u
#define SA_ONSTACK	0x08000000u
#define SA_RESTART	0x10000000u
#define SA_NODEFER	0x40000000u
#define SA_RESETHAND	0x80000000u
#define SA_KNOWN	0xdc000807u	/* all that Linux keeps */

#define SS_DISABLE	2		/* there is no alternate stack */

#define SIG_DFL		0u
#define SIG_IGN		1u

#define SI_USER		0
#define SI_KERNEL	0x80
#define SI_QUEUE	(-1)
#define SI_TIMER	(-2)
#define SI_TKILL	(-6)
#define SI_FROM_KERNEL(code) ((code) >= 0)
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2
#define BUS_ADRERR	2

/* Results that only signal.c sees, by signal_cut(): start again, or EINTR. */
#define ERESTARTSYS	512		/* again, if a handler has SA_RESTART */
#define ERESTARTNOINTR	513		/* again, always */
#define ERESTARTNOHAND	514		/* again, unless a handler ran */
#define ERESTART_RESTARTBLOCK 516	/* the same, by restart_syscall() */

/* The kernel's struct sigaction of i386. */
struct sigaction {
	uint32_t handler;
	uint32_t flags;
	uint32_t restorer;
	uint64_t mask;
} __attribute__((packed));

/* Eight words, laid out as programs see them. */
struct siginfo {
	int32_t	 signo, err, code;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			int32_t status;	/* SIGCHLD; or sigqueue()'s value */
			uint32_t utime, stime;
		};
		uint32_t addr;
		uint32_t fields[5];	/* as programs see them */
	};
};

/* A pending signal that says more than its number. */
struct sigqueue {
	struct list link;
	struct siginfo info;
	struct process *payer;		/* whose limit counts; NULL: not freed */
};

/* In the order in which they came; of the first 31 at most one each. */
struct pending {
	uint64_t set;			/* SIGBIT() */
	struct list queue;
};

/* What is done about signals; counted, shared by CLONE_SIGHAND. */
struct sighand {
	int32_t refs;			/* tasks_lock */
	struct sigaction action[NSIG];	/* tasks_lock */
};

/* Of one thread; guarded by tasks_lock: signals come from anywhere. */
struct signals {
	/* task_create() copies the parent's up to here: ... */
	uint64_t blocked;
	uint32_t altstack_sp, altstack_size, altstack_flags;
	uint32_t trapno, error, cr2;	/* of the last fault */
	/* ... and clears the rest. */
	struct pending pending;
	uint64_t saved_mask;		/* sigsuspend(): to be restored */
	bool restore_mask;
	bool is_cut;			/* a call waits for signal_deliver() */
	uint64_t awaited;		/* blocked but for a sigtimedwait() */
	struct sigqueue forced;		/* for a fault: needs no memory */
};

/* Those that a fault raises, as bits of the low half of a set. */
#define SIGNAL_FAULTS	(1u << (SIGILL - 1) | 1u << (SIGTRAP - 1) |	\
			 1u << (SIGBUS - 1) | 1u << (SIGFPE - 1) |	\
			 1u << (SIGSEGV - 1) | 1u << (SIGSYS - 1))

/** signal_first() - which of a set is next: a fault's, or else the lowest. */
static inline int signal_first(uint64_t set)
{
	uint32_t low = (uint32_t)set;

	if (low & SIGNAL_FAULTS)
		low &= SIGNAL_FAULTS;
	return low ? __builtin_ctz(low) + 1 : __builtin_ctz(set >> 32) + 33;
}

/* Woken by each signal that is sent to anybody. */
extern struct wait_queue signal_sent;

/** signal_init() - register for faults and the way back to user mode. */
void signal_init(void);

/**
 * signal_send() - make @info pending for any thread of @process, or for
 * @task alone, and wake who is to act on it.
 *
 * Context: any.  Takes tasks_lock unless the caller says _locked.
 * Return: 0; -EAGAIN: a queued signal has no room; only of interest when
 *	   somebody asked to queue it.
 */
int signal_send(struct process *process, const struct siginfo *info);
int signal_send_locked(struct process *process, const struct siginfo *info);
int signal_send_task_locked(struct task *task, const struct siginfo *info);

/** signal_send_group() - to all of a process group; Return: how many. */
unsigned int signal_send_group(int pgid, const struct siginfo *info);

/** signal_tell_usage() - @info, a SIGCHLD, tells what @process has used. */
void signal_tell_usage(struct siginfo *info, const struct process *process);

/** signal_send_self() - @signo to the current task, as the kernel's word. */
void signal_send_self(int signo);

/** signal_force() - a fault of the current task: cannot be blocked. */
void signal_force(const struct siginfo *info);

/** signal_pending_set() - what waits for @task, blocked or not. */
uint64_t signal_pending_set(const struct task *task);

/** signal_is_pending() - is there one that @task would act on? */
bool signal_is_pending(const struct task *task);

/** signal_is_fatal() - is @task to end? */
bool signal_is_fatal(const struct task *task);

/**
 * signal_take() - take one of @set out of what waits for the current task.
 * Return: its number; 0: there is none.
 */
int signal_take(uint64_t set, struct siginfo *info);

/** signal_flush() - forget what is pending in @pending; tasks_lock held. */
void signal_flush(struct pending *pending, uint64_t set);

/**
 * signal_recalc() - after a change of what is pending or blocked: set or clear
 * @task's "interrupted" and, if it runs here, this CPU's exit flag.
 * tasks_lock held.
 */
void signal_recalc(struct task *task);

/**
 * signal_thread_gone() - the current task is no more in its process, where
 * others may have to do what it was chosen for.  tasks_lock held.
 */
void signal_thread_gone(struct process *process);

/** signal_check_stop() - have all threads stopped by now?  tasks_lock held. */
void signal_check_stop(struct process *process);

/** signal_wants_exit() - has signal.c to see to @task before user mode? */
bool signal_wants_exit(const struct task *task);

/**
 * signal_cut() - the current call gives up because of a signal.
 * @code: an ERESTART... from above
 *
 * Even if the signal is gone by then, the way to user mode leads through
 * signal.c.  Return: -@code, for the call to return.
 */
long signal_cut(int code);

/** signal_restartable() - @n, for a call to return that may be cut short. */
static inline long signal_restartable(long n)
{
	return n == -EINTR ? signal_cut(ERESTARTSYS) : n;
}

/**
 * signal_set_action() - what @signo does to the current task from now on.
 * @new: NULL to ask only
 * @old: gets what it did
 */
void signal_set_action(int signo, const struct sigaction *new,
		       struct sigaction *old);

/** signal_default_all() - no handlers, as exec wants it; SIG_IGN stays. */
void signal_default_all(struct process *process);

/** signal_set_blocked() - change the current task's mask. */
void signal_set_blocked(uint64_t mask);
