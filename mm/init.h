// SPDX-License-Identifier: MIT
#pragma once

/**
 * mm_bring_up() - from the loader's memory map to a working kmalloc() and
 * vmalloc(); see init.c for the order and why.
 *
 * Context: boot, interrupts off; boot_info is filled, the console works.
 */
void mm_bring_up(void);

/** mm_report() - the memory map and the zones, as boot shows them. */
void mm_report(void);
