// SPDX-License-Identifier: MIT
/*
 * boot_info - what the loader told us, in our own words.  Filled once by
 * boot/multiboot.c and read-only afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86/mmu.h"

#define BOOT_RANGE_RAM	1u		/* a type, as Multiboot has it */
#define BOOT_RANGES	64		/* at most half of them firmware's */
#define BOOT_MODULES	16
#define BOOT_MODULE_TEXT 4096		/* all modules' command lines */

struct boot_range {
	uint64_t start, end;		/* bytes, [start, end); as given */
	uint32_t type;			/* BOOT_RANGE_RAM; else firmware's */
};

struct boot_module {
	phys_addr_t start, end;
	const char *cmdline;		/* "program arg arg" */
};

struct boot_info {
	char cmdline[512];		/* may start with the kernel's name */
	unsigned int nr_ranges, nr_modules;
	struct boot_range ranges[BOOT_RANGES];	/* multiboot.c: not all of it */
	struct boot_module modules[BOOT_MODULES];
};

extern struct boot_info boot_info;

extern const uint64_t boot_tsc;		/* the TSC at the first instruction */
