// SPDX-License-Identifier: MIT
/*
 * sysctl - what can be tuned while the kernel runs: /proc/sys/vm.
 *
 * Single words, read where they matter without a lock: a change holds for
 * what is asked for afterwards.
 */
#pragma once

#include <stdint.h>

/* vm_overcommit_memory */
#define OVERCOMMIT_GUESS	0	/* refuse what can never be had */
#define OVERCOMMIT_ALWAYS	1	/* refuse nothing */
#define OVERCOMMIT_NEVER	2	/* promise no more than CommitLimit */

extern int32_t	vm_overcommit_memory;
extern int32_t	vm_overcommit_ratio;	/* percent of RAM; 0: kbytes counts */
extern uint32_t	vm_overcommit_kbytes;	/* instead of the ratio, if not 0 */
extern int32_t	vm_max_map_count;	/* areas in one address space */
extern uint32_t	vm_admin_reserve_kbytes; /* mode 2: kept for root, */
extern uint32_t	vm_user_reserve_kbytes;	/* ... and from one large process */

/**
 * vm_set_overcommit_ratio(), vm_set_overcommit_kbytes() - one of the two
 * counts: to set it is to clear the other.
 */
void vm_set_overcommit_ratio(int32_t percent);
void vm_set_overcommit_kbytes(uint32_t kib);

/** vm_commit_limit() - CommitLimit, in pages. */
uint32_t vm_commit_limit(void);

/** vm_committed() - Committed_AS, in pages. */
uint32_t vm_committed(void);
