// SPDX-License-Identifier: MIT
/*
 * ipc - System V shared memory: segments of memory that have a number and
 * perhaps a key, and stay when all who attached them are gone.
 */
#pragma once

#include <stdint.h>

struct seq;

/* Tunables: /proc/sys/kernel/shmmax (bytes), shmall (pages), shmmni. */
extern uint32_t ipc_shmmax, ipc_shmall;
extern int32_t ipc_shmmni;

/** ipc_show_shm() - the text of /proc/sysvipc/shm; may sleep. */
void ipc_show_shm(struct seq *out);
