// SPDX-License-Identifier: MIT
/*
 * serial - the first UART of a PC, COM1: console and terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wait_queue;

#define SERIAL_COOKED	0x1u		/* lines, editing, ^U, ^C, ^D */
#define SERIAL_ECHO	0x2u		/* show what is typed */

/** serial_init() - set up the port and make it a printk console. */
void serial_init(void);

/** serial_init_input() - take its interrupt, when trap_init() is done. */
void serial_init_input(void);

/** serial_write() - all of it, each newline as CR LF.  Context: any. */
void serial_write(const char *buf, size_t size);

/**
 * serial_read() - what was typed: at most @size bytes, at most one line.
 *
 * Cooked (as at boot), it waits for the end of a line: Enter, which is read
 * as a newline; or ^D, which is not read, so that ^D alone reads as 0 bytes.
 * Raw, it waits for one byte.
 *
 * Context: may sleep.
 * Return:  the number of bytes, 0 at the end of the input; -EINTR.
 */
long serial_read(char *buf, size_t size);

/**
 * serial_is_readable() - would serial_read() return at once?
 * When that becomes true, all who wait in serial_readers are woken.
 */
bool serial_is_readable(void);
extern struct wait_queue serial_readers;

/** serial_nr_readable() - how many bytes wait for serial_read(). */
size_t serial_nr_readable(void);

/** serial_set_mode() - SERIAL_* bits; what was typed already stays. */
void serial_set_mode(unsigned int mode);
unsigned int serial_mode(void);

/** serial_set_interrupt() - whom ^C calls, inside the interrupt. */
void serial_set_interrupt(void (*hook)(void));

/** serial_receive() - take @byte as if it had come in.  Context: any. */
void serial_receive(uint8_t byte);
