// SPDX-License-Identifier: MIT
/*
 * thread - a flow of control inside the kernel, with a stack of its own.
 *
 * A thread is one block of 8 KiB in vmalloc space, whose page below is a hole:
 *
 *	+--------------------+ stack + THREAD_STACK_SIZE
 *	| struct thread      |
 *	+--------------------+ thread_stack_top() = TSS.esp0 in user mode
 *	| trap frame of user |  ... and so this is where it lies
 *	|  | stack, downward |
 *	|  v                 |
 *	+--------------------+ thread_stack_bottom()
 *	  guard: not mapped      an overrun faults, and cannot reach the struct
 *
 * What a process is, threads do not know: kernel/ hangs it at ->task.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "lib/list.h"
#include "sched/fpu.h"
#include "x86/percpu.h"
#include "x86/spinlock.h"

#define THREAD_STACK_SIZE	8192u
#define THREAD_NAME_SIZE	16

enum thread_state {
	THREAD_RUNNABLE,		/* runs, or waits for its turn */
	THREAD_SLEEPING,		/* until thread_wake() */
	THREAD_INTERRUPTIBLE,		/* until that or thread_interrupt() */
	THREAD_EXITING,			/* on its stack for the last time */
	THREAD_DEAD,			/* off its stack */
};

/* Here and not in wait.h, since each thread has one. */
struct wait_queue {
	struct spinlock lock;
	struct list waiters;		/* guarded by lock; in order */
};

#define WAIT_QUEUE_INIT(name)						\
	{ SPINLOCK_INIT, LIST_INIT((name).waiters) }

static inline void wait_queue_init(struct wait_queue *queue)
{
	spin_init(&queue->lock);
	list_init(&queue->waiters);
}

/* Guarded by:	(i) interrupts off   (o) its owner, kernel/   (c) constant */
struct thread {
	uint32_t	  esp;		/* (i) while it does not run */
	enum thread_state state;	/* (i) */
	bool		  is_ready;	/* (i) runs, or is in the run queue */
	bool		  is_joinable;	/* (i) */
	bool		  interrupted;	/* (i) set here, cleared by (o) */
	int		  slice;	/* (i) ticks left */
	struct list	  link;		/* (i) run queue, or free stacks */
	struct wait_queue joiners;	/* its own lock */
	void		 *task;		/* (o) */
	const char	 *lent;		/* (o) a page, or NULL */
	void (*on_exit)(struct thread *thread); /* (o) may be NULL */
	char		  name[THREAD_NAME_SIZE]; /* (o) for the log */
	struct fpu	  fpu;		/* (i) while it does not run */
} __aligned(64);

/** current_thread() - who is asking.  NULL before sched_init(). */
static inline struct thread *current_thread(void)
{
	return this_cpu()->current;
}

static inline void *thread_stack_top(struct thread *thread)
{
	return thread;
}

static inline void *thread_stack_bottom(struct thread *thread)
{
	return (char *)(thread + 1) - THREAD_STACK_SIZE;
}

/**
 * thread_set_stack_allocator() - where stacks come from, once, at boot.
 *
 * @alloc returns THREAD_STACK_SIZE bytes, page-aligned, guarded below, or
 * NULL; it and @free may sleep.
 */
void thread_set_stack_allocator(void *(*alloc)(void), void (*free)(void *));

/**
 * thread_create() - start a kernel thread that runs @fn(@arg).
 *
 * It ends when @fn returns or calls thread_exit().  The caller owes it one
 * thread_join() or thread_detach().
 *
 * Context: may sleep.
 * Return:  NULL when there is no memory for a stack.
 */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg);

/**
 * thread_alloc() - a thread that is not started, and already detached.
 *
 * Its floating-point registers are a copy of the caller's, as fork wants.
 * Next is thread_prepare(), then thread_start(), or else thread_free().
 *
 * Context: may sleep.
 * Return:  NULL when there is no memory for a stack.
 */
struct thread *thread_alloc(const char *name);

/**
 * thread_prepare() - say where a thread begins.
 * @entry: an assembler label: entered by a jump, interrupts off, the general
 *	   registers undefined, %esp at the copy of @frame
 * @frame: @size bytes, a multiple of 4, that are copied to the very top of
 *	   the stack
 *
 * Return: the copy, to be changed at will until thread_start().
 */
void *thread_prepare(struct thread *thread, void (*entry)(void),
		     const void *frame, size_t size);

/** thread_start() - let a prepared thread run, behind all that are ready. */
void thread_start(struct thread *thread);

/** thread_free() - give back a thread that was never started.  May sleep. */
void thread_free(struct thread *thread);

/** thread_exit() - end the caller.  on_exit() runs first and may sleep. */
noreturn void thread_exit(void);

/** thread_join() - wait for the end of @thread and free it.  May sleep. */
void thread_join(struct thread *thread);

/** thread_detach() - nobody will join @thread: it frees itself.  May sleep. */
void thread_detach(struct thread *thread);

/**
 * thread_interrupt() - set ->interrupted, and end an interruptible sleep.
 *
 * The flag stays, and ends each such sleep at once, until kernel/ clears it.
 * Context: any.
 */
void thread_interrupt(struct thread *thread);

/* Stacks that exist, those kept for the next threads too.  Atomic. */
extern int32_t nr_thread_stacks;

/**
 * thread_reap() - free the stacks that are kept for the next threads.
 *
 * A few are, so that fork and exit need no allocator.  Context: may sleep.
 */
void thread_reap(void);
