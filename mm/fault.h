// SPDX-License-Identifier: MIT
/*
 * fault - what a page fault means, and what is done about it.
 */
#pragma once

#include <stdbool.h>

#include "mm/layout.h"

struct mm;
struct trap_frame;

/* Since boot, all processes together; an estimate, as no lock guards it. */
extern uint32_t nr_faults_served;

/** fault_init() - take over TRAP_PAGE_FAULT. */
void fault_init(void);

/**
 * fault_set_signal() - name the one who tells a program of a bad access.
 *
 * @signal gets the frame of the access, Linux's signal number and si_code,
 * and the address.  It runs in the faulting thread, may sleep, and returns:
 * the signal is acted upon on the way back to user mode.
 */
void fault_set_signal(void (*signal)(struct trap_frame *frame, int signo,
				     int si_code, vaddr_t addr));

/**
 * fault_in() - do at @addr what a fault of user mode there would do.
 *
 * For whoever needs a page of an address space that need not be loaded.
 *
 * Context: may sleep.  Takes @mm->lock; fault_in_locked() wants it held.
 * Return:  0; -EFAULT for a bad access; -EIO for what would be a SIGBUS;
 *	    -ENOMEM.
 */
int fault_in(struct mm *mm, vaddr_t addr, bool write);
int fault_in_locked(struct mm *mm, vaddr_t addr, bool write);

/**
 * fault_force_locked() - the same for who is above the area's own rights, as a
 * debugger is: what it forbids can be read, and written if it is private, which
 * makes a copy.  Not so a shared area.  Its program has the right itself until
 * this returns, and not a moment longer.
 *
 * Context, return: as fault_in_locked().
 */
int fault_force_locked(struct mm *mm, vaddr_t addr, bool write);
