// SPDX-License-Identifier: MIT
/*
 * vga - the 80 x 25 text screen.
 */
#pragma once

#include <stddef.h>

/** vga_init() - clear the screen and make it a printk console. */
void vga_init(void);

/** vga_write() - show text; \n begins a line.  Context: any. */
void vga_write(const char *text, size_t size);

/**
 * vga_send() - the same for a terminal's output: \n only goes down, and the
 * common escape sequences are obeyed.  Context: any.
 */
void vga_send(const char *text, size_t size);
