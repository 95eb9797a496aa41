// SPDX-License-Identifier: MIT
/*
 * task - a process: one thread, one address space, its open files, its
 * signals, and its place among parents and children.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/signal.h"
#include "lib/list.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "x86/gdt.h"
#include "x86/percpu.h"

struct files;
struct mm;
struct trap_frame;

#define TASK_NAME	16
#define TASK_EXE	64
#define PID_MAX		32768

enum task_state {
	TASK_ALIVE,
	TASK_STOPPED,			/* by a signal, until SIGCONT */
	TASK_ZOMBIE,			/* ended; its parent has not asked */
};

/*
 * Guarded by:	(t) tasks_lock	(o) only the task itself changes it
 *		(c) constant once it runs  (i) interrupts off: the switch
 */
struct task {
	int		 pid;		/* (c) */
	int		 pgid, sid;	/* (t) group, session; 0: process 1's */
	bool		 has_tty;	/* (t) a controlling terminal; job.c */
	enum task_state	 state;		/* (t) */
	int		 exit_status;	/* (t) as wait4() gives it */
	bool		 stop_reported;	/* (t) wait4() told of this stop */
	bool		 continued;	/* (t) SIGCONT came, not told yet */
	struct thread	*thread;	/* (c) NULL while fork() makes it */
	struct mm	*mm;		/* (o) NULL once it has ended */
	struct files	*files;		/* (o) */
	struct task	*parent;	/* (t) */
	struct list	 children;	/* (t) by sibling */
	struct list	 sibling;	/* (t) */
	struct list	 link;		/* (t) in the list of all tasks */
	struct wait_queue child_event;	/* its own lock; the parent waits */
	gdt_desc_t	 tls[GDT_TLS_ENTRIES];	/* (o) */
	uint64_t	 cpu_ticks;	/* (i) TSC ticks that it ran */
	uint64_t	 children_ticks; /* (t) of children waited for */
	uint32_t	 set_child_tid, clear_child_tid; /* (o) */
	uint64_t	 start_ns;	/* (c) since boot */
	struct {
		/* NULL: there is none. */
		long	 (*again)(uint32_t at, uint32_t nr, uint64_t end);
		uint32_t at, nr;	/* of the call that was cut short */
		uint64_t end;		/* ns */
	} restart;			/* (o) of restart_syscall() */
	uint32_t	 arg_start, arg_end, env_start, env_end; /* (o) */
	char		 name[TASK_NAME];	/* (o) of the program */
	char		 exe[TASK_EXE];	/* (o) its path */
	struct signals	 signals;	/* (t) last: task_create() knows */
};

extern struct spinlock tasks_lock;
extern struct list tasks;		/* (t) all of them, oldest first */

/** current_task() - the process that runs; NULL in a kernel thread. */
static inline struct task *current_task(void)
{
	return this_cpu()->current->task;
}

/** task_init() - the cache of tasks and the switch hook; once. */
void task_init(void);

/**
 * task_create() - a task with a pid and signals but no memory or files yet.
 * @parent: whose signals it inherits, or NULL for process 1
 * Return: NULL when memory or pids ran out.
 */
struct task *task_create(struct task *parent, const char *name);

/** task_free() - undo task_create(), or reap a zombie. */
void task_free(struct task *task);

/** task_cpu_ticks() - for how many TSC ticks the current task ran so far. */
uint64_t task_cpu_ticks(void);

/** task_find() - by pid; tasks_lock held. */
struct task *task_find(int pid);

/** task_exit() - end the current task with a wait4() status. */
noreturn void task_exit(int status);

struct fork_options {
	uint32_t stack;			/* the child's, or 0: a copy's */
	uint32_t set_child_tid;		/* write the pid there, in the child */
	uint32_t clear_child_tid;	/* write 0 there when it ends */
};

/**
 * fork_task() - a copy of the current task, which returns 0 to user mode.
 * Return: the child's pid, or -EAGAIN or -ENOMEM with nothing changed.
 */
long fork_task(struct trap_frame *frame, const struct fork_options *options);

struct wait_report {
	int status;			/* as wait4() gives it */
	uint64_t ticks;			/* TSC ticks that the child ran */
};

/**
 * wait_task() - wait until a child that @pid names (as for wait4()) has news.
 * Return: its pid; 0 with WNOHANG and no news; -ECHILD, -EINVAL,
 *	   -ERESTARTSYS.
 */
long wait_task(int pid, int options, struct wait_report *report);
