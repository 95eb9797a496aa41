// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

/**
 * multiboot_read() - tell boot_info and memblock what the loader left.
 * @magic:     EAX at entry
 * @info_phys: EBX at entry, the physical address of the information
 *
 * All but the modules and their command lines is copied, and the loader's memory
 * may be reused afterwards; the command lines are reserved.  Panics when @magic is not multiboot's, when there is
 * no memory map, and when the loader's data lie above the direct map.
 *
 * Context: before memblock_init(); needs the direct map of entry.S.
 */
void multiboot_read(uint32_t magic, uint32_t info_phys);

/**
 * multiboot_keep_text() - copy the modules' command lines to where they stay.
 *
 * Context: behind memblock_init(), and while entry.S's direct map is there: the
 *          loader may have left them where there is no RAM.
 */
void multiboot_keep_text(void);
