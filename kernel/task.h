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
#define PID_MAX		32768

enum task_state {
	TASK_ALIVE,
	TASK_ZOMBIE,			/* ended; the parent has not asked yet */
};

/*
 * Guarded by:	(t) tasks_lock	(o) only the task itself changes it
 *		(s) tasks_lock too: signals come from anywhere
 */
struct task {
	int		 pid;		/* read-only after creation */
	enum task_state	 state;		/* (t) */
	int		 exit_status;	/* (t) as wait4() gives it */
	struct thread	*thread;	/* read-only */
	struct mm	*mm;		/* (o) NULL once it has ended */
	struct files	*files;		/* (o) */
	struct task	*parent;	/* (t) */
	struct list	 children;	/* (t) by sibling */
	struct list	 sibling;	/* (t) */
	struct list	 link;		/* (t) in the list of all tasks */
	struct wait_queue child_event;	/* the parent waits here */
	struct signals	 signals;	/* (s) */
	gdt_desc_t	 tls[GDT_TLS_ENTRIES];	/* (o) */
	uint32_t	 gs, fs;	/* user selectors while not running */
	uint32_t	 set_child_tid, clear_child_tid; /* (o) */
	uint64_t	 start_ns;
	uint32_t	 arg_start, arg_end, env_start, env_end; /* (o) */
	char		 name[TASK_NAME];	/* (o) of the program */
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

/** task_find() - by pid; tasks_lock held. */
struct task *task_find(int pid);

/** task_exit() - end the current task with a wait4() status. */
noreturn void task_exit(int status);

/**
 * fork_task() - a copy of the current task, which returns 0 to user mode.
 * Return: the child's pid, or -EAGAIN or -ENOMEM with nothing changed.
 */
long fork_task(struct trap_frame *frame);

/** wait_task() - wait4(); status goes to user memory. */
long wait_task(int pid, uint32_t status_ptr, int options, uint32_t rusage_ptr);
