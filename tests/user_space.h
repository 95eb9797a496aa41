// SPDX-License-Identifier: MIT
/*
 * user_space - lets a test run in an address space of its own, as a process
 * would: preempted and back, user addresses mean the same.
 */
#pragma once

#include "kernel/task.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "tests/ktap.h"
#include "x86/uaccess.h"

#define RW		(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED_ANON	(MAP_SHARED | MAP_ANONYMOUS)
#define FIXED		(ANON | MAP_FIXED)
#define AT		0x20000000u	/* an address for MAP_FIXED */

/** user_run_in() - from now on the test thread is in @mm; NULL: in none. */
void user_run_in(struct mm *mm);

/** user_enter() - run in a new, empty address space; NULL: no memory. */
struct mm *user_enter(void);

/** user_leave() - check @mm, leave it and put it. */
void user_leave(struct mm *mm);

/* One word at a user address. */
static inline bool user_write(vaddr_t addr, uint32_t value)
{
	return !put_user_u32(addr, value);
}

static inline bool user_can_read(vaddr_t addr)
{
	uint32_t value;

	return !get_user_u32(&value, addr);
}

/* The word at @addr; a strange one if it cannot be read. */
static inline uint32_t user_read(vaddr_t addr)
{
	uint32_t value;

	return get_user_u32(&value, addr) ? 0xdeadfa11 : value;
}

/** user_areas() - all areas, as "start-end flags|..." with hex page numbers. */
const char *user_areas(struct mm *mm);
