// SPDX-License-Identifier: MIT
/*
 * task - threads of programs, and the processes that they make up.
 *
 *	struct process ----> sighand	pid, parent and children, limits, signals
 *	   |         \
 *	struct task, struct task ...	one for each thread: tid, mask, TLS
 *	   |
 *	mm, files, cred			counted, as sighand is: shared as clone()
 *					was told
 *
 * The task with tid == pid is the leader.  It may end before the others; its
 * struct stays for as long as the process does.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/itimer.h"
#include "kernel/signal.h"
#include "lib/list.h"
#include "sched/thread.h"
#include "sched/wait.h"
#include "x86/gdt.h"
#include "x86/mmu.h"
#include "x86/percpu.h"

struct cred;
struct files;
struct fs_context;
struct mm;
struct trap_frame;

#define TASK_NAME	16
#define PID_MAX		32768

/* clone()'s flags; the low byte is the signal that tells of the end. */
#define CLONE_SIGNAL		0x000000ffu
#define CLONE_VM		0x00000100u
#define CLONE_FS		0x00000200u
#define CLONE_FILES		0x00000400u
#define CLONE_SIGHAND		0x00000800u
#define CLONE_PIDFD		0x00001000u
#define CLONE_PTRACE		0x00002000u
#define CLONE_VFORK		0x00004000u
#define CLONE_PARENT		0x00008000u
#define CLONE_THREAD		0x00010000u
#define CLONE_NEWNS		0x00020000u
#define CLONE_SYSVSEM		0x00040000u
#define CLONE_SETTLS		0x00080000u
#define CLONE_PARENT_SETTID	0x00100000u
#define CLONE_CHILD_CLEARTID	0x00200000u
#define CLONE_DETACHED		0x00400000u
#define CLONE_UNTRACED		0x00800000u
#define CLONE_CHILD_SETTID	0x01000000u
#define CLONE_NEW		0x7e020080u	/* namespaces: there are none */

#define SCHED_RESET_ON_FORK	0x40000000	/* of a policy */

#define RLIM_INFINITY		0xffffffffu
#define RLIMIT_CPU		0	/* seconds */
#define RLIMIT_FSIZE		1	/* bytes, as the next ones */
#define RLIMIT_DATA		2
#define RLIMIT_STACK		3
#define RLIMIT_CORE		4
#define RLIMIT_RSS		5
#define RLIMIT_NPROC		6
#define RLIMIT_NOFILE		7
#define RLIMIT_MEMLOCK		8
#define RLIMIT_AS		9
#define RLIMIT_LOCKS		10
#define RLIMIT_SIGPENDING	11
#define RLIMIT_MSGQUEUE		12
#define RLIMIT_NICE		13
#define RLIMIT_RTPRIO		14
#define RLIMIT_RTTIME		15
#define RLIM_NLIMITS		16

struct rlimit {
	uint32_t soft, hard;
};

enum process_state {
	PROCESS_ALIVE,
	PROCESS_STOPPED,		/* all threads, until SIGCONT */
	PROCESS_ZOMBIE,			/* ended; its parent has not asked */
};

/* What a process used: its own, or of the children it has waited for. */
struct usage {
	uint64_t ticks;			/* of the TSC, that it ran */
	uint64_t user_ticks;		/* of them, in user mode */
	uint32_t nr_waits, nr_preempted; /* why it stopped running */
	uint32_t min_flt;
	uint32_t max_rss;		/* pages */
};

/*
 * Guarded by:	(t) tasks_lock	(c) constant  (o) its own threads change it
 *
 * A copy of the parent's from inherited_from on.
 */
#define ADDR_COMPAT_LAYOUT	0x0200000u	/* mmap() goes up */
#define READ_IMPLIES_EXEC	0x0400000u	/* mm->read_exec */
#define PER_CLEAR_ON_SETID	0x0740000u	/* what weakens a program */

struct process {
	int		 pid;		/* (c) */
	enum process_state state;	/* (t) */
	int		 exit_status;	/* (t) as wait4() gives it */
	int		 exit_signal;	/* (t) that the parent gets; 0: none */
	int		 stop_signal;	/* (t) all threads are to stop; or 0 */
	bool		 stop_reported;	/* (t) wait4() told of this stop */
	bool		 continued;	/* (t) SIGCONT came, not told yet */
	bool		 is_exiting;	/* (t) all threads, by exit_status */
	bool		 did_exec;	/* (t) since its fork */
	bool		 is_reaper;	/* (t) orphans below come to it */
	bool		 is_immortal;	/* (t) process 1: only a fault ends it */
	uint8_t		 death_signal;	/* (t) if its parent ends; 0: none */
	struct task	*leader;	/* (t) */
	struct task	*execer;	/* (t) the others are to end for it */
	struct list	 threads;	/* (t) the live ones, by group */
	unsigned int	 nr_threads;	/* (t) in it */
	unsigned int	 nr_live;	/* (t) not in task_exit() yet */
	struct process	*parent;	/* (t) */
	int		 parent_tid;	/* (t) the thread of it that counts */
	struct list	 children;	/* (t) by sibling, oldest first */
	struct list	 sibling;	/* (t) */
	struct list	 link;		/* (t) in the list of all */
	struct wait_queue child_event;	/* own lock; and end of threads, vfork */
	struct sighand	*sighand;	/* (t) */
	struct pending	 pending;	/* (t) for whichever thread may */
	unsigned int	 nr_queued;	/* (t) siginfos, of its threads too */
	struct usage	 usage;		/* (t) of threads that have ended */
	struct usage	 children_usage; /* (t) */
	uint64_t	 start_ns;	/* (c) since boot */
	struct itimers	 itimers;	/* (t) */
	struct list	 timers;	/* (t) of timer_create() */
	int		 next_timer;	/* (t) the number of the next one */

	bool		 no_huge_pages;	/* (o) for prctl(); there are none */
	int		 pgid, sid;	/* (t) group, session; 0: process 1's */
	bool		 is_dumpable;	/* (t) others may look into it */
	int		 oom_score_adj;	/* (t) -1000 to 1000: die later, sooner */
	int		 oom_score_adj_min; /* (t) below that: root only */
	uint32_t	 personality;	/* (o) of ADDR_COMPAT_LAYOUT alone is
					       something made */
	bool		 has_tty;	/* (t) a controlling terminal; job.c */
	uint32_t	 arg_start, arg_end, env_start, env_end; /* (o) */
	struct rlimit	 limits[RLIM_NLIMITS]; /* (t) */
};
#define inherited_from	no_huge_pages

/*
 * Guarded by:	(t) tasks_lock	(o) only the task itself changes it
 *		(c) constant once it runs  (i) interrupts off: the switch
 *
 * A copy of the caller's from name on, but for signals, where signal.h tells.
 */
struct task {
	int		 tid;		/* (t) */
	bool		 is_stopped;	/* (t) obeys process->stop_signal */
	bool		 is_ending;	/* (t) in task_exit() */
	bool		 no_new_privs;	/* (o) set-id bits are ignored */
	bool		 keeps_caps;	/* (o) for prctl() */
	uint8_t		 mce_kill;	/* (o) for prctl(); 0: the usual */
	int8_t		 nice;		/* (t) -20 ... 19 */
	uint8_t		 rt_priority;	/* (t) */
	int		 policy;	/* (t) SCHED_* */
	uint32_t	 timer_slack;	/* (o) ns; 0: the usual */
	struct process	*process;	/* (c) */
	struct thread	*thread;	/* (t) NULL once it has ended */
	struct mm	*mm;		/* (t) set by (o); NULL once it ended */
	struct files	*files;		/* (t) set by (o) */
	struct fs_context *fs;		/* (t) set by (o) */
	struct cred	*cred;		/* (t) set by (o) */
	struct list	 group;		/* (t) in process->threads */
	struct list	 link;		/* (t) in the list of all tasks */
	uint64_t	 cpu_ticks;	/* (i) of the TSC, that it ran */
	uint64_t	 split_ticks;	/* (i) of them, told apart by mode */
	uint64_t	 user_ticks;	/* (i) of these, in user mode */
	bool		 was_user;	/* (i) where the last tick met it */
	uint32_t	 nr_turns, nr_preempted; /* (i) of these, ended so */
	uint64_t	 start_ns;	/* (c) since boot */
	uint32_t	 set_child_tid, clear_child_tid; /* (o) */
	uint32_t	 robust_list;	/* (o) */
	struct task	*vfork_parent;	/* (t) waits until we exec or end */
	struct task	*vfork_child;	/* (t) whom we wait for */
	struct {
		/* NULL: there is none. */
		long	 (*again)(uint32_t at, uint32_t nr, uint64_t end);
		uint32_t at, nr;	/* of the call that was cut short */
		uint64_t end;		/* ns */
		uint32_t more[2];	/* for (*again)() */
	} restart;			/* (o) of restart_syscall() */
	char		 name[TASK_NAME];	/* (o) of the program */
	gdt_desc_t	 tls[GDT_TLS_ENTRIES];	/* (o) */
	struct signals	 signals;	/* (t) */
};

extern struct spinlock tasks_lock;
extern struct list tasks;		/* (t) all live ones, oldest first */
extern struct list processes;		/* (t) zombies too, oldest first */

/** current_task() - the thread that runs; NULL in a kernel thread. */
static inline struct task *current_task(void)
{
	return this_cpu()->current->task;
}

static inline struct process *current_process(void)
{
	return current_task()->process;
}

/** process_limit() - what @process may have of a RLIMIT_*. */
static inline uint32_t process_limit(const struct process *process, int what)
{
	return READ_ONCE(process->limits[what].soft);
}

/** task_set_mm_limits() - tell @mm what @task may do in it. */
void task_set_mm_limits(const struct task *task, struct mm *mm);

/** task_init() - the caches and the switch hook; once. */
void task_init(void);

/**
 * task_create() - a task with all that copies its parent, but no thread, no
 * memory, files or identity yet; nobody can see it.
 * @parent: NULL for process 1
 * @flags:  of clone(): CLONE_THREAD, in the process of @parent, or a leader of
 *	    a new one; CLONE_SIGHAND
 *
 * Return: NULL when memory is short.
 */
struct task *task_create(struct task *parent, const char *name, uint32_t flags);

/**
 * task_publish() - give it a number, and show it to the world.
 * Return: 0; -EAGAIN: no number is left; -ERESTARTNOINTR: its creator has a
 *	   signal, which the new one could miss.
 */
int task_publish(struct task *task, uint32_t flags);

/**
 * task_free() - undo task_create() and task_publish(), or forget one that has
 * ended.  With its leader goes a process.
 */
void task_free(struct task *task);

/* task_set_name() - of the program; what the log says of the thread, too. */
void task_set_name(struct task *task, const char *name);

/** task_cpu_ticks() - for how many TSC ticks @task ran so far. */
uint64_t task_cpu_ticks(struct task *task);

/** task_usage() - what @task used, but for memory, which is its process's. */
struct usage task_usage(struct task *task);

/** usage_add() - @to is of both from now on. */
void usage_add(struct usage *to, const struct usage *usage);

/* What the CPU did since boot, in ticks of the TSC; together that is all. */
struct cpu_usage {
	uint64_t user, system, idle;
	uint32_t nr_switches;		/* from thread to thread */
	uint32_t nr_forks;		/* threads ever made */
};

/** cpu_usage() - until now. */
struct cpu_usage cpu_usage(void);

/** task_tick() - each tick of the timer tells which mode it met. */
void task_tick(bool user);

/** process_usage() - of all its threads; tasks_lock held. */
struct usage process_usage(const struct process *process);

/** task_last_number() - the number given last; tasks_lock held. */
int task_last_number(void);

/**
 * task_find(), process_find() - by tid or pid; process_find_any() takes the
 * tid of any of its threads for it, too.  tasks_lock held.
 */
struct task *task_find(int tid);
struct process *process_find(int pid);
struct process *process_find_any(int id);

/** process_any_thread() - a live one, or NULL; tasks_lock held. */
struct task *process_any_thread(const struct process *process);

/** sighand_unshare() - exec: actions of one's own.  Return: 0 or -ENOMEM. */
int sighand_unshare(struct process *process);

/** task_set_cred() - be @cred from now on; takes over the reference. */
void task_set_cred(struct cred *cred);

/** task_exit() - end the current thread; by a wait4() status, if it counts. */
noreturn void task_exit(int status);

/** process_exit() - end all threads of the current process. */
noreturn void process_exit(int status);

/**
 * process_kill_locked() - all threads but @but are to end; tasks_lock held.
 * @status: of the process; @but may be NULL
 */
void process_kill_locked(struct process *process, int status,
			 const struct task *but);

/** process_end_threads() - the same for exec: the process lives on. */
void process_end_threads(struct process *process, const struct task *but);

/**
 * task_release_user() - the current task leaves its memory to others: tell
 * them, as set_tid_address() and set_robust_list() want it.  May sleep.
 */
void task_release_user(struct task *task);

/** task_end_vfork() - its parent may go on: it ends, or has other memory. */
void task_end_vfork(struct task *task);

/**
 * task_set_session_end() - @hook is told of the end of each session's leader.
 * Context of @hook: the leader's last thread, may sleep.
 */
void task_set_session_end(void (*hook)(struct process *leader));

/**
 * group_is_orphan() - has no member of group @pgid a parent in another group
 * of the same session?  @but: a process that does not count, or NULL.
 * tasks_lock held.
 */
bool group_is_orphan(int pgid, const struct process *but);

struct fork_options {
	uint32_t flags;			/* CLONE_* */
	bool	 clear_actions;		/* no signal handlers in the child */
	int	 exit_signal;		/* that the parent gets; 0: none */
	uint32_t stack;			/* the child's, or 0: a copy's */
	uint32_t tls;			/* CLONE_SETTLS: a struct user_desc */
	uint32_t parent_tid, child_tid;	/* user addresses of words */
};

/**
 * fork_task() - a copy of the current task, which returns 0 to user mode.
 * Return: the child's tid; -EINVAL, -EAGAIN, -ENOMEM, -EFAULT or
 *	   -ERESTARTNOINTR with nothing changed.
 */
long fork_task(struct trap_frame *frame, const struct fork_options *options);

/** task_set_tls() - as set_thread_area(); Return: 0, or its errors. */
int task_set_tls(struct task *task, vaddr_t desc, bool may_choose);

#define WNOHANG		0x00000001
#define WUNTRACED	0x00000002	/* waitid() calls it WSTOPPED */
#define WEXITED		0x00000004
#define WCONTINUED	0x00000008
#define WNOWAIT		0x01000000
#define __WNOTHREAD	0x20000000
#define __WALL		0x40000000
#define __WCLONE	0x80000000

enum wait_which { WAIT_ANY, WAIT_PID, WAIT_GROUP };

struct wait_report {
	int pid;			/* 0: no news */
	uint32_t uid;
	int status;			/* as wait4() gives it */
	struct usage usage;		/* of the child and its children */
};

/**
 * wait_task() - wait until a child has news.
 * @id:	     a pid, or a group
 * @options: W*, checked by the caller; with WEXITED, wait4() always means it
 *
 * Return: 0, and with WNOHANG maybe no news; -ECHILD; -ERESTARTSYS.
 */
long wait_task(enum wait_which which, int id, uint32_t options,
	       struct wait_report *report);
