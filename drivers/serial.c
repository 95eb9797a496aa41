// SPDX-License-Identifier: MIT
/*
 * serial - a 16550 UART.
 *
 * Output is polled: when the transmitter says that it is empty, its FIFO takes
 * 16 bytes at once.  Input comes by interrupt, byte by byte, to whom
 * serial_init_input() was told of.
 *
 * Locking: output_lock, interrupts off, for the chip.  It is innermost: the
 * printk lock and the terminal's may be held outside it.
 */
#include "drivers/serial.h"

#include "lib/printk.h"
#include "lib/string.h"
#include "x86/io.h"
#include "x86/spinlock.h"
#include "x86/trap.h"

#define COM1		0x3f8
#define COM1_IRQ	4

/* Registers of a 16550, from COM1 on. */
#define UART_DATA	0
#define UART_IER	1
#define UART_DIVISOR	0		/* while LCR_DLAB: 115200 / baud */
#define UART_DIVISOR_H	1
#define UART_FCR	2
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define UART_MSR	6

#define IER_RECEIVED	0x01
#define FCR_ENABLE	0x07		/* and empty both FIFOs */
#define LCR_BREAK	0x40
#define LCR_DLAB	0x80
#define MCR_ON		0x0b		/* DTR, RTS, OUT2: interrupts pass */
#define MCR_SETTABLE	0x03
#define LSR_RECEIVED	0x01
#define LSR_BAD		0x0c		/* parity, framing */
#define LSR_BREAK	0x10
#define LSR_EMPTY	0x20
#define FIFO_SIZE	16u

static struct spinlock output_lock = SPINLOCK_INIT;
static bool is_held;			/* one word; set in any context */
static void (*receive_hook)(uint8_t byte, unsigned int error);

/* ---------------------------------------------------------------- output */

/* Wait for the transmitter, and fill its FIFO; Return: the bytes used. */
static size_t send_burst(const char *text, size_t size)
{
	size_t n = min(size, (size_t)FIFO_SIZE);
	uint32_t flags = spin_lock_irqsave(&output_lock);

	while (!(inb(COM1 + UART_LSR) & LSR_EMPTY)) {
		/* That lasts: let interrupts in. */
		spin_unlock_irqrestore(&output_lock, flags);
		cpu_relax();
		flags = spin_lock_irqsave(&output_lock);
	}
	outsb(COM1 + UART_DATA, text, n);
	spin_unlock_irqrestore(&output_lock, flags);
	return n;
}

void serial_send(const char *buf, size_t size)
{
	while (size) {
		size_t n = send_burst(buf, size);

		buf += n;
		size -= n;
	}
}

/* The log has newlines alone; a terminal wants to go back to column 0 too. */
static void console_write(struct console *console, const char *text,
			  size_t size)
{
	const char *end = text + size, *at;

	(void)console;
	for (at = text; at < end; at++) {
		if (*at != '\n')
			continue;
		serial_send(text, at - text);
		serial_send("\r\n", 2);
		text = at + 1;
	}
	serial_send(text, end - text);
}

static struct console serial_console = {
	.write = console_write,
	.level = LOG_DEBUG,
};

/* ----------------------------------------------------------- the registers */

/* Set the bits @mask of register @reg to @value. */
static void change(unsigned int reg, uint8_t mask, uint8_t value)
{
	uint32_t flags = spin_lock_irqsave(&output_lock);

	outb(COM1 + reg, (inb(COM1 + reg) & ~mask) | value);
	spin_unlock_irqrestore(&output_lock, flags);
}

void serial_set_line(uint32_t baud, uint8_t format)
{
	uint32_t flags = spin_lock_irqsave(&output_lock);
	uint32_t divisor = min(SERIAL_BAUD_MAX / baud, 0xffffu);

	outb(COM1 + UART_LCR, LCR_DLAB | format);
	outb(COM1 + UART_DIVISOR, divisor);
	outb(COM1 + UART_DIVISOR_H, divisor >> 8);
	outb(COM1 + UART_LCR, format);
	spin_unlock_irqrestore(&output_lock, flags);
}

void serial_set_break(bool on)
{
	change(UART_LCR, LCR_BREAK, on ? LCR_BREAK : 0);
}

unsigned int serial_modem(void)
{
	unsigned int control = inb(COM1 + UART_MCR);
	unsigned int status = inb(COM1 + UART_MSR);

	return (control & MCR_SETTABLE) << 1 | (status & 0x10) << 1 |
		(status & 0x20) << 3 | (status & 0x40) << 1 |
		(status & 0x80) >> 1 | SERIAL_OUT2;
}

void serial_set_modem(unsigned int lines)
{
	change(UART_MCR, MCR_SETTABLE, lines >> 1 & MCR_SETTABLE);
}

void serial_init(void)
{
	outb(COM1 + UART_IER, 0);
	serial_set_line(SERIAL_BAUD, SERIAL_BITS(8));
	outb(COM1 + UART_FCR, FCR_ENABLE);
	outb(COM1 + UART_MCR, MCR_ON);
	printk_add_console(&serial_console);
}

/* ----------------------------------------------------------------- input */

static void serial_irq(struct trap_frame *frame)
{
	(void)frame;
	while (!READ_ONCE(is_held)) {
		uint8_t status = inb(COM1 + UART_LSR);
		uint8_t byte;

		if (!(status & LSR_RECEIVED))
			return;
		byte = inb(COM1 + UART_DATA);
		receive_hook(byte, status & LSR_BREAK ? SERIAL_BREAK :
			     status & LSR_BAD ? SERIAL_BAD : 0);
	}
}

void serial_hold(bool hold)
{
	if (is_held == hold)
		return;
	is_held = hold;
	/* What came meanwhile makes the chip interrupt at once. */
	outb(COM1 + UART_IER, hold ? 0 : IER_RECEIVED);
}

void serial_init_input(void (*receive)(uint8_t byte, unsigned int error))
{
	receive_hook = receive;
	irq_register(COM1_IRQ, serial_irq);
	outb(COM1 + UART_IER, IER_RECEIVED);
}
