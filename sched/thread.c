// SPDX-License-Identifier: MIT
/*
 * thread - the birth and death of threads.
 *
 * A thread cannot free the stack that it stands on.  It marks itself as
 * exiting and switches away for the last time; the one who runs next finds
 * it so (sched_finish_switch) and calls thread_ended(): a joinable thread is
 * now dead and waits for its joiner, any other goes to the free stacks.
 *
 * The free stacks are those that the next threads get.  Their number is cut
 * down to STACKS_KEPT wherever a thread is made or ends, at a place that may
 * sleep, because the allocator may.
 *
 *	thread_alloc <--- free stacks <--- thread_ended, thread_free
 *	                       |
 *	                       +---> trim_stacks ---> the allocator's hook
 *
 * Locking: stacks_lock, interrupts off, for the free stacks.
 */
#include "sched/thread.h"

#include "lib/string.h"
#include "sched/internal.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "x86/atomic.h"
#include "x86/cpu.h"

#define STACKS_KEPT	8

static_assert(sizeof(struct thread) <= 1024, "leaves 7 KiB of stack");

static void *(*stack_alloc)(void);
static void (*stack_free)(void *stack);

static struct spinlock stacks_lock = SPINLOCK_INIT;
static struct list stacks = LIST_INIT(stacks);	/* through thread->link */
static unsigned int nr_stacks;
int32_t nr_thread_stacks;

void thread_set_stack_allocator(void *(*alloc)(void), void (*free)(void *))
{
	stack_alloc = alloc;
	stack_free = free;
}

/* ---------------------------------------------------------- free stacks */

static void put_stack(struct thread *thread)
{
	uint32_t flags = spin_lock_irqsave(&stacks_lock);

	list_add(&stacks, &thread->link);
	nr_stacks++;
	spin_unlock_irqrestore(&stacks_lock, flags);
}

/* A free stack if there are more than @kept, or NULL. */
static struct thread *take_stack(unsigned int kept)
{
	struct thread *thread = NULL;
	uint32_t flags = spin_lock_irqsave(&stacks_lock);

	if (nr_stacks > kept) {
		thread = list_first_entry(&stacks, struct thread, link);
		list_remove(&thread->link);
		nr_stacks--;
	}
	spin_unlock_irqrestore(&stacks_lock, flags);
	return thread;
}

static void trim_stacks(unsigned int kept)
{
	struct thread *thread;

	if (READ_ONCE(nr_stacks) <= kept)
		return;
	while ((thread = take_stack(kept))) {
		atomic_add(&nr_thread_stacks, -1);
		stack_free(thread_stack_bottom(thread));
	}
}

void thread_reap(void)
{
	trim_stacks(0);
}

/* ----------------------------------------------------------------- birth */

void thread_init(struct thread *thread, const char *name)
{
	thread->state = THREAD_SLEEPING;
	thread->is_ready = false;
	thread->is_joinable = false;
	thread->interrupted = false;
	thread->task = NULL;
	thread->on_exit = NULL;
	wait_queue_init(&thread->joiners);
	strlcpy(thread->name, name, sizeof(thread->name));
}

struct thread *thread_alloc(const char *name)
{
	struct thread *thread;
	char *stack;

	assert(!in_atomic());
	thread = take_stack(0);
	if (!thread) {
		stack = stack_alloc();
		if (!stack)
			return NULL;
		atomic_inc(&nr_thread_stacks);
		thread = (struct thread *)(stack + THREAD_STACK_SIZE) - 1;
		assert(thread_stack_bottom(thread) == stack);
	}
	thread_init(thread, name);
	fpu_save(&thread->fpu);
	return thread;
}

void *thread_prepare(struct thread *thread, void (*entry)(void),
		     const void *frame, size_t size)
{
	char *copy = (char *)thread_stack_top(thread) - size;
	uint32_t *esp = (uint32_t *)copy - 5;	/* the picture in switch.S */

	assert(size % sizeof(uint32_t) == 0);
	memcpy(copy, frame, size);
	esp[0] = 0;				/* edi */
	esp[1] = 0;				/* esi */
	esp[2] = (uint32_t)entry;		/* ebx */
	esp[3] = 0;				/* ebp: backtraces end here */
	esp[4] = (uint32_t)thread_entry;
	thread->esp = (uint32_t)esp;
	return copy;
}

void thread_start(struct thread *thread)
{
	assert(thread->state == THREAD_SLEEPING && !thread->is_ready);
	thread_wake(thread);
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg)
{
	const uint32_t frame[] = { (uint32_t)fn, (uint32_t)arg };
	struct thread *thread = thread_alloc(name);

	if (!thread)
		return NULL;
	thread->is_joinable = true;
	thread_prepare(thread, thread_entry_kernel, frame, sizeof(frame));
	thread_start(thread);
	return thread;
}

/* ----------------------------------------------------------------- death */

void thread_free(struct thread *thread)
{
	assert(!thread->is_ready);
	put_stack(thread);
	trim_stacks(STACKS_KEPT);
}

void thread_exit(void)
{
	struct thread *thread = current_thread();

	assert(!in_atomic());
	if (thread->on_exit)
		thread->on_exit(thread);
	trim_stacks(STACKS_KEPT);
	irq_disable();
	thread->state = THREAD_EXITING;
	schedule();
	panic("thread: %s came back from the dead", thread->name);
}

void thread_ended(struct thread *thread)
{
	thread->state = THREAD_DEAD;
	if (thread->is_joinable)
		wake_all(&thread->joiners);
	else
		put_stack(thread);
}

void thread_join(struct thread *thread)
{
	assert(thread->is_joinable && thread != current_thread());
	wait_event(&thread->joiners, READ_ONCE(thread->state) == THREAD_DEAD);
	thread_free(thread);
}

void thread_detach(struct thread *thread)
{
	uint32_t flags = irq_save();
	bool is_dead = thread->state == THREAD_DEAD;

	assert(thread->is_joinable);
	thread->is_joinable = false;
	irq_restore(flags);
	if (is_dead)
		thread_free(thread);
}

void thread_interrupt(struct thread *thread)
{
	uint32_t flags = irq_save();

	thread->interrupted = true;
	if (thread->state == THREAD_INTERRUPTIBLE)
		thread_wake(thread);
	irq_restore(flags);
}
