// SPDX-License-Identifier: MIT
#pragma once

/**
 * fs_init() - files, the tree of names, /dev and /proc.
 *
 * After slab_init(), vmalloc_init() and sched_init().  What processes show in
 * /proc comes by proc_task_init(), when there is task_init().
 */
void fs_init(void);
