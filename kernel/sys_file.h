// SPDX-License-Identifier: MIT
/*
 * sys_file - what the sources of the calls about open files share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/task.h"

struct file;

#define RW_MAX	(0x7fffffffu & PAGE_MASK)	/* bytes of one call */

static inline struct files *current_files(void)
{
	return current_task()->files;
}

/** frame_pos() - a 64-bit argument, which takes two registers. */
static inline int64_t frame_pos(uint32_t low, uint32_t high)
{
	return (int64_t)((uint64_t)high << 32 | low);
}

/** sys_file_init() - tell fs/ whom it writes for; once, at boot. */
void sys_file_init(void);

/** caller_is_dying() - then what takes long may stop short. */
bool caller_is_dying(void);

/** file_transfer() - read() or write() once everything has been checked. */
long file_transfer(struct file *file, vaddr_t buf, size_t size, bool is_write);

/** file_lock_command() - F_SETLK and its kin; -EINVAL: it is none of them. */
long file_lock_command(struct file *file, uint32_t command, uint32_t arg);

/** file_lock_is_wide() - is it one that fcntl() of old did not have? */
bool file_lock_is_wide(uint32_t command);
