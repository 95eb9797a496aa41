// SPDX-License-Identifier: MIT
#pragma once

/**
 * proc_task_init() - /proc/version, /proc/self and /proc/<pid>; once, after
 * fs_init() and task_init().
 */
void proc_task_init(void);
