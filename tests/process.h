// SPDX-License-Identifier: MIT
/*
 * process - lets a test thread be process 1 for a while: it then has files
 * and a little user memory, and may call the sys_*() functions.
 *
 *	PROCESS_PAGES pages that can be read and written, then a hole
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/syscall.h"
#include "x86/mmu.h"

#define PROCESS_BASE	0x20000000u
#define PROCESS_PAGES	4u
#define PROCESS_END	(PROCESS_BASE + PROCESS_PAGES * PAGE_SIZE)

/* Both may sleep; memory must not be short. */
void process_begin(void);
void process_end(void);

/** user_text() - the address of a copy of @text; eight are kept at a time. */
vaddr_t user_text(const char *text);

/** user_read() - copy from user memory, which must be there. */
void user_read(void *to, vaddr_t from, size_t size);

/* call(sys_name, up to five arguments) - what the system call returns. */
#define call(fn, ...)							\
	call_frame(fn, &(struct trap_frame){				\
		CALL_ARGS(__VA_ARGS__, 0, 0, 0, 0, 0) })
#define CALL_ARGS(a, b, c, d, e, ...)					\
	.ebx = (uint32_t)(a), .ecx = (uint32_t)(b), .edx = (uint32_t)(c), \
	.esi = (uint32_t)(d), .edi = (uint32_t)(e)

long call_frame(long (*fn)(struct trap_frame *frame), struct trap_frame *frame);

/** read_text() - all of the file @path, or as much as fits with a NUL. */
long read_text(const char *path, char *buf, size_t size);
