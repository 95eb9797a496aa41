// SPDX-License-Identifier: MIT
/*
 * serial - the first UART of a PC, COM1: bytes out, bytes in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be wrong with a byte that comes in. */
#define SERIAL_BREAK	0x1u		/* the line was 0 for too long */
#define SERIAL_BAD	0x2u		/* parity or framing */

/* Lines beside the data, numbered as in Linux's TIOCMGET. */
#define SERIAL_DTR	0x0002u
#define SERIAL_RTS	0x0004u
#define SERIAL_CTS	0x0020u
#define SERIAL_CD	0x0040u
#define SERIAL_RI	0x0080u
#define SERIAL_DSR	0x0100u
#define SERIAL_OUT2	0x4000u

/* What bytes look like on the wire, as the chip's line control register. */
#define SERIAL_BITS(n)	((n) - 5u)	/* 5 to 8 */
#define SERIAL_2_STOPS	0x04u
#define SERIAL_PARITY	0x08u
#define SERIAL_EVEN	0x10u

#define SERIAL_BAUD_MAX	115200u
#define SERIAL_BAUD	9600u		/* at boot, with 8 bits, no parity */

/** serial_init() - set up the port and make it a printk console. */
void serial_init(void);

/**
 * serial_init_input() - take its interrupt, when trap_init() is done.
 * @receive: called in the interrupt with each byte, and 0 or SERIAL_*
 */
void serial_init_input(void (*receive)(uint8_t byte, unsigned int error));

/**
 * serial_send() - all of it, as it is.  Context: any.
 *
 * Bytes of several callers may mix, but not inside of 16.
 */
void serial_send(const char *buf, size_t size);

/**
 * serial_hold() - leave what comes in to the chip, which has room for 16 and
 * lets the other side wait; or go on.  Context: any.
 */
void serial_hold(bool hold);

/**
 * serial_set_line() - how to talk from now on.
 * @baud:   1 to SERIAL_BAUD_MAX
 * @format: SERIAL_BITS() | SERIAL_*
 */
void serial_set_line(uint32_t baud, uint8_t format);

/** serial_set_break() - hold the line at 0, or let go of it. */
void serial_set_break(bool on);

/** serial_modem() - which of the lines are on. */
unsigned int serial_modem(void);

/** serial_set_modem() - switch SERIAL_DTR and RTS; the rest is not ours. */
void serial_set_modem(unsigned int lines);
