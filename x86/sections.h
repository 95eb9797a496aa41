// SPDX-License-Identifier: MIT
/*
 * sections - where linker.ld put the parts of the image (virtual addresses).
 * Page aligned are _kernel_start, and _data_start, where writable pages begin:
 *
 *	_kernel_start = _text_start .. _text_end	read-only, code
 *	_rodata_start .. _rodata_end			read-only
 *	_data_start = boot_stack .. boot_stack_top	and it grows downwards
 *	boot_stack_top .. _kernel_end			data and bss
 */
#pragma once

extern char _kernel_start[], _kernel_end[];
extern char _text_start[], _text_end[];
extern char _rodata_start[], _rodata_end[];
extern char _data_start[];
extern char boot_stack[], boot_stack_top[];
