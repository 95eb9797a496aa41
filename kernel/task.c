// SPDX-License-Identifier: MIT
/*
 * task - the table of processes, and what changes when the CPU goes from one
 * to the next.
 *
 * All tasks are in one list, oldest first, and each is a child of another
 * but for process 1.  Pids rise and wrap, and one in use is never given again;
 * that also covers one that only lives on as a group's or session's number.
 *
 * Locking: tasks_lock, interrupts off, guards the tree, states and signals.
 */
#include "kernel/task.h"

#include "drivers/time.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "sched/sched.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"

struct spinlock tasks_lock = SPINLOCK_INIT;
struct list tasks = LIST_INIT(tasks);

static struct kmem_cache *task_cache;
static int last_pid = 1;		/* 1 is the task without a parent */
static uint64_t switched_at;		/* TSC, when the running one began */

static void charge(struct task *task)
{
	uint64_t now = rdtsc();

	if (task)
		task->cpu_ticks += now - switched_at;
	switched_at = now;
}

/* Interrupts are off. */
static void task_switch(struct thread *prev, struct thread *next)
{
	struct task *task = next->task;

	charge(prev->task);
	if (!task) {
		this_cpu()->exit_work = false;
		mm_switch(NULL);
		return;
	}
	mm_switch(task->mm);
	gdt_set_kernel_stack((uint32_t)thread_stack_top(next));
	gdt_load_tls(task->tls);
	this_cpu()->exit_work = signal_wants_exit(task);
}

void task_init(void)
{
	task_cache = kmem_cache_create("task", sizeof(struct task), 0, NULL);
	assert_always(task_cache);
	sched_set_switch_hook(task_switch);
}

uint64_t task_cpu_ticks(void)
{
	uint32_t flags = irq_save();
	struct task *task = current_task();
	uint64_t ticks;

	charge(task);
	ticks = task->cpu_ticks;
	irq_restore(flags);
	return ticks;
}

struct task *task_find(int pid)
{
	struct task *task;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(task, &tasks, link)
		if (task->pid == pid)
			return task;
	return NULL;
}

static bool pid_is_used(int pid)
{
	struct task *task;

	list_for_each_entry(task, &tasks, link)
		if (task->pid == pid || task->pgid == pid || task->sid == pid)
			return true;
	return false;
}

/* The next free pid, or 0. */
static int pick_pid(void)
{
	for (int tries = 0; tries < PID_MAX; tries++) {
		last_pid = last_pid + 1 < PID_MAX ? last_pid + 1 : 2;
		if (!pid_is_used(last_pid))
			return last_pid;
	}
	return 0;
}

static void inherit(struct task *task, const struct task *parent)
{
	task->pgid = parent->pgid;
	task->sid = parent->sid;
	task->has_tty = parent->has_tty;
	task->signals.blocked = parent->signals.blocked;
	memcpy(task->signals.action, parent->signals.action,
	       sizeof(task->signals.action));
	task->signals.altstack_sp = parent->signals.altstack_sp;
	task->signals.altstack_size = parent->signals.altstack_size;
	memcpy(task->tls, parent->tls, sizeof(task->tls));
	task->arg_start = parent->arg_start;
	task->arg_end = parent->arg_end;
	task->env_start = parent->env_start;
	task->env_end = parent->env_end;
	memcpy(task->exe, parent->exe, sizeof(task->exe));
}

struct task *task_create(struct task *parent, const char *name)
{
	struct task *task = kmem_cache_alloc(task_cache, GFP_KERNEL);
	uint32_t flags;

	if (!task)
		return NULL;
	/* All but the siginfo, which counts only where a signal is pending. */
	memset(task, 0, offsetof(struct task, signals));
	memset(&task->signals.action, 0, sizeof(struct task) -
	       offsetof(struct task, signals.action));
	task->signals.blocked = 0;
	task->signals.pending = 0;
	wait_queue_init(&task->child_event);
	list_init(&task->children);
	strlcpy(task->name, name, sizeof(task->name));
	task->start_ns = time_now_ns();
	if (parent)
		inherit(task, parent);

	flags = spin_lock_irqsave(&tasks_lock);
	task->pid = parent ? pick_pid() : 1;
	if (!task->pid) {
		spin_unlock_irqrestore(&tasks_lock, flags);
		kmem_cache_free(task_cache, task);
		return NULL;
	}
	task->parent = parent;
	if (parent)
		list_add_tail(&parent->children, &task->sibling);
	else
		list_init(&task->sibling);
	list_add_tail(&tasks, &task->link);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return task;
}

void task_free(struct task *task)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	list_remove(&task->sibling);
	list_remove(&task->link);
	spin_unlock_irqrestore(&tasks_lock, flags);
	kmem_cache_free(task_cache, task);
}
