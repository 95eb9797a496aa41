// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

/**
 * multiboot_read() - tell boot_info and memblock what the loader left.
 * @magic:     EAX at entry
 * @info_phys: EBX at entry, the physical address of the information
 *
 * Everything but the modules' contents is copied, so the loader's memory may
 * be reused afterwards.  Panics when @magic is not multiboot's, when there is
 * no memory map, and when the loader's data lie above the direct map.
 *
 * Context: before memblock_init(); needs the direct map of entry.S.
 */
void multiboot_read(uint32_t magic, uint32_t info_phys);
