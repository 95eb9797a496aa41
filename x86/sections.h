// SPDX-License-Identifier: MIT
/*
 * sections - where linker.ld put the parts of the image (virtual addresses).
 * All but _kernel_end's neighbours are page aligned:
 *
 *	_kernel_start = _text_start .. _text_end	read-only, code
 *	_rodata_start .. _rodata_end			read-only
 *	_data_start .. _kernel_end			data and bss
 */
#pragma once

extern char _kernel_start[], _kernel_end[];
extern char _text_start[], _text_end[];
extern char _rodata_start[], _rodata_end[];
extern char _data_start[];
extern char boot_stack_guard[];		/* one page, to be unmapped */
