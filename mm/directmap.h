// SPDX-License-Identifier: MIT
/*
 * directmap - all RAM below 896 MiB, readable and writable at 3 GiB + phys.
 */
#pragma once

#include <stddef.h>

#include "x86/mmu.h"

/**
 * directmap_init() - replace the map of entry.S by the real one.
 *
 * RAM alone is mapped, text and rodata read-only; the identity map of boot
 * is gone afterwards, and the tables above the direct map are in place.
 *
 * Context: once, at boot; wants memblock and max_low_pfn.
 */
void directmap_init(void);

/**
 * directmap_entry() - how @va, an address in [PAGE_OFFSET, DIRECTMAP_LIMIT),
 * is mapped: its entry, with PTE_PSE when that is one of 4 MiB.
 */
pte_t directmap_entry(vaddr_t va);

/** directmap_get_stats() - bytes mapped by pages of 4 KiB and of 4 MiB. */
void directmap_get_stats(size_t *by_4k, size_t *by_4m);

/** directmap_check() - assert that the direct map is as promised. */
void directmap_check(void);
