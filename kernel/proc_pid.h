// SPDX-License-Identifier: MIT
/*
 * proc_pid - what the files of /proc/<pid> share: a copy of the facts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/proc.h"
#include "kernel/task.h"

struct cred;
struct mm;
struct path;

/* Of a process, or with PROC_THREAD in the id of one thread. */
struct facts {
	int	 id;			/* as it was asked for */
	int	 tid, pid, parent, pgid, sid;
	char	 state;
	int	 tty, tty_group;	/* device; in its foreground; or 0, -1 */
	int	 exit_status, exit_signal;
	unsigned int nr_threads, nr_queued, nr_files;
	bool	 no_new_privs;
	int	 nice;
	unsigned int rt_priority, policy, personality;
	bool	 may_read;		/* all of it, the one who asks */
	char	 name[TASK_NAME];
	struct usage usage, children;
	uint64_t start_ns;
	uint32_t arg_start, arg_end, env_start, env_end;
	uint64_t pending, shared_pending, blocked, ignored, caught;
	struct rlimit limits[RLIM_NLIMITS];
	uint32_t umask;
	int	 oom_score_adj;
	struct cred *cred;		/* with a reference */
	struct mm *mm;			/* the same; NULL: it ended */
};

/**
 * facts_get() - copy them, in one go; facts_put() undoes it.
 * Return: 0; -ESRCH when there is no such process or thread.
 */
int facts_get(struct facts *facts, int id);
void facts_put(struct facts *facts);

/** proc_task() - whom an id means: tasks_lock held; NULL: nobody. */
struct task *proc_task(int id);

/**
 * proc_may_read() - for proc_node.may: may the current task look into that
 * one, as ptrace(2) would let it?
 * Return: 0; -EACCES; -ESRCH.
 */
int proc_may_read(int id);

/** proc_may_read_locked() - the same for who holds tasks_lock. */
bool proc_may_read_locked(const struct task *task);

/* Root can do all that there is to be done, as Linux 6.1 counts it. */
#define PROC_CAPABILITIES	((1ull << 41) - 1)

/** proc_owner() - for proc_node.owner: of all in /proc/<pid>. */
void proc_owner(int id, uint32_t *uid, uint32_t *gid);

/**
 * proc_mm_get() - the memory of whom an id means, with a reference.
 * @mm: NULL when it has ended
 *
 * Return: 0; -ESRCH.
 */
int proc_mm_get(int id, struct mm **mm);

/** proc_pid_init(), proc_mem_init(), proc_fd_init(), proc_sys_init() - once. */
void proc_pid_init(void);
void proc_mem_init(void);
void proc_fd_init(void);
void proc_sys_init(void);
