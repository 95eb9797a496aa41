// SPDX-License-Identifier: MIT
/*
 * sys_file - what the sources of the calls about open files share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct file;

/** sys_file_init() - tell fs/ whom it writes for; once, at boot. */
void sys_file_init(void);

/** file_lock_command() - F_SETLK and its kin; -EINVAL: it is none of them. */
long file_lock_command(struct file *file, uint32_t command, uint32_t arg);

/** file_lock_is_wide() - is it one that fcntl() of old did not have? */
bool file_lock_is_wide(uint32_t command);
