// SPDX-License-Identifier: MIT
#pragma once

/**
 * fs_init() - what files are made of, and the kinds of file systems.
 *
 * After slab_init(), vmalloc_init() and sched_init().  What processes show in
 * /proc comes by proc_task_init(), when there is task_init().
 */
void fs_init(void);

/** fs_mount_all() - the root, /dev, /proc and /tmp, when the date is known. */
void fs_mount_all(void);
