// SPDX-License-Identifier: MIT
/*
 * proc_pid - /proc/<pid> and /proc/<pid>/task/<tid>, in the formats of Linux:
 * what the kernel itself knows of a process, and of each of its threads.
 *
 * A process may end while somebody reads about it.  So each file first takes,
 * in one go under tasks_lock, a copy of the facts and a reference on the
 * address space, and prints from these; printing may sleep.
 *
 * All may see who is there and what it uses.  What is in its memory, where it
 * lies and which files are open is for those whom ptrace(2) would let in: root,
 * and who is the same user in all ways, unless it is not dumpable.
 *
 * Locking: tasks_lock, then nothing, then mm->lock.
 * Not here: its memory (proc_mem.c), its files (proc_fd.c).
 */
#include "kernel/proc_pid.h"

#include "drivers/time.h"
#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "fs/tty.h"
#include "kernel/sys_time.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/figures.h"
#include "mm/mm.h"
#include "mm/zone.h"
#include "x86/spinlock.h"

#define NSEC_PER_TICK	(NSEC_PER_SEC / 100)	/* USER_HZ is 100 */
#define OOM_ADJ_MOST	1000

/* ---------------------------------------------------------- taking a copy */

struct task *proc_task(int id)
{
	struct process *process;
	struct task *task;

	assert(spin_held(&tasks_lock));
	if (id & PROC_THREAD)
		return task_find(id & ~PROC_THREAD);
	process = process_find(id);
	if (process)
		return process->leader;
	task = task_find(id);		/* a thread, by a name not listed */
	return task ? task->process->leader : NULL;
}

static char state_letter(const struct task *task)
{
	if (!task->thread)
		return 'Z';
	if (task->process->state == PROCESS_STOPPED)
		return 'T';
	switch (task->thread->state) {
	case THREAD_SLEEPING: return 'D';
	case THREAD_INTERRUPTIBLE: return 'S';
	default: return 'R';
	}
}

static void copy_signals(struct facts *facts, const struct task *task)
{
	const struct sigaction *action = task->process->sighand->action;

	facts->pending = task->signals.pending.set;
	facts->shared_pending = task->process->pending.set;
	facts->blocked = task->signals.blocked;
	for (unsigned int i = 0; i < NSIG; i++) {
		if (action[i].handler == SIG_IGN)
			facts->ignored |= 1ull << i;
		else if (action[i].handler != SIG_DFL)
			facts->caught |= 1ull << i;
	}
}

/* The leader's memory, or if it has ended, that of the others. */
static struct mm *mm_of(const struct task *task)
{
	const struct task *live = process_any_thread(task->process);

	return task->mm || !live ? task->mm : live->mm;
}

static void copy_facts(struct facts *facts, struct task *task, int id)
{
	const struct process *process = task->process;
	bool is_thread = id & PROC_THREAD;

	memset(facts, 0, sizeof(*facts));
	facts->id = id;
	facts->tid = task->tid;
	facts->pid = process->pid;
	facts->parent = process->parent ? process->parent->pid : 0;
	facts->pgid = process->pgid;
	facts->sid = process->sid;
	facts->state = state_letter(task);
	facts->exit_status = process->exit_status;
	facts->exit_signal = task == process->leader ? process->exit_signal :
		-1;
	facts->nr_threads = max(process->nr_threads, 1u);
	facts->nr_queued = process->nr_queued;
	facts->no_new_privs = task->no_new_privs;
	facts->personality = process->personality;
	facts->nice = task->nice;
	facts->rt_priority = task->rt_priority;
	facts->policy = task->policy;
	facts->may_read = proc_may_read_locked(task);
	facts->usage = process_usage(process);
	facts->children = process->children_usage;
	facts->start_ns = is_thread ? task->start_ns : process->start_ns;
	facts->arg_start = process->arg_start;
	facts->arg_end = process->arg_end;
	facts->env_start = process->env_start;
	facts->env_end = process->env_end;
	facts->nr_files = task->files ? files_capacity(task->files) : 0;
	facts->umask = task->fs ? task->fs->umask : 0;
	facts->oom_score_adj = process->oom_score_adj;
	facts->tty = process->has_tty ? TTY_DEVICE : 0;
	facts->tty_group = process->has_tty ? tty_foreground() ?: -1 : -1;
	facts->cred = cred_get(task->cred);
	facts->mm = mm_of(task);
	if (is_thread) {
		uint32_t min_flt = facts->usage.min_flt;

		facts->usage = task_usage(task);
		facts->usage.min_flt = min_flt;
	}
	memcpy(facts->name, task->name, sizeof(facts->name));
	memcpy(facts->limits, process->limits, sizeof(facts->limits));
	copy_signals(facts, task);
	if (facts->mm)
		mm_get(facts->mm);
}

int facts_get(struct facts *facts, int id)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = proc_task(id);

	if (task)
		copy_facts(facts, task, id);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return task ? 0 : -ESRCH;
}

void facts_put(struct facts *facts)
{
	cred_put(facts->cred);
	if (facts->mm)
		mm_put(facts->mm);
}

int proc_mm_get(int id, struct mm **mm)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = proc_task(id);

	*mm = task ? mm_of(task) : NULL;
	if (*mm)
		mm_get(*mm);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return task ? 0 : -ESRCH;
}

/* ------------------------------------------------------------ who may look */

bool proc_may_read_locked(const struct task *task)
{
	const struct task *self = current_task();
	const struct cred *own = self ? self->cred : NULL, *cred = task->cred;

	if (!own || task->process == self->process || own->euid == 0)
		return true;
	return task->process->is_dumpable &&
		own->fsuid == cred->uid && own->fsuid == cred->euid &&
		own->fsuid == cred->suid && own->fsgid == cred->gid &&
		own->fsgid == cred->egid && own->fsgid == cred->sgid;
}

int proc_may_read(int id)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);
	int err = !task ? -ESRCH : proc_may_read_locked(task) ? 0 : -EACCES;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

void proc_owner(int id, uint32_t *uid, uint32_t *gid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);

	if (task && task->process->is_dumpable) {
		*uid = task->cred->euid;
		*gid = task->cred->egid;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* A process that changes what it says of itself. */
static int may_change(int id)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *task = proc_task(id);
	int err = !task ? -ESRCH :
		task->process == current_process() ? 0 : -EINVAL;

	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

/* --------------------------------------------------------------- the files */

static uint32_t user_ticks(uint64_t tsc_ticks)
{
	return div64_32(sys_time_of_ticks(tsc_ticks), NSEC_PER_TICK, NULL);
}

static void with_facts(struct seq *out,
		       void (*print)(struct seq *out, const struct facts *facts,
				     const struct mm_figures *figures))
{
	struct mm_figures figures = { 0 };
	struct facts facts;

	out->err = facts_get(&facts, out->id);
	if (out->err)
		return;
	if (facts.mm)
		mm_get_figures(facts.mm, &figures);
	print(out, &facts, &figures);
	facts_put(&facts);
}

static void print_stat(struct seq *out, const struct facts *f,
		       const struct mm_figures *u)
{
	uint32_t see = f->may_read ? ~0u : 0;
	static const struct mm none;
	const struct mm *mm = f->mm ? f->mm : &none;

	seq_printf(out, "%d (%s) %c %d %d %d %d %d 0 ", f->tid, f->name,
		   f->state, f->parent, f->pgid, f->sid, f->tty, f->tty_group);
	/* minflt cminflt majflt cmajflt utime stime cutime cstime */
	seq_printf(out, "%u %u 0 0 %u %u %u %u ", f->usage.min_flt,
		   f->children.min_flt, user_ticks(f->usage.user_ticks),
		   user_ticks(f->usage.ticks - f->usage.user_ticks),
		   user_ticks(f->children.user_ticks),
		   user_ticks(f->children.ticks - f->children.user_ticks));
	/* priority nice num_threads itrealvalue starttime */
	seq_printf(out, "%d %d %u 0 %llu ", f->rt_priority ?
		   -1 - (int)f->rt_priority : 20 + f->nice, f->nice,
		   f->nr_threads, (unsigned long long)
		   div64_32(f->start_ns, NSEC_PER_TICK, NULL));
	/* vsize rss rsslim startcode endcode startstack kstkesp kstkeip */
	seq_printf(out, "%u %u %u %u %u %u 0 0 ", u->vm << PAGE_SHIFT,
		   u->rss, f->limits[RLIMIT_RSS].soft,
		   f->may_read ? mm->start_code : !!f->mm,
		   f->may_read ? mm->end_code : !!f->mm,
		   mm->start_stack & see);
	/* signal blocked sigignore sigcatch, of the first 31 */
	seq_printf(out, "%u %u %u %u ", (uint32_t)f->pending & INT32_MAX,
		   (uint32_t)f->blocked & INT32_MAX,
		   (uint32_t)f->ignored & INT32_MAX,
		   (uint32_t)f->caught & INT32_MAX);
	/* wchan nswap cnswap exit_signal processor rt_priority policy */
	/* delayacct guest cguest start_data end_data start_brk */
	seq_printf(out, "%d 0 0 %d 0 %u %u 0 0 0 %u %u %u ",
		   f->state == 'S' || f->state == 'D', f->exit_signal,
		   f->rt_priority, f->policy & 0xff,
		   mm->start_data & see, mm->end_data & see,
		   mm->start_brk & see);
	seq_printf(out, "%u %u %u %u %d\n", f->arg_start & see,
		   f->arg_end & see, f->env_start & see, f->env_end & see,
		   f->may_read ? f->exit_status : 0);
}

static void print_statm(struct seq *out, const struct facts *facts,
			const struct mm_figures *u)
{
	(void)facts;
	/* size resident shared text lib data dt */
	seq_printf(out, "%u %u %u %u 0 %u 0\n", u->vm, u->rss,
		   u->rss - u->rss_anon, u->text, u->data + u->stack);
}

static const char *state_word(char letter)
{
	switch (letter) {
	case 'Z': return "zombie";
	case 'T': return "stopped";
	case 'D': return "disk sleep";
	case 'S': return "sleeping";
	default: return "running";
	}
}

static void status_kib(struct seq *out, const char *name, uint32_t nr_pages)
{
	seq_printf(out, "%s:\t%8u kB\n", name, nr_pages * (PAGE_SIZE / 1024));
}

static void status_mask(struct seq *out, const char *name, uint64_t mask)
{
	seq_printf(out, "%s:\t%016llx\n", name, (unsigned long long)mask);
}

static void status_ids(struct seq *out, const char *name, const uint32_t *ids)
{
	seq_printf(out, "%s:\t%u\t%u\t%u\t%u\n", name, ids[0], ids[1], ids[2],
		   ids[3]);
}

static void print_identity(struct seq *out, const struct facts *f)
{
	const struct cred *cred = f->cred;
	static const char *const spaces[] = {
		"NStgid", "NSpid", "NSpgid", "NSsid",
	};
	const int numbers[] = { f->pid, f->tid, f->pgid, f->sid };

	seq_printf(out, "Name:\t%s\n", f->name);
	seq_printf(out, "Umask:\t%04o\n", f->umask);
	seq_printf(out, "State:\t%c (%s)\n", f->state, state_word(f->state));
	seq_printf(out, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n"
		   "TracerPid:\t0\n", f->pid, f->tid, f->parent);
	status_ids(out, "Uid", &cred->uid);
	status_ids(out, "Gid", &cred->gid);
	seq_printf(out, "FDSize:\t%u\nGroups:\t", f->nr_files);
	for (unsigned int i = 0; i < cred->nr_groups; i++)
		seq_printf(out, "%u ", cred->groups[i]);
	seq_printf(out, "%s", cred->nr_groups ? "\n" : " \n");
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++)
		seq_printf(out, "%s:\t%d\n", spaces[i], numbers[i]);
}

static void print_memory(struct seq *out, const struct mm_figures *u)
{
	status_kib(out, "VmPeak", u->vm_peak);
	status_kib(out, "VmSize", u->vm);
	status_kib(out, "VmLck", u->locked);
	status_kib(out, "VmPin", u->pinned);
	status_kib(out, "VmHWM", u->rss_peak);
	status_kib(out, "VmRSS", u->rss);
	status_kib(out, "RssAnon", u->rss_anon);
	status_kib(out, "RssFile", u->rss_file);
	status_kib(out, "RssShmem", u->rss_shmem);
	status_kib(out, "VmData", u->data);
	status_kib(out, "VmStk", u->stack);
	status_kib(out, "VmExe", u->text);
	status_kib(out, "VmLib", u->exec - min(u->text, u->exec));
	status_kib(out, "VmPTE", u->tables);
	status_kib(out, "VmSwap", u->swap);
}

static void print_status(struct seq *out, const struct facts *f,
			 const struct mm_figures *u)
{
	uint64_t caps = f->cred->euid ? 0 : PROC_CAPABILITIES;

	print_identity(out, f);
	if (f->mm)
		print_memory(out, u);
	seq_printf(out, "CoreDumping:\t0\nTHP_enabled:\t0\n"
		   "Threads:\t%u\nSigQ:\t%u/%u\n", f->nr_threads, f->nr_queued,
		   f->limits[RLIMIT_SIGPENDING].soft);
	status_mask(out, "SigPnd", f->pending);
	status_mask(out, "ShdPnd", f->shared_pending);
	status_mask(out, "SigBlk", f->blocked);
	status_mask(out, "SigIgn", f->ignored);
	status_mask(out, "SigCgt", f->caught);
	status_mask(out, "CapInh", 0);
	status_mask(out, "CapPrm", caps);
	status_mask(out, "CapEff", caps);
	status_mask(out, "CapBnd", PROC_CAPABILITIES);
	status_mask(out, "CapAmb", 0);
	seq_printf(out, "NoNewPrivs:\t%u\nSeccomp:\t0\nSeccomp_filters:\t0\n"
		   "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n"
		   "Mems_allowed:\t1\nMems_allowed_list:\t0\n",
		   f->no_new_privs);
	seq_printf(out, "voluntary_ctxt_switches:\t%u\n"
		   "nonvoluntary_ctxt_switches:\t%u\n", f->usage.nr_waits,
		   f->usage.nr_preempted);
}

static void show_stat(struct seq *out)
{
	with_facts(out, print_stat);
}

static void show_statm(struct seq *out)
{
	with_facts(out, print_statm);
}

static void show_status(struct seq *out)
{
	with_facts(out, print_status);
}

static void print_comm(struct seq *out, const struct facts *facts,
		       const struct mm_figures *figures)
{
	(void)figures;
	seq_printf(out, "%s\n", facts->name);
}

static void show_comm(struct seq *out)
{
	with_facts(out, print_comm);
}

static int store_comm(int id, char *text, size_t size)
{
	int err = may_change(id);
	uint32_t flags;
	struct task *task;

	(void)size;
	if (err)
		return err;
	if (strchr(text, '\n'))
		*strchr(text, '\n') = '\0';
	flags = spin_lock_irqsave(&tasks_lock);
	task = proc_task(id);
	if (task)
		task_set_name(task, text);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return task ? 0 : -ESRCH;
}

static void limit_column(struct seq *out, uint32_t limit)
{
	if (limit == RLIM_INFINITY)
		seq_printf(out, "%-20s ", "unlimited");
	else
		seq_printf(out, "%-20u ", limit);
}

static void print_limits(struct seq *out, const struct facts *facts,
			 const struct mm_figures *figures)
{
	static const struct { const char *name, *unit; } limits[] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};

	(void)figures;
	seq_printf(out, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
		   "Hard Limit", "Units");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		seq_printf(out, "%-25s ", limits[i].name);
		limit_column(out, facts->limits[i].soft);
		limit_column(out, facts->limits[i].hard);
		if (*limits[i].unit)
			seq_printf(out, "%-10s", limits[i].unit);
		seq_printf(out, "\n");
	}
}

static void show_limits(struct seq *out)
{
	with_facts(out, print_limits);
}

/* Where it sleeps has no name here: "0" is for one that does not. */
static void print_wchan(struct seq *out, const struct facts *facts,
			const struct mm_figures *figures)
{
	(void)figures;
	seq_printf(out, facts->state == 'S' || facts->state == 'D' ?
		   "schedule" : "0");
}

static void print_personality(struct seq *out, const struct facts *facts,
			      const struct mm_figures *figures)
{
	(void)figures;
	seq_printf(out, "%08x\n", facts->personality);
}

static void show_personality(struct seq *out)
{
	with_facts(out, print_personality);
}

static void show_wchan(struct seq *out)
{
	with_facts(out, print_wchan);
}

/* --------------------------------------------------- who goes first, if any */

/* In thousandths of all memory, moved by the adjustment, as Linux counts. */
static void print_oom_score(struct seq *out, const struct facts *facts,
			    const struct mm_figures *u)
{
	size_t total = 0;
	int points;

	for (unsigned int i = 0; i < NR_ZONES; i++)
		total += zones[i].nr_managed;
	points = (u->rss + u->tables) / max(total / 1000, (size_t)1) +
		facts->oom_score_adj;
	points = facts->mm ? max((OOM_ADJ_MOST + points) * 2 / 3, 0) : 0;
	if (facts->oom_score_adj == -OOM_ADJ_MOST || facts->pid == 1)
		points = 0;
	seq_printf(out, "%d\n", points);
}

static void show_oom_score(struct seq *out)
{
	with_facts(out, print_oom_score);
}

static void print_oom_score_adj(struct seq *out, const struct facts *facts,
				const struct mm_figures *figures)
{
	(void)figures;
	seq_printf(out, "%d\n", facts->oom_score_adj);
}

static void show_oom_score_adj(struct seq *out)
{
	with_facts(out, print_oom_score_adj);
}

/* The same as Linux had it before: -17 to 15. */
static void print_oom_adj(struct seq *out, const struct facts *facts,
			  const struct mm_figures *figures)
{
	int adj = facts->oom_score_adj;

	(void)figures;
	seq_printf(out, "%d\n", adj == OOM_ADJ_MOST ? 15 :
		   adj * 17 / OOM_ADJ_MOST);
}

static void show_oom_adj(struct seq *out)
{
	with_facts(out, print_oom_adj);
}

/* Whatever is below what root has said is root's to say. */
static int set_oom_score_adj(int id, int adj)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = proc_task(id);
	int err = 0;

	if (!task)
		err = -ESRCH;
	else if (adj < task->process->oom_score_adj_min &&
		 current_task()->cred->euid)
		err = -EACCES;
	else
		task->process->oom_score_adj = adj;
	if (!err && !current_task()->cred->euid)
		task->process->oom_score_adj_min = adj;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

static int parse_signed(const char *text, int low, int high, int *value)
{
	bool is_negative = *text == '-';
	uint32_t number;
	int err = proc_parse(text + is_negative, 0, is_negative ? -low : high,
			     &number);

	*value = is_negative ? -(int)number : (int)number;
	return err;
}

static int store_oom_score_adj(int id, char *text, size_t size)
{
	int adj, err = parse_signed(text, -OOM_ADJ_MOST, OOM_ADJ_MOST, &adj);

	(void)size;
	return err ? err : set_oom_score_adj(id, adj);
}

static int store_oom_adj(int id, char *text, size_t size)
{
	int adj, err = parse_signed(text, -17, 15, &adj);

	(void)size;
	return err ? err : set_oom_score_adj(id, adj == 15 ? OOM_ADJ_MOST :
					     adj * OOM_ADJ_MOST / 17);
}

/* --------------------------------------------------------------- the names */

/* The first pid at or above @from that is taken, or -1. */
static int next_pid(int id, int from)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct process *process;
	int found = -1;

	(void)id;
	list_for_each_entry(process, &processes, link)
		if (process->pid >= from && (found < 0 || process->pid < found))
			found = process->pid;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return found;
}

static bool pid_exists(int id, int number)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool found = proc_task(number);

	(void)id;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return found;
}

/* The same for the threads of @id; a leader is there until all have ended. */
static int next_tid(int id, int from)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *leader = proc_task(id), *task;
	int found = -1;

	if (leader) {
		if (leader->tid >= from)
			found = leader->tid;
		list_for_each_entry(task, &leader->process->threads, group)
			if (task->tid >= from &&
			    (found < 0 || task->tid < found))
				found = task->tid;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	return found;
}

static struct proc_node nodes[] = {
	{ .path = "/proc/<pid>", .mode = S_IFDIR | 0555, .next = next_pid,
	  .exists = pid_exists, .number = PROC_ID, .owner = proc_owner },
	{ .path = "/proc/<pid>/task", .mode = S_IFDIR | 0555,
	  .number = PROC_ONLY_HERE },
	{ .path = "/proc/<pid>/task/<tid>", .mode = S_IFDIR | 0555,
	  .next = next_tid, .number = PROC_THREAD_ID, .like = &nodes[0] },
	PROC_FILE("/proc/<pid>/stat", 0444, show_stat),
	PROC_FILE("/proc/<pid>/statm", 0444, show_statm),
	PROC_FILE("/proc/<pid>/status", 0444, show_status),
	PROC_KNOB("/proc/<pid>/comm", show_comm, store_comm),
	PROC_FILE("/proc/<pid>/limits", 0444, show_limits),
	PROC_FILE("/proc/<pid>/wchan", 0444, show_wchan),
	{ .path = "/proc/<pid>/personality", .mode = S_IFREG | 0400,
	  .generate = show_personality, .may = proc_may_read },
	PROC_FILE("/proc/<pid>/oom_score", 0444, show_oom_score),
	PROC_KNOB("/proc/<pid>/oom_score_adj", show_oom_score_adj,
		  store_oom_score_adj),
	PROC_KNOB("/proc/<pid>/oom_adj", show_oom_adj, store_oom_adj),
};

void proc_pid_init(void)
{
	proc_register(nodes, ARRAY_SIZE(nodes));
}
