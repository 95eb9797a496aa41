// SPDX-License-Identifier: MIT
/*
 * serial - a 16550 UART, and the line editor of the terminal behind it.
 *
 * Output is polled: when the transmitter says that it is empty, its FIFO
 * takes 16 bytes at once.  Input comes by interrupt and goes into a ring,
 * where a line is edited until it is complete:
 *
 *	    read          committed           typed
 *	     v                v                 v
 *	...  h e l l o \n END w o r l           ...
 *	     serial_read()    backspace works here
 *
 * END stands for ^D: a reader stops there and does not see it.
 *
 * Locking: input_lock for the ring and the mode, output_lock for the chip's
 * transmitter, both with interrupts off.  output_lock is the inner one, and
 * the printk lock may be held outside it.
 */
#include "drivers/serial.h"

#include "lib/errno.h"
#include "lib/printk.h"
#include "sched/wait.h"
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

#define IER_RECEIVED	0x01
#define FCR_ENABLE	0x07		/* and empty both FIFOs */
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_ON		0x0b		/* DTR, RTS, OUT2: interrupts pass */
#define LSR_RECEIVED	0x01
#define LSR_EMPTY	0x20
#define FIFO_SIZE	16

#define CTRL(c)		((c) & 0x1f)
#define DELETE		0x7f
#define END		0x100
#define RING_SIZE	1024u

static struct spinlock output_lock = SPINLOCK_INIT;

static struct spinlock input_lock = SPINLOCK_INIT;
static unsigned int mode = SERIAL_COOKED | SERIAL_ECHO;
static uint16_t ring[RING_SIZE];		/* bytes, or END */
static unsigned int read_pos, committed, typed;	/* modulo RING_SIZE */
struct wait_queue serial_readers = WAIT_QUEUE_INIT(serial_readers);
static void (*interrupt_hook)(void);

/* ---------------------------------------------------------------- output */

/* Fill the transmitter's FIFO once; Return: the bytes of @text used. */
static size_t send_burst(const char *text, size_t size)
{
	uint32_t flags = spin_lock_irqsave(&output_lock);
	size_t n = 0;

	while (!(inb(COM1 + UART_LSR) & LSR_EMPTY))
		cpu_relax();
	for (unsigned int room = FIFO_SIZE; room >= 2 && n < size; room--) {
		if (text[n] == '\n') {
			outb(COM1 + UART_DATA, '\r');
			room--;
		}
		outb(COM1 + UART_DATA, text[n++]);
	}
	spin_unlock_irqrestore(&output_lock, flags);
	return n;
}

void serial_write(const char *buf, size_t size)
{
	while (size) {
		size_t n = send_burst(buf, size);

		buf += n;
		size -= n;
	}
}

static void console_write(struct console *console, const char *text,
			  size_t size)
{
	(void)console;
	serial_write(text, size);
}

static struct console serial_console = {
	.write = console_write,
	.level = LOG_DEBUG,
};

void serial_init(void)
{
	outb(COM1 + UART_IER, 0);
	outb(COM1 + UART_LCR, LCR_DLAB | LCR_8N1);
	outb(COM1 + UART_DIVISOR, 1);		/* 115200 baud */
	outb(COM1 + UART_DIVISOR_H, 0);
	outb(COM1 + UART_LCR, LCR_8N1);
	outb(COM1 + UART_FCR, FCR_ENABLE);
	outb(COM1 + UART_MCR, MCR_ON);
	printk_add_console(&serial_console);
}

/* ----------------------------------------------------------------- input */

static unsigned int ring_room(void)
{
	return RING_SIZE - 1 - (typed - read_pos) % RING_SIZE;
}

static void ring_push(uint16_t what)
{
	ring[typed] = what;
	typed = (typed + 1) % RING_SIZE;
}

static void echo(const char *text, size_t size)
{
	if (mode & SERIAL_ECHO)
		serial_write(text, size);
}

static void echo_byte(uint8_t byte)
{
	char text[2] = { '^', byte ^ 0x40 };

	if (byte >= ' ' || byte == '\n' || byte == '\t')
		echo((const char *)&byte, 1);
	else
		echo(text, 2);
}

static void erase_byte(void)
{
	unsigned int last = (typed - 1) % RING_SIZE;
	bool was_control = ring[last] < ' ' && ring[last] != '\t';

	typed = last;
	echo("\b \b\b \b", was_control ? 6 : 3);
}

/* Edit the line; Return: true if there is now something to read. */
static bool edit(uint8_t byte)
{
	switch (byte) {
	case '\b':
	case DELETE:
		if (typed != committed)
			erase_byte();
		return false;
	case CTRL('U'):
		while (typed != committed)
			erase_byte();
		return false;
	case CTRL('C'):
		typed = committed;
		echo("^C\n", 3);
		return false;
	case CTRL('D'):
		if (ring_room() == 0)
			return false;
		ring_push(END);
		break;
	case '\r':
	case '\n':
		if (ring_room() == 0)
			return false;
		echo_byte('\n');
		ring_push('\n');
		break;
	default:
		if (ring_room() > 1) {	/* the last place is for the end */
			echo_byte(byte);
			ring_push(byte);
		}
		return false;
	}
	committed = typed;
	return true;
}

void serial_receive(uint8_t byte)
{
	uint32_t flags = spin_lock_irqsave(&input_lock);
	bool is_cooked = mode & SERIAL_COOKED;
	bool is_complete;

	if (is_cooked) {
		is_complete = edit(byte);
	} else {
		is_complete = ring_room() > 0;
		if (is_complete)
			ring_push(byte);
		committed = typed;
	}
	spin_unlock_irqrestore(&input_lock, flags);
	if (is_complete)
		wake_all(&serial_readers);
	if (is_cooked && byte == CTRL('C') && interrupt_hook)
		interrupt_hook();
}

static void serial_irq(struct trap_frame *frame)
{
	(void)frame;
	while (inb(COM1 + UART_LSR) & LSR_RECEIVED)
		serial_receive(inb(COM1 + UART_DATA));
}

void serial_init_input(void)
{
	irq_register(COM1_IRQ, serial_irq);
	outb(COM1 + UART_IER, IER_RECEIVED);
}

/* Return: how many bytes; -EAGAIN when there was not even an END. */
static long take_line(char *buf, size_t size)
{
	uint32_t flags = spin_lock_irqsave(&input_lock);
	long n = read_pos == committed ? -EAGAIN : 0;
	uint16_t what = 0;

	while (read_pos != committed && what != '\n') {
		what = ring[read_pos];
		if (what != END && (size_t)n == size)
			break;
		read_pos = (read_pos + 1) % RING_SIZE;
		if (what == END)
			break;
		buf[n++] = what;
	}
	spin_unlock_irqrestore(&input_lock, flags);
	return n;
}

long serial_read(char *buf, size_t size)
{
	long n;

	if (size == 0)
		return 0;
	do {
		if (wait_event_interruptible(&serial_readers,
					     serial_is_readable()))
			return -EINTR;
		n = take_line(buf, size);
	} while (n == -EAGAIN);
	return n;
}

bool serial_is_readable(void)
{
	return READ_ONCE(committed) != READ_ONCE(read_pos);
}

size_t serial_nr_readable(void)
{
	uint32_t flags = spin_lock_irqsave(&input_lock);
	size_t n = 0;

	for (unsigned int i = read_pos; i != committed; i = (i + 1) % RING_SIZE)
		n += ring[i] != END;
	spin_unlock_irqrestore(&input_lock, flags);
	return n;
}

void serial_set_mode(unsigned int new_mode)
{
	uint32_t flags = spin_lock_irqsave(&input_lock);

	mode = new_mode;
	if (!(mode & SERIAL_COOKED))
		committed = typed;
	spin_unlock_irqrestore(&input_lock, flags);
	wake_all(&serial_readers);
}

unsigned int serial_mode(void)
{
	return mode;
}

void serial_set_interrupt(void (*hook)(void))
{
	interrupt_hook = hook;
}
