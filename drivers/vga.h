// SPDX-License-Identifier: MIT
/*
 * vga - the 80 x 25 text screen.
 */
#pragma once

#include <stddef.h>

/** vga_init() - clear the screen and make it a printk console. */
void vga_init(void);

/** vga_write() - show text; knows \n \r \b \t.  Context: any. */
void vga_write(const char *text, size_t size);
