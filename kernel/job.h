// SPDX-License-Identifier: MIT
/*
 * job - sessions and process groups: job control, as the terminal sees it.
 */
#pragma once

#include <stdbool.h>

struct task;

/** job_init() - tell the terminal whom to ask about processes. */
void job_init(void);

/**
 * job_is_orphaned() - has group @pgid nobody who could let it go on?
 *
 * That would be a parent of a member outside of the group but in its session.
 * A stop by the keyboard is ignored then.  @leaving: does not count as a
 * member, or NULL.  tasks_lock held.
 */
bool job_is_orphaned(int pgid, const struct task *leaving);

/**
 * job_leave() - the current process is about to end.
 *
 * If it leads a session, that loses its terminal.  May sleep.
 */
void job_leave(void);

/**
 * job_orphan() - @task ends, and has become a zombie: a stopped job that
 * nobody is left to let go on gets SIGHUP and SIGCONT.  tasks_lock held; the
 * children have not got their new parent yet.
 */
void job_orphan(struct task *task);
