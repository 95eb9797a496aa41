// SPDX-License-Identifier: MIT
/*
 * proc - what /proc/<pid> shows of a process, in the formats of Linux; and
 * /proc/version, which says what uname(2) says.
 *
 * A process may end while somebody reads about it.  So each file first takes,
 * in one go under tasks_lock, a copy of the facts and a reference on the
 * address space, and prints from these; printing may sleep.
 *
 * Locking: tasks_lock, then nothing, then mm->lock.
 */
#include "kernel/proc.h"

#include "drivers/time.h"
#include "fs/file.h"
#include "fs/proc.h"
#include "fs/tty.h"
#include "kernel/task.h"
#include "kernel/uname.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "x86/spinlock.h"

#define NSEC_PER_TICK	(NSEC_PER_SEC / 100)	/* USER_HZ is 100 */

struct facts {
	int pid, parent, pgid, sid;
	char state;
	int exit_status;
	int tty, foreground;		/* controlling terminal, or 0 and -1 */
	unsigned int nr_threads, nr_files;
	char name[TASK_NAME], exe[TASK_EXE];
	uint64_t ticks, children_ticks, start_ns;
	uint32_t arg_start, arg_end, env_start, env_end;
	uint64_t pending, blocked, ignored, caught;
	struct mm *mm;			/* with a reference; NULL: it ended */
};

/* ---------------------------------------------------------- taking a copy */

static char state_letter(const struct process *process)
{
	const struct task *task = process->leader;

	if (process->state == PROCESS_STOPPED)
		return 'T';
	if (!task->thread)
		return 'Z';
	switch (task->thread->state) {
	case THREAD_SLEEPING: return 'D';
	case THREAD_INTERRUPTIBLE: return 'S';
	default: return 'R';
	}
}

static void copy_signals(struct facts *facts, const struct process *process)
{
	const struct sigaction *action = process->sighand->action;

	facts->pending = signal_pending_set(process->leader);
	facts->blocked = process->leader->signals.blocked;
	for (unsigned int i = 0; i < NSIG; i++) {
		if (action[i].handler == SIG_IGN)
			facts->ignored |= 1ull << i;
		else if (action[i].handler != SIG_DFL)
			facts->caught |= 1ull << i;
	}
}

static void copy_facts(struct facts *facts, const struct process *process)
{
	const struct task *live = process_any_thread(process);

	*facts = (struct facts){
		.pid = process->pid,
		.parent = process->parent ? process->parent->pid : 0,
		.pgid = process->pgid,
		.sid = process->sid,
		.state = state_letter(process),
		.exit_status = process->exit_status,
		.nr_files = live && live->files ? files_capacity(live->files) :
			0,
		.tty = process->has_tty ? TTY_DEVICE : 0,
		.foreground = process->has_tty ? tty_foreground() : -1,
		.nr_threads = max(process->nr_threads, 1u),
		.ticks = process_usage(process).ticks,
		.children_ticks = process->children_usage.ticks,
		.start_ns = process->start_ns,
		.arg_start = process->arg_start,
		.arg_end = process->arg_end,
		.env_start = process->env_start,
		.env_end = process->env_end,
		.mm = live ? live->mm : NULL,
	};
	memcpy(facts->name, process->leader->name, sizeof(facts->name));
	memcpy(facts->exe, process->exe, sizeof(facts->exe));
	copy_signals(facts, process);
	if (facts->mm)
		mm_get(facts->mm);
}

/* Return: 0; -ESRCH when there is no process @pid.  facts_put() undoes it. */
static int facts_get(struct facts *facts, int pid)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct process *process = process_find(pid);

	if (process)
		copy_facts(facts, process);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return process ? 0 : -ESRCH;
}

static void facts_put(struct facts *facts)
{
	if (facts->mm)
		mm_put(facts->mm);
}

/* Pages of an address space by use, as the areas tell. */
struct mm_usage {
	uint32_t total, resident, tables, min_flt;
	uint32_t text, data, stack;
	vaddr_t start_code, end_code, start_data, end_data;
	vaddr_t start_stack, start_brk;
};

static void usage_add(struct mm_usage *usage, const struct vma *vma)
{
	uint32_t nr_pages = (vma->end - vma->start) >> PAGE_SHIFT;

	if (vma->flags & VM_GROWSDOWN)
		usage->stack += nr_pages;
	else if (vma->flags & VM_EXEC)
		usage->text += nr_pages;
	if ((vma->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		usage->data += nr_pages;
	if (!vma->file || vma->flags & VM_SHARED)
		return;
	/* The program's own segments. */
	if (vma->flags & VM_EXEC && !usage->end_code) {
		usage->start_code = vma->start;
		usage->end_code = vma->end;
	} else if (vma->flags & VM_WRITE && !usage->end_data) {
		usage->start_data = vma->start;
		usage->end_data = vma->end;
	}
}

static void usage_get(struct mm_usage *usage, struct mm *mm)
{
	struct vma *vma;

	memset(usage, 0, sizeof(*usage));
	if (!mm)
		return;
	mutex_lock(&mm->lock);
	usage->total = mm->total_vm;
	usage->resident = mm_rss(mm);
	usage->tables = mm->pgtable.nr_tables + 1;	/* and the directory */
	usage->min_flt = mm->min_flt;
	usage->start_stack = mm->start_stack;
	usage->start_brk = mm->start_brk;
	for (vma = mm->vmas.first; vma; vma = vma->next)
		usage_add(usage, vma);
	mutex_unlock(&mm->lock);
}

/* --------------------------------------------------------------- the files */

static uint32_t user_ticks(uint64_t tsc_ticks)
{
	return div64_32(tsc_ticks, time_tsc_khz() * 10, NULL);
}

static void print_stat(struct seq *out, const struct facts *f,
		       const struct mm_usage *u)
{
	seq_printf(out, "%d (%s) %c %d %d %d %d %d 0 ", f->pid, f->name,
		   f->state, f->parent, f->pgid, f->sid, f->tty,
		   f->foreground);
	/* minflt cminflt majflt cmajflt utime stime cutime cstime */
	seq_printf(out, "%u 0 0 0 %u 0 %u 0 ", u->min_flt,
		   user_ticks(f->ticks), user_ticks(f->children_ticks));
	/* priority nice num_threads itrealvalue starttime */
	seq_printf(out, "20 0 %u 0 %llu ", f->nr_threads, (unsigned long long)
		   div64_32(f->start_ns, NSEC_PER_TICK, NULL));
	/* vsize rss rsslim startcode endcode startstack kstkesp kstkeip */
	seq_printf(out, "%u %u %u %u %u %u 0 0 ", u->total << PAGE_SHIFT,
		   u->resident, UINT32_MAX, u->start_code, u->end_code,
		   u->start_stack);
	/* signal blocked sigignore sigcatch, of the first 31 */
	seq_printf(out, "%u %u %u %u ", (uint32_t)f->pending & INT32_MAX,
		   (uint32_t)f->blocked & INT32_MAX,
		   (uint32_t)f->ignored & INT32_MAX,
		   (uint32_t)f->caught & INT32_MAX);
	/* wchan nswap cnswap exit_signal processor rt_priority policy */
	/* delayacct guest cguest start_data end_data start_brk */
	seq_printf(out, "0 0 0 %d 0 0 0 0 0 0 %u %u %u ", SIGCHLD,
		   u->start_data, u->end_data, u->start_brk);
	seq_printf(out, "%u %u %u %u %d\n", f->arg_start, f->arg_end,
		   f->env_start, f->env_end, f->exit_status);
}

static void print_statm(struct seq *out, const struct facts *facts,
			const struct mm_usage *usage)
{
	(void)facts;
	/* size resident shared text lib data dt */
	seq_printf(out, "%u %u 0 %u 0 %u 0\n", usage->total, usage->resident,
		   usage->text, usage->data);
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

static void print_status(struct seq *out, const struct facts *f,
			 const struct mm_usage *u)
{
	seq_printf(out, "Name:\t%s\n", f->name);
	seq_printf(out, "State:\t%c (%s)\n", f->state, state_word(f->state));
	seq_printf(out, "Tgid:\t%d\nPid:\t%d\nPPid:\t%d\n", f->pid, f->pid,
		   f->parent);
	seq_printf(out, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
	seq_printf(out, "FDSize:\t%u\n", f->nr_files);
	if (f->mm) {
		status_kib(out, "VmSize", u->total);
		status_kib(out, "VmRSS", u->resident);
		status_kib(out, "VmData", u->data - u->stack);
		status_kib(out, "VmStk", u->stack);
		status_kib(out, "VmExe", u->text);
		status_kib(out, "VmPTE", u->tables);
	}
	seq_printf(out, "Threads:\t%u\n", f->nr_threads);
	status_mask(out, "SigPnd", f->pending);
	status_mask(out, "SigBlk", f->blocked);
	status_mask(out, "SigIgn", f->ignored);
	status_mask(out, "SigCgt", f->caught);
}

static void print_comm(struct seq *out, const struct facts *facts,
		       const struct mm_usage *usage)
{
	(void)usage;
	seq_printf(out, "%s\n", facts->name);
}

static void with_facts(struct seq *out,
		       void (*print)(struct seq *out, const struct facts *facts,
				     const struct mm_usage *usage))
{
	struct mm_usage usage;
	struct facts facts;

	out->err = facts_get(&facts, out->id);
	if (out->err)
		return;
	usage_get(&usage, facts.mm);
	print(out, &facts, &usage);
	facts_put(&facts);
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

static void show_comm(struct seq *out)
{
	with_facts(out, print_comm);
}

static void show_maps(struct seq *out)
{
	struct facts facts;
	vaddr_t cursor = 0;
	size_t n = 0;

	out->err = facts_get(&facts, out->id);
	if (out->err || !facts.mm)
		return;
	do {
		char *to = seq_room(out, MM_MAPS_LINE);

		if (!to)
			break;
		n = mm_format_maps(facts.mm, to, out->capacity - out->size,
				   &cursor);
		out->size += n;
	} while (n > 0);
	facts_put(&facts);
}

static void show_version(struct seq *out)
{
	seq_printf(out, "%s version %s (gcc %s) %s\n",
		   uname_fields[UNAME_SYSTEM], uname_fields[UNAME_RELEASE],
		   __VERSION__, uname_fields[UNAME_VERSION]);
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

static int self_readlink(int id, int sub, char *buf, size_t size)
{
	struct task *task = current_task();

	(void)id;
	(void)sub;
	return task ? snprintf(buf, size, "%d", task->process->pid) : -ENOENT;
}

/* The path under which the loader knew the program, seen from the root. */
static int exe_readlink(int id, int sub, char *buf, size_t size)
{
	struct facts facts;
	int err = facts_get(&facts, id);

	(void)sub;
	if (err)
		return err;
	facts_put(&facts);
	if (!facts.exe[0])
		return -ENOENT;
	return snprintf(buf, size, "%s%s", facts.exe[0] == '/' ? "" : "/",
			facts.exe);
}

static struct proc_node files[] = {
	{ .path = "/proc/self", .mode = S_IFLNK | 0777,
	  .readlink = self_readlink },
	PROC_FILE("/proc/version", 0444, show_version),
	{ .path = "/proc/<pid>", .mode = S_IFDIR | 0555, .next = next_pid },
	{ .path = "/proc/<pid>/exe", .mode = S_IFLNK | 0777,
	  .readlink = exe_readlink },
	PROC_FILE("/proc/<pid>/maps", 0444, show_maps),
	PROC_FILE("/proc/<pid>/stat", 0444, show_stat),
	PROC_FILE("/proc/<pid>/statm", 0444, show_statm),
	PROC_FILE("/proc/<pid>/status", 0444, show_status),
	PROC_FILE("/proc/<pid>/comm", 0444, show_comm),
};

void proc_task_init(void)
{
	proc_register(files, ARRAY_SIZE(files));
}
