// SPDX-License-Identifier: MIT
/* The terminal on the serial line: what a reader gets of what is typed. */
#include "drivers/serial.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "x86/io.h"

#define MS	1000000ull

static char buf[2048];
static int nr_interrupts;

static void type(const char *text)
{
	while (*text)
		serial_receive(*text++);
}

/* Does the next read, of at most @max bytes, return exactly @want? */
static bool reads(size_t max, const char *want)
{
	long n = serial_read(buf, max);

	return n == (long)strlen(want) && !memcmp(buf, want, n);
}

TEST(serial, a_line_is_read_as_a_whole)
{
	serial_set_mode(SERIAL_COOKED);
	type("one\rtwo\nthr");
	EXPECT_EQ(serial_nr_readable(), 8);
	EXPECT(reads(100, "one\n"));
	EXPECT(reads(100, "two\n"));
	EXPECT_EQ(serial_read(buf, 0), 0);
	EXPECT_EQ(serial_nr_readable(), 0);
	type("ee\r");
	EXPECT(reads(100, "three\n"));
	type("abcdef\r");
	EXPECT(reads(4, "abcd"));
	EXPECT(reads(4, "ef\n"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

TEST(serial, backspace_takes_back_but_not_the_line_before)
{
	serial_set_mode(SERIAL_COOKED);
	type("x\r\x7f\x7f" "ab\x7f" "c\bd\r");
	EXPECT(reads(100, "x\n"));
	EXPECT(reads(100, "ad\n"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

TEST(serial, control_u_takes_back_the_line_but_not_the_one_before)
{
	serial_set_mode(SERIAL_COOKED);
	type("x\rabc\x15" "d\r\x15" "e\r");
	EXPECT(reads(100, "x\n"));
	EXPECT(reads(100, "d\n"));
	EXPECT(reads(100, "e\n"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

TEST(serial, control_d_is_the_end_of_the_input)
{
	serial_set_mode(SERIAL_COOKED);
	type("\x04");
	EXPECT(reads(100, ""));
	type("abc\x04" "d\r\x04");
	EXPECT(reads(100, "abc"));		/* pushed, without a newline */
	EXPECT(reads(100, "d\n"));
	EXPECT(reads(100, ""));
	type("abc\x04z\r");
	EXPECT(reads(3, "abc"));		/* the end is not read twice */
	EXPECT(reads(100, "z\n"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

static void count_interrupt(void)
{
	nr_interrupts++;
}

TEST(serial, control_c_drops_the_line_and_tells)
{
	nr_interrupts = 0;
	serial_set_mode(SERIAL_COOKED);
	serial_set_interrupt(count_interrupt);
	type("a\rdropped\x03" "b\r");
	EXPECT_EQ(nr_interrupts, 1);
	EXPECT(reads(100, "a\n"));
	EXPECT(reads(100, "b\n"));
	serial_set_mode(0);
	type("\x03");
	EXPECT_EQ(nr_interrupts, 1);
	EXPECT(reads(100, "\x03"));
	serial_set_interrupt(NULL);
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

TEST(serial, raw_mode_hands_over_each_byte)
{
	serial_set_mode(SERIAL_COOKED);
	type("half");
	serial_set_mode(0);
	type("\r\x7f\x04");
	EXPECT(reads(4, "half"));
	EXPECT(reads(100, "\r\x7f\x04"));
	EXPECT_EQ(serial_mode(), 0);
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

TEST(serial, a_line_that_is_too_long_can_still_be_ended)
{
	serial_set_mode(SERIAL_COOKED);
	for (int i = 0; i < 3000; i++)
		serial_receive('a');
	type("\r\r\x04");
	EXPECT_EQ(serial_read(buf, sizeof(buf)), 1023);
	EXPECT(buf[0] == 'a' && buf[1021] == 'a' && buf[1022] == '\n');
	type("b\r");				/* and there is room again */
	EXPECT(reads(100, "b\n"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

static void read_line(void *result)
{
	char line[8];

	*(long *)result = serial_read(line, sizeof(line));
}

TEST(serial, a_reader_sleeps_until_the_line_is_there)
{
	long result = -1;
	struct thread *thread = thread_create("reader", read_line, &result);

	serial_set_mode(SERIAL_COOKED);
	type("ab");
	thread_sleep(20 * MS);
	EXPECT_EQ(result, -1);
	type("\r");
	thread_join(thread);
	EXPECT_EQ(result, 3);

	thread = thread_create("reader", read_line, &result);
	thread_sleep(20 * MS);
	thread_interrupt(thread);
	thread_join(thread);
	EXPECT_EQ(result, -EINTR);
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}

/* The chip can feed its output back to its input, so the interrupt is real. */
#define COM1		0x3f8
#define UART_MCR	4
#define UART_LSR	5
#define MCR_LOOPBACK	0x10
#define LSR_ALL_SENT	0x40

TEST(serial, what_comes_in_on_the_wire_is_read)
{
	static const char sent[] = "wire";
	uint8_t mcr;

	serial_set_mode(0);
	preempt_disable();			/* nobody else prints now */
	while (!(inb(COM1 + UART_LSR) & LSR_ALL_SENT))
		cpu_relax();
	mcr = inb(COM1 + UART_MCR);
	outb(COM1 + UART_MCR, mcr | MCR_LOOPBACK);
	for (int i = 0; i < 4; i++)
		outb(COM1, sent[i]);
	for (uint64_t end = timer_now() + 20 * MS; timer_now() < end;)
		cpu_relax();
	outb(COM1 + UART_MCR, mcr);
	preempt_enable();
	EXPECT(reads(100, "wire"));
	serial_set_mode(SERIAL_COOKED | SERIAL_ECHO);
}
