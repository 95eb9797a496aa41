// SPDX-License-Identifier: MIT
/*
 * layout - the 4 GiB of virtual addresses, as every address space has them.
 *
 *   0xFFFFFFFF +------------------------+
 *              | one page, never mapped |  so that pointer + 1 cannot wrap
 *   0xFFFFF000 +------------------------+ FIXADDR_TOP
 *              | fixmap, growing down   |  slots fixed at compile time
 *   0xFFC00000 +------------------------+ FIXADDR_START
 *              | pkmap                  |  1024 slots for kmap()
 *   0xFF800000 +------------------------+ PKMAP_BASE
 *              | two guard pages        |
 *   0xFF7FE000 +------------------------+ VMALLOC_END
 *              | vmalloc                |  111.99 MiB
 *   0xF8800000 +------------------------+ VMALLOC_START
 *              | hole of 8 MiB          |  an overrun of the direct map lands
 *   0xF8000000 +------------------------+  here, whatever the RAM
 *              | direct map             |  virt = phys + 3 GiB, <= 896 MiB
 *   0xC0000000 +------------------------+ PAGE_OFFSET = TASK_SIZE
 *              | user stack, downward   |
 *   0xBFFFF000 +  - - - - - - - - - - - + STACK_TOP
 *              | mmap area, top-down    |
 *              | brk heap, upward       |
 *   0x08048000 |  the program           |
 *   0x00010000 +------------------------+ MMAP_MIN_ADDR
 *              | never mapped           |  a null pointer faults
 *   0x00000000 +------------------------+
 *
 * The page tables of everything from KERNEL_TABLES_START up exist from boot
 * and are one array (kernel_map.h), shared by all address spaces.
 *
 * These are numbers and no policy: every floor, x86/ too, may include them.
 */
#pragma once

#include "lib/util.h"
#include "x86/mmu.h"

#define MIB			(1024u * 1024u)

#define PAGE_OFFSET		0xC0000000u
#define TASK_SIZE		PAGE_OFFSET
#define DIRECTMAP_MAX		(896 * MIB)
#define DIRECTMAP_LIMIT		(PAGE_OFFSET + DIRECTMAP_MAX)

#define KERNEL_TABLES_START	DIRECTMAP_LIMIT
#define KERNEL_TABLES		((0u - KERNEL_TABLES_START) / PGD_SIZE)

#define VMALLOC_START		(DIRECTMAP_LIMIT + 8 * MIB)
#define VMALLOC_END		(PKMAP_BASE - 2 * PAGE_SIZE)

#define PKMAP_SLOTS		1024u
#define PKMAP_BASE		0xFF800000u
#define PKMAP_END		(PKMAP_BASE + PKMAP_SLOTS * PAGE_SIZE)

#define FIXADDR_TOP		0xFFFFF000u
#define FIXADDR_START		0xFFC00000u

#define STACK_TOP		0xBFFFF000u
#define STACK_LIMIT		(8 * MIB)	/* how far a stack may grow */
#define STACK_GUARD_GAP		(256 * PAGE_SIZE)
#define MMAP_BASE		(TASK_SIZE - 128 * MIB)	/* top-down from here, */
#define MMAP_BASE_MIN		(TASK_SIZE / 6)	/* or lower, for a large stack */
#define MMAP_MIN_ADDR		0x10000u

#define DMA_LIMIT		(16 * MIB)	/* physical: end of zone DMA */

static_assert(KERNEL_TABLES == 32, "32 tables, 128 KiB");
static_assert(PKMAP_BASE % PGD_SIZE == 0, "pkmap is one page table");
static_assert(PKMAP_END == FIXADDR_START, "pkmap ends where fixmap starts");
static_assert(VMALLOC_START < VMALLOC_END, "vmalloc has room");
