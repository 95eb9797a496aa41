// SPDX-License-Identifier: MIT
/*
 * sched - who runs next: round robin in one line, O(1) in everything.
 *
 *	      slice is up, or yield
 *	   +------------------------------+
 *	   v                              |
 *	[ ready: A B C ] --- pick A ---> current
 *	   ^                              |  schedule() in another state
 *	   |       thread_wake()          v
 *	   +------------------------- asleep, in no line of ours
 *
 * The line may be empty; then the idle thread runs, which is never in it.
 *
 * Falling asleep has two steps: the thread sets its state, looks once more
 * whether it still has to, and calls schedule().  In between it runs although
 * its state says that it sleeps.  A wake there only turns the state back; a
 * preemption there keeps it in line, for it has not decided yet.  Hence
 * is_ready, which is a fact about the line, beside the state, a wish:
 *
 * True whenever interrupts are on (sched_check() walks it):
 *   S1  is_ready is set exactly for those in the line, and the current thread
 *   S2  a thread that is not ready sleeps, or has exited
 *   S3  the idle thread is runnable and never in the line
 *
 * Locking: each CPU's line by interrupts off on that CPU.
 * Not here: what threads wait for (wait.c, mutex.c, timer.c).
 */
#include "sched/sched.h"

#include "sched/internal.h"
#include "x86/cpu.h"

struct run_queue {
	struct list ready;
	struct thread *idle;
};

static_assert(offsetof(struct thread, esp) == 0, "switch.S");

static struct run_queue run_queue_cpu[NR_CPUS];
static struct thread boot_thread;
static void (*switch_hook)(struct thread *prev, struct thread *next);

static inline struct run_queue *this_run_queue(void)
{
	return &run_queue_cpu[cpu_id()];
}

void sched_init(void)
{
	struct run_queue *queue = this_run_queue();

	list_init(&queue->ready);
	thread_init(&boot_thread, "boot");
	boot_thread.state = THREAD_RUNNABLE;
	boot_thread.is_ready = true;
	boot_thread.slice = SCHED_SLICE;
	this_cpu()->current = &boot_thread;
}

void sched_set_switch_hook(void (*hook)(struct thread *prev,
					struct thread *next))
{
	switch_hook = hook;
}

void sched_finish_switch(struct thread *prev)
{
	if (unlikely(prev->state == THREAD_EXITING))
		thread_ended(prev);
}

static struct thread *pick_next(struct run_queue *queue)
{
	struct thread *next;

	if (list_is_empty(&queue->ready)) {
		assert(queue->idle);
		return queue->idle;
	}
	next = list_first_entry(&queue->ready, struct thread, link);
	list_remove(&next->link);
	return next;
}

static void switch_from(struct run_queue *queue, struct thread *prev)
{
	struct thread *next = pick_next(queue);
	struct cpu *cpu = this_cpu();

	cpu->need_resched = false;
	next->slice = SCHED_SLICE;
	if (next == prev)
		return;
	fpu_save(&prev->fpu);
	fpu_load(&next->fpu);
	if (switch_hook)
		switch_hook(prev, next);
	cpu->current = next;
	sched_finish_switch(switch_stacks(prev, next));
}

void schedule(void)
{
	struct run_queue *queue = this_run_queue();
	struct thread *prev = current_thread();
	uint32_t flags;

	assert(!in_atomic());
	flags = irq_save();
	if (prev->state != THREAD_RUNNABLE)
		prev->is_ready = false;
	else if (prev != queue->idle)
		list_add_tail(&queue->ready, &prev->link);
	switch_from(queue, prev);
	irq_restore(flags);
}

void sched_yield(void)
{
	assert(current_thread()->state == THREAD_RUNNABLE);
	schedule();
}

void sched_preempt_irq(void)
{
	struct run_queue *queue = this_run_queue();
	struct thread *prev = current_thread();

	assert(!in_atomic() && !irq_is_enabled());
	if (!this_cpu()->need_resched)
		return;
	if (prev != queue->idle)
		list_add_tail(&queue->ready, &prev->link);
	switch_from(queue, prev);
}

void sched_wake(struct thread *thread)
{
	assert(!irq_is_enabled());
	if (thread->state != THREAD_SLEEPING &&
	    thread->state != THREAD_INTERRUPTIBLE)
		return;
	thread->state = THREAD_RUNNABLE;
	if (thread->is_ready)
		return;
	thread->is_ready = true;
	list_add_tail(&this_run_queue()->ready, &thread->link);
}

void thread_wake(struct thread *thread)
{
	uint32_t flags = irq_save();

	sched_wake(thread);
	irq_restore(flags);
}

void sched_tick(void)
{
	struct thread *thread = current_thread();

	if (list_is_empty(&this_run_queue()->ready))
		return;
	if (thread->slice > 0)
		thread->slice--;
	if (thread->slice == 0)
		this_cpu()->need_resched = true;
}

bool sched_is_idle(const struct thread *thread)
{
	return thread == this_run_queue()->idle;
}

void sched_idle(void)
{
	struct run_queue *queue = this_run_queue();

	assert(!queue->idle && !in_atomic());
	queue->idle = current_thread();
	for (;;) {
		/* What an interrupt adds after this look ends the hlt. */
		irq_disable();
		if (list_is_empty(&queue->ready))
			cpu_idle_once();
		else
			schedule();
	}
}

void sched_check(void)
{
	uint32_t flags = irq_save();
	struct run_queue *queue = this_run_queue();
	struct thread *thread;

	list_for_each_entry(thread, &queue->ready, link) {
		assert(thread->is_ready);				/* S1 */
		assert(thread != current_thread());			/* S1 */
		assert(thread->state < THREAD_EXITING);			/* S2 */
		assert(thread != queue->idle);				/* S3 */
	}
	assert(!current_thread() || current_thread()->is_ready);	/* S1 */
	assert(!queue->idle || queue->idle->state == THREAD_RUNNABLE);	/* S3 */
	irq_restore(flags);
}
