// SPDX-License-Identifier: MIT
/*
 * check - asks every module whether what it says of itself is true.
 */
#include "mm/check.h"

#include "mm/buddy.h"
#include "mm/directmap.h"
#include "mm/fixmap.h"
#include "mm/highmem.h"
#include "mm/mm.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "sched/sched.h"
#include "sched/timer.h"

void mm_check(void)
{
	buddy_check();
	slab_check();
	directmap_check();
	fixmap_check();
	highmem_check();
	vmalloc_check();
	mm_check_all();
	sched_check();
	timer_check();
}

void mm_settle(void)
{
	thread_reap();
	pgtable_reap();
	kmap_flush_unused();
	vmalloc_purge();
	slab_reap();
	buddy_drain();
}
