// SPDX-License-Identifier: MIT
/*
 * exec - a process gets another program.
 */
#pragma once

#include <stdint.h>

#include "x86/mmu.h"

struct trap_frame;

/* Which program, and with what. */
struct exec_request {
	int	    dirfd;		/* where @path begins, or AT_FDCWD */
	const char *path;		/* kernel memory */
	uint32_t    flags;		/* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	vaddr_t	    argv, envp;
};

/**
 * exec_task() - let @frame begin another program.
 *
 * Return: 0; -Exxx with nothing changed; and when it was too late for that, 0
 *	   and a SIGSEGV is pending.
 */
long exec_task(struct trap_frame *frame, const struct exec_request *request);

/**
 * exec_init() - become process 1.
 * @path:    of the program
 * @cmdline: "program arg arg": its arguments
 *
 * Context: a fresh kernel thread.  Return: only with an error.
 */
int exec_init(const char *path, const char *cmdline);
