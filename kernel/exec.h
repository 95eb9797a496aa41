// SPDX-License-Identifier: MIT
/*
 * exec - a process gets another program.
 */
#pragma once

#include <stdint.h>

#include "x86/mmu.h"

struct trap_frame;
struct vm_file;

/* What can be executed. */
struct exec_file {
	struct vm_file *file;		/* with a reference */
	uint32_t mode;			/* its set-id bits count */
	uint32_t uid, gid;		/* its owner */
};

/**
 * exec_open() - the file at @path, if the current task may execute it.
 * Return: 0, and *@file has a reference; -ENOENT, -EACCES ...
 */
int exec_open(const char *path, struct exec_file *file);

/**
 * exec_task() - let @frame begin the program @path.
 * @argv, @envp: user addresses
 *
 * Return: 0; -Exxx with nothing changed; and when it was too late for that, 0
 *	   and a SIGSEGV is pending.
 */
long exec_task(struct trap_frame *frame, const char *path, vaddr_t argv,
	       vaddr_t envp);

/**
 * exec_init() - become process 1.
 * @cmdline: "program argument argument"; the program's path is seen from /
 *
 * Context: a fresh kernel thread, once.  Return: only with an error.
 */
int exec_init(const char *cmdline);
