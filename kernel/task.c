// SPDX-License-Identifier: MIT
/*
 * task - the tables of threads and of processes, and what changes when the
 * CPU goes from one thread to the next.
 *
 * All live threads are in one list and all processes in another, oldest first;
 * each process is a child of another but for process 1.  Threads and processes
 * draw numbers from the same pot.  They rise and wrap, and one in use is never
 * given again; that also covers one that only lives on as a group's or
 * session's number.
 *
 * Locking: tasks_lock, interrupts off, guards the tree, states and signals.
 */
#include "kernel/task.h"

#include "drivers/time.h"
#include "fs/cred.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "sched/sched.h"
#include "x86/atomic.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"

struct spinlock tasks_lock = SPINLOCK_INIT;
struct list tasks = LIST_INIT(tasks);
struct list processes = LIST_INIT(processes);

static struct kmem_cache *task_cache, *process_cache, *sighand_cache;
static int last_pid = 1;		/* 1 is the task without a parent */

/* The CPU's time.  Guarded by interrupts off. */
static uint64_t boot_at;		/* TSC */
static uint64_t switched_at;		/* TSC, when the running one began */
static uint64_t split_at;		/* TSC: told apart by mode until there */
static uint64_t split_idle;		/* total.idle at that moment */
static bool was_user;			/* where the last tick met the CPU */
static struct cpu_usage total;		/* but for system: what is left */

static __always_inline void charge(struct thread *thread)
{
	uint64_t now = rdtsc(), ticks = now - switched_at;
	struct task *task = thread->task;

	switched_at = now;
	if (likely(task))
		task->cpu_ticks += ticks;
	else if (sched_is_idle(thread))
		total.idle += ticks;
}

/*
 * How long something ran is known exactly, in which mode only by samples: what
 * ran since the last one was in the mode that the tick finds.  Who ends or is
 * asked about between two ticks was in that of the last.
 */
static void split_task(struct task *task, bool user)
{
	if (user)
		task->user_ticks += task->cpu_ticks - task->split_ticks;
	task->split_ticks = task->cpu_ticks;
	task->was_user = user;
}

static void split_all(bool user)
{
	uint64_t busy = switched_at - split_at - (total.idle - split_idle);

	if (user)
		total.user += busy;
	split_at = switched_at;
	split_idle = total.idle;
	was_user = user;
}

void task_tick(bool user)
{
	struct task *task = current_task();

	charge(current_thread());
	if (task)
		split_task(task, user);
	split_all(user);
}

struct cpu_usage cpu_usage(void)
{
	uint32_t flags = irq_save();
	struct cpu_usage usage;

	charge(current_thread());
	split_all(was_user);
	usage = total;
	usage.system = switched_at - boot_at - usage.user - usage.idle;
	irq_restore(flags);
	return usage;
}

/* Its turn is over, by its own will but for the preempted ones. */
static __always_inline void count_turn(const struct thread *thread)
{
	struct task *task = thread->task;

	total.nr_switches++;
	if (unlikely(!task))
		return;
	task->nr_turns++;
	if (unlikely(thread->state == THREAD_RUNNABLE))
		task->nr_preempted++;
}

/* Interrupts are off. */
static void task_switch(struct thread *prev, struct thread *next)
{
	struct task *task = next->task;

	charge(prev);
	count_turn(prev);
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
	process_cache = kmem_cache_create("process", sizeof(struct process), 0,
					  NULL);
	sighand_cache = kmem_cache_create("sighand", sizeof(struct sighand), 0,
					  NULL);
	assert_always(task_cache && process_cache && sighand_cache);
	boot_at = switched_at = split_at = rdtsc();
	sched_set_switch_hook(task_switch);
	time_set_tick_hook(task_tick);
}

struct usage task_usage(struct task *task)
{
	uint32_t flags = irq_save();
	struct usage usage;

	if (task == current_task())
		charge(current_thread());
	split_task(task, task->was_user);
	usage = (struct usage){
		.ticks = task->cpu_ticks, .user_ticks = task->user_ticks,
		.nr_waits = task->nr_turns - task->nr_preempted,
		.nr_preempted = task->nr_preempted,
	};
	irq_restore(flags);
	return usage;
}

uint64_t task_cpu_ticks(struct task *task)
{
	return task_usage(task).ticks;
}

void usage_add(struct usage *to, const struct usage *usage)
{
	to->ticks += usage->ticks;
	to->user_ticks += usage->user_ticks;
	to->nr_waits += usage->nr_waits;
	to->nr_preempted += usage->nr_preempted;
	to->min_flt += usage->min_flt;
	to->max_rss = max(to->max_rss, usage->max_rss);
}

struct usage process_usage(const struct process *process)
{
	struct usage usage = process->usage, one;
	struct task *task;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(task, &process->threads, group) {
		one = task_usage(task);
		usage_add(&usage, &one);
	}
	task = process_any_thread(process);
	if (task && task->mm) {
		usage.min_flt += task->mm->min_flt;
		usage.max_rss = max(usage.max_rss, mm_rss(task->mm));
	}
	return usage;
}

void task_set_mm_limits(const struct task *task, struct mm *mm)
{
	const struct process *process = task->process;

	mm->limit_as = process_limit(process, RLIMIT_AS);
	mm->limit_data = process_limit(process, RLIMIT_DATA);
	mm->limit_stack = process_limit(process, RLIMIT_STACK);
	mm->limit_memlock = process_limit(process, RLIMIT_MEMLOCK);
	mm->may_lock_all = task->cred->euid == 0;
}

struct task *process_any_thread(const struct process *process)
{
	assert(spin_held(&tasks_lock));
	if (list_is_empty(&process->threads))
		return NULL;
	return list_first_entry(&process->threads, struct task, group);
}

struct task *task_find(int tid)
{
	struct task *task;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(task, &tasks, link)
		if (task->tid == tid)
			return task;
	return NULL;
}

struct process *process_find(int pid)
{
	struct process *process;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(process, &processes, link)
		if (process->pid == pid)
			return process;
	return NULL;
}

struct process *process_find_any(int id)
{
	struct process *process = process_find(id);
	struct task *task = process ? NULL : task_find(id);

	return task ? task->process : process;
}

int task_last_number(void)
{
	assert(spin_held(&tasks_lock));
	return last_pid;
}

static bool number_is_used(int number)
{
	struct process *process;

	list_for_each_entry(process, &processes, link)
		if (process->pid == number || process->pgid == number ||
		    process->sid == number)
			return true;
	return task_find(number);
}

/* The next free number, or 0. */
static int pick_number(void)
{
	for (int tries = 0; tries < PID_MAX; tries++) {
		last_pid = last_pid + 1 < PID_MAX ? last_pid + 1 : 2;
		if (!number_is_used(last_pid))
			return last_pid;
	}
	return 0;
}

/* ------------------------------------------------------- birth and burial */

static struct sighand *sighand_copy(const struct sighand *from)
{
	struct sighand *sighand = kmem_cache_alloc(sighand_cache, GFP_KERNEL);

	if (!sighand)
		return NULL;
	if (from)
		*sighand = *from;
	else
		memset(sighand, 0, sizeof(*sighand));
	sighand->refs = 1;
	return sighand;
}

static void sighand_put(struct sighand *sighand)
{
	if (atomic_dec_is_zero(&sighand->refs))
		kmem_cache_free(sighand_cache, sighand);
}

static struct sighand *sighand_for(const struct process *parent, uint32_t flags)
{
	if (!parent || !(flags & CLONE_SIGHAND))
		return sighand_copy(parent ? parent->sighand : NULL);
	atomic_inc(&parent->sighand->refs);
	return parent->sighand;
}

int sighand_unshare(struct process *process)
{
	struct sighand *old = process->sighand, *own;
	uint32_t irq;

	if (old->refs == 1)
		return 0;
	own = sighand_copy(old);
	if (!own)
		return -ENOMEM;
	irq = spin_lock_irqsave(&tasks_lock);
	process->sighand = own;
	spin_unlock_irqrestore(&tasks_lock, irq);
	sighand_put(old);
	return 0;
}

/* What process 1 may have, and all others inherit. */
static void set_limits(struct rlimit limits[])
{
	static const struct { uint8_t what; uint32_t soft, hard; } table[] = {
		{ RLIMIT_STACK, 8 << 20, RLIM_INFINITY },
		{ RLIMIT_CORE, 0, RLIM_INFINITY },
		{ RLIMIT_NOFILE, 1024, 4096 },
		{ RLIMIT_MEMLOCK, 8 << 20, 8 << 20 },
		{ RLIMIT_MSGQUEUE, 819200, 819200 },
		{ RLIMIT_NICE, 0, 0 },
		{ RLIMIT_RTPRIO, 0, 0 },
	};

	for (int i = 0; i < RLIM_NLIMITS; i++)
		limits[i].soft = limits[i].hard = RLIM_INFINITY;
	limits[RLIMIT_NPROC].soft = PID_MAX;
	limits[RLIMIT_NPROC].hard = PID_MAX;
	limits[RLIMIT_SIGPENDING].soft = PID_MAX;
	limits[RLIMIT_SIGPENDING].hard = PID_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		limits[table[i].what] = (struct rlimit){
			table[i].soft, table[i].hard,
		};
}

static struct process *process_alloc(const struct process *parent,
				     uint32_t flags)
{
	struct process *process = kmem_cache_alloc(process_cache, GFP_KERNEL);
	const size_t kept = offsetof(struct process, inherited_from);

	if (!process)
		return NULL;
	memset(process, 0, parent ? kept : sizeof(*process));
	if (parent)
		memcpy((char *)process + kept, (const char *)parent + kept,
		       sizeof(*process) - kept);
	else
		set_limits(process->limits);
	process->sighand = sighand_for(parent, flags);
	if (!process->sighand) {
		kmem_cache_free(process_cache, process);
		return NULL;
	}
	list_init(&process->threads);
	list_init(&process->children);
	list_init(&process->timers);
	list_init(&process->sibling);
	list_init(&process->link);
	list_init(&process->pending.queue);
	wait_queue_init(&process->child_event);
	process->is_dumpable = true;
	itimers_init(process);
	return process;
}

/* Or nothing of it that takes a privilege. */
static void inherit_policy(struct task *task, const struct task *parent)
{
	if (!(parent->policy & SCHED_RESET_ON_FORK)) {
		task->policy = parent->policy;
		task->rt_priority = parent->rt_priority;
		task->nice = parent->nice;
	} else if (!parent->rt_priority) {
		task->policy = parent->policy & ~SCHED_RESET_ON_FORK;
		task->nice = max(parent->nice, (int8_t)0);
	}
}

struct task *task_create(struct task *parent, const char *name, uint32_t flags)
{
	struct process *process = parent ? parent->process : NULL;
	struct task *task = kmem_cache_alloc(task_cache, GFP_KERNEL);

	if (!task)
		return NULL;
	if (!(flags & CLONE_THREAD))
		process = process_alloc(process, flags);
	if (!process) {
		kmem_cache_free(task_cache, task);
		return NULL;
	}
	memset(task, 0, sizeof(*task));
	list_init(&task->link);
	list_init(&task->group);
	list_init(&task->signals.pending.queue);
	strlcpy(task->name, name, sizeof(task->name));
	if (parent) {
		task->no_new_privs = parent->no_new_privs;
		inherit_policy(task, parent);
		task->timer_slack = parent->timer_slack;
		memcpy(task->tls, parent->tls, sizeof(task->tls));
		memcpy(&task->signals, &parent->signals,
		       offsetof(struct signals, pending));
	}
	task->process = process;
	task->was_user = true;
	task->start_ns = time_now_ns();
	if (!(flags & CLONE_THREAD)) {
		process->leader = task;
		process->start_ns = task->start_ns;
	}
	return task;
}

static void publish_process(struct process *process, int pid, uint32_t flags)
{
	struct task *creator = current_task();
	struct process *parent = creator ? creator->process : NULL;

	if (parent && flags & CLONE_PARENT)
		parent = parent->parent;
	process->pid = pid;
	process->parent = parent;
	process->parent_tid = !creator ? 0 : flags & CLONE_PARENT ?
		creator->process->parent_tid : creator->tid;
	if (parent)
		list_add_tail(&parent->children, &process->sibling);
	list_add_tail(&processes, &process->link);
	if (process_limit(process, RLIMIT_CPU) != RLIM_INFINITY)
		itimer_watch(process);
}

/* Has the user of @creator as many threads as he may? */
static bool is_crowded(const struct task *creator)
{
	uint32_t limit = process_limit(creator->process, RLIMIT_NPROC);
	const struct task *task;

	if (!creator->cred->uid || !creator->cred->euid ||
	    limit == RLIM_INFINITY)
		return false;
	list_for_each_entry(task, &tasks, link)
		if (task->cred->uid == creator->cred->uid && !limit--)
			return true;
	return !limit;
}

/* Return: a number for the new task, or why it cannot be. */
static int may_be_born(void)
{
	const struct task *creator = current_task();

	if (!creator)
		return 1;
	if (creator->thread->interrupted)
		return -ERESTARTNOINTR;
	if (is_crowded(creator))
		return -EAGAIN;
	return pick_number() ?: -EAGAIN;
}

int task_publish(struct task *task, uint32_t flags)
{
	struct process *process = task->process;
	uint32_t irq = spin_lock_irqsave(&tasks_lock);
	int tid = may_be_born();

	if (tid > 0) {
		task->tid = tid;
		if (process->leader == task)
			publish_process(process, tid, flags);
		list_add_tail(&tasks, &task->link);
		list_add_tail(&process->threads, &task->group);
		process->nr_threads++;
		process->nr_live++;
		total.nr_forks++;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return min(tid, 0);
}

void task_set_name(struct task *task, const char *name)
{
	strlcpy(task->name, name, TASK_NAME);
	if (task->thread)
		strlcpy(task->thread->name, name, THREAD_NAME_SIZE);
}

void task_free(struct task *task)
{
	struct process *process = task->process;
	bool is_leader = process->leader == task;
	uint32_t irq = spin_lock_irqsave(&tasks_lock);

	list_remove(&task->link);
	list_remove(&task->group);
	signal_flush(&task->signals.pending, ~0ull);
	if (is_leader) {
		list_remove(&process->sibling);
		list_remove(&process->link);
		signal_flush(&process->pending, ~0ull);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (task->cred)
		cred_put(task->cred);
	kmem_cache_free(task_cache, task);
	if (is_leader) {
		sighand_put(process->sighand);
		kmem_cache_free(process_cache, process);
	}
}
