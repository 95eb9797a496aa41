// SPDX-License-Identifier: MIT
/* The chip: that what is on the wire comes in, and can be made to wait. */
#include "drivers/serial.h"

#include "fs/tty.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "x86/cpu.h"
#include "x86/io.h"
#include "x86/percpu.h"

#define MS		1000000ull

/* The chip can feed its output back to its input, so the interrupt is real. */
#define COM1		0x3f8
#define UART_MCR	4
#define UART_LSR	5
#define MCR_LOOPBACK	0x10
#define LSR_ALL_SENT	0x40

static struct termios termios;

static void wait_ms(unsigned int ms)
{
	for (uint64_t end = timer_now() + ms * MS; timer_now() < end;)
		cpu_relax();
}

static void begin(void)
{
	struct termios raw;

	tty_get_termios(&termios);
	raw = termios;
	raw.lflag = 0;
	tty_set_termios(&raw);
	preempt_disable();			/* nobody else prints now */
	while (!(inb(COM1 + UART_LSR) & LSR_ALL_SENT))
		cpu_relax();
	outb(COM1 + UART_MCR, inb(COM1 + UART_MCR) | MCR_LOOPBACK);
}

static void end(void)
{
	outb(COM1 + UART_MCR, inb(COM1 + UART_MCR) & ~MCR_LOOPBACK);
	preempt_enable();
	tty_flush_input();
	tty_set_termios(&termios);
}

TEST(serial, what_comes_in_on_the_wire_is_read)
{
	size_t n;

	begin();
	serial_send("wire", 4);
	wait_ms(20);
	n = tty_nr_readable();
	end();
	EXPECT_EQ(n, 4);
}

TEST(serial, what_comes_in_can_be_made_to_wait_and_is_not_lost)
{
	size_t held, let_go;

	begin();
	serial_hold(true);
	serial_send("wire", 4);
	wait_ms(20);
	held = tty_nr_readable();
	serial_hold(false);
	wait_ms(20);
	let_go = tty_nr_readable();
	end();
	EXPECT_EQ(held, 0);
	EXPECT_EQ(let_go, 4);
}

TEST(serial, the_lines_of_a_modem_are_seen_and_switched)
{
	unsigned int before = serial_modem(), off, on;

	EXPECT(before & SERIAL_DTR && before & SERIAL_RTS);
	serial_set_modem(SERIAL_RTS);
	off = serial_modem();
	serial_set_modem(SERIAL_RTS | SERIAL_DTR);
	on = serial_modem();
	EXPECT_EQ(off, before & ~SERIAL_DTR);
	EXPECT_EQ(on, before);
}
