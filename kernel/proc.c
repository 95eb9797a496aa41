// SPDX-License-Identifier: MIT
/*
 * proc - what /proc shows of all processes together, and of the CPU that they
 * share; and who is meant by "self".
 *
 * The load is how many threads want the CPU, or wait for something that cannot
 * be interrupted, as Linux counts it: every five seconds the count moves three
 * averages, each the more the shorter it remembers.  They are fractions of
 * 2^LOAD_BITS.
 *
 * Locking: tasks_lock; the averages are single words, changed by the tick.
 */
#include "kernel/proc.h"

#include "drivers/time.h"
#include "fs/dev.h"
#include "fs/proc.h"
#include "kernel/ipc.h"
#include "kernel/proc_pid.h"
#include "kernel/sys_time.h"
#include "kernel/uname.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "sched/timer.h"
#include "x86/spinlock.h"
#include "x86/trap.h"

#define NSEC_PER_TICK	(NSEC_PER_SEC / 100)	/* USER_HZ is 100 */

/* -------------------------------------------------------------------- load */

#define LOAD_BITS	11
#define LOAD_PERIOD	(5ull * NSEC_PER_SEC)

/* 2^LOAD_BITS * e^(-5/60), e^(-5/300), e^(-5/900). */
static const uint32_t load_decay[LOAD_AVERAGES] = { 1884, 2014, 2037 };
static uint32_t load_average[LOAD_AVERAGES];
static struct timer load_timer;

struct threads {
	unsigned int nr, nr_running, nr_blocked;
};

static struct threads count_threads(void)
{
	struct threads threads = { 0 };
	const struct task *task;

	assert(spin_held(&tasks_lock));
	list_for_each_entry(task, &tasks, link) {
		threads.nr++;
		if (task->thread->state == THREAD_RUNNABLE)
			threads.nr_running++;
		else if (task->thread->state == THREAD_SLEEPING)
			threads.nr_blocked++;
	}
	return threads;
}

static struct threads get_threads(void)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct threads threads = count_threads();

	spin_unlock_irqrestore(&tasks_lock, flags);
	return threads;
}

static void load_tick(void *unused)
{
	struct threads threads = get_threads();
	uint32_t active = (threads.nr_running + threads.nr_blocked) <<
		LOAD_BITS;

	(void)unused;
	for (int i = 0; i < LOAD_AVERAGES; i++) {
		uint32_t old = load_average[i], decay = load_decay[i];
		uint64_t new = (uint64_t)old * decay + (uint64_t)active *
			((1 << LOAD_BITS) - decay);

		if (active >= old)
			new += (1 << LOAD_BITS) - 1;
		load_average[i] = new >> LOAD_BITS;
	}
	timer_add(&load_timer, timer_after(LOAD_PERIOD));
}

void proc_load(uint32_t load[LOAD_AVERAGES])
{
	for (int i = 0; i < LOAD_AVERAGES; i++)
		load[i] = READ_ONCE(load_average[i]) << (16 - LOAD_BITS);
}

static int newest_pid(void)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	int pid = task_last_number();

	spin_unlock_irqrestore(&tasks_lock, flags);
	return pid;
}

static void show_loadavg(struct seq *out)
{
	struct threads threads = get_threads();

	for (int i = 0; i < LOAD_AVERAGES; i++) {
		/* Rounded to hundredths. */
		uint32_t load = READ_ONCE(load_average[i]) +
			(1 << LOAD_BITS) / 200;

		seq_printf(out, "%u.%02u ", load >> LOAD_BITS,
			   (load & ((1 << LOAD_BITS) - 1)) * 100 >> LOAD_BITS);
	}
	seq_printf(out, "%u/%u %d\n", threads.nr_running, threads.nr,
		   newest_pid());
}

/* --------------------------------------------------------------------- time */

static uint64_t hundredths(uint64_t tsc_ticks)
{
	return div64_32(sys_time_of_ticks(tsc_ticks), NSEC_PER_TICK, NULL);
}

static void print_hundredths(struct seq *out, uint64_t n, const char *behind)
{
	uint32_t rest, whole = div64_32(n, 100, &rest);

	seq_printf(out, "%u.%02u%s", whole, rest, behind);
}

static void show_uptime(struct seq *out)
{
	print_hundredths(out, div64_32(time_now_ns(), NSEC_PER_TICK, NULL),
			 " ");
	print_hundredths(out, hundredths(cpu_usage().idle), "\n");
}

static void print_cpu(struct seq *out, const char *name,
		      const struct cpu_usage *usage)
{
	/* user nice system idle iowait irq softirq steal guest guest_nice */
	seq_printf(out, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name,
		   (unsigned long long)hundredths(usage->user),
		   (unsigned long long)hundredths(usage->system),
		   (unsigned long long)hundredths(usage->idle));
}

static void show_stat(struct seq *out)
{
	struct threads threads = get_threads();
	struct cpu_usage usage = cpu_usage();
	uint32_t nr_irqs = 0;
	uint64_t boot = time_realtime_ns() - time_now_ns();

	print_cpu(out, "cpu ", &usage);
	print_cpu(out, "cpu0", &usage);
	for (int irq = 0; irq < NR_IRQS; irq++)
		nr_irqs += irq_counts[irq];
	seq_printf(out, "intr %u", nr_irqs);
	for (int irq = 0; irq < NR_IRQS; irq++)
		seq_printf(out, " %u", irq_counts[irq]);
	seq_printf(out, "\nctxt %u\nbtime %u\nprocesses %u\n"
		   "procs_running %u\nprocs_blocked %u\n"
		   "softirq 0 0 0 0 0 0 0 0 0 0 0\n", usage.nr_switches,
		   (uint32_t)div64_32(boot, NSEC_PER_SEC, NULL), usage.nr_forks,
		   threads.nr_running, threads.nr_blocked);
}

static void show_interrupts(struct seq *out)
{
	static const char *const names[NR_IRQS] = {
		[0] = "timer", [1] = "i8042", [4] = "ttyS0",
	};

	seq_printf(out, "           CPU0       \n");
	for (int irq = 0; irq < NR_IRQS; irq++)
		if (irq_counts[irq])
			seq_printf(out, "%3d: %10u    XT-PIC      %s\n", irq,
				   irq_counts[irq],
				   names[irq] ? names[irq] : "");
	seq_printf(out, "ERR: %10u\n", 0);
}

/* Numbers that drivers have, by one device of each. */
static void show_devices(struct seq *out)
{
	static const struct { uint32_t rdev; const char *name; } devices[] = {
		{ DEV(1, 3), "mem" }, { DEV(4, 64), "ttyS" },
		{ DEV(5, 0), "/dev/tty" }, { DEV(5, 1), "/dev/console" },
		{ DEV(29, 0), "fb" },
	};

	seq_printf(out, "Character devices:\n");
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (device_ops(S_IFCHR, devices[i].rdev))
			seq_printf(out, "%3u %s\n", devices[i].rdev >> 8,
				   devices[i].name);
	seq_printf(out, "\nBlock devices:\n");
}

/* There are none of them: an empty file, as Linux has it then. */
static void show_nothing(struct seq *out)
{
	(void)out;
}

static void show_version(struct seq *out)
{
	seq_printf(out, "%s version %s (gcc %s) %s\n",
		   uname_fields[UNAME_SYSTEM], uname_fields[UNAME_RELEASE],
		   __VERSION__, uname_fields[UNAME_VERSION]);
}

/* --------------------------------------------------------------- the names */

static int self_readlink(int id, int sub, char *buf, size_t size)
{
	struct task *task = current_task();

	(void)id;
	(void)sub;
	return task ? snprintf(buf, size, "%d", task->process->pid) : -ENOENT;
}

static int thread_self_readlink(int id, int sub, char *buf, size_t size)
{
	struct task *task = current_task();

	(void)id;
	(void)sub;
	return task ? snprintf(buf, size, "%d/task/%d", task->process->pid,
			       task->tid) : -ENOENT;
}

static int mounts_readlink(int id, int sub, char *buf, size_t size)
{
	(void)id;
	(void)sub;
	return snprintf(buf, size, "self/mounts");
}

#define TEXT_LINK(path_, readlink_)					\
	{ .path = (path_), .mode = S_IFLNK | 0777, .readlink = (readlink_) }

static struct proc_node nodes[] = {
	TEXT_LINK("/proc/self", self_readlink),
	TEXT_LINK("/proc/thread-self", thread_self_readlink),
	TEXT_LINK("/proc/mounts", mounts_readlink),
	PROC_FILE("/proc/filesystems", 0444, filesystems_list),
	PROC_FILE("/proc/devices", 0444, show_devices),
	PROC_FILE("/proc/version", 0444, show_version),
	PROC_FILE("/proc/stat", 0444, show_stat),
	PROC_FILE("/proc/uptime", 0444, show_uptime),
	PROC_FILE("/proc/loadavg", 0444, show_loadavg),
	PROC_FILE("/proc/interrupts", 0444, show_interrupts),
	PROC_TEXT("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\t"
		  "Priority"),
	PROC_FILE("/proc/partitions", 0444, show_nothing),
	PROC_DIR("/proc/sysvipc"),
	PROC_FILE("/proc/sysvipc/shm", 0444, ipc_show_shm),
	PROC_FILE("/proc/modules", 0444, show_nothing),
	PROC_FILE("/proc/misc", 0444, show_nothing),
};

void proc_task_init(void)
{
	proc_register(nodes, ARRAY_SIZE(nodes));
	proc_pid_init();
	proc_mem_init();
	proc_fd_init();
	proc_sys_init();
	timer_init(&load_timer, load_tick, NULL);
	timer_add(&load_timer, timer_after(LOAD_PERIOD));
}
