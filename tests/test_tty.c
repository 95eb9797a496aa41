// SPDX-License-Identifier: MIT
/*
 * The terminal: for each mode, what is read and echoed of what is typed, and
 * what is sent of what is written.  Most of what Linux does too is compared
 * with it in tests/guest/tty.c; here is what needs no process, or two threads.
 */
#include "fs/tty.h"

#include "fs/file.h"
#include "kernel/job.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define MS	1000000ull
#define SOON	(20 * MS)
#define BUF	PROCESS_BASE

static struct termios saved, mode;
static char sent[8192], buf[8192];
static volatile size_t nr_sent;

static void capture(const char *text, size_t size)
{
	size = min(size, sizeof(sent) - nr_sent);
	memcpy(sent + nr_sent, text, size);
	nr_sent += size;
}

/* The defaults; what is sent from here on, sent_is() tells. */
static void begin(void)
{
	process_begin();
	tty_get_termios(&saved);
	mode = saved;
	nr_sent = 0;
	tty_set_output(capture);
}

static void end(void)
{
	tty_set_output(NULL);
	tty_flush_input();
	tty_set_termios(&saved);
	process_end();
}

static void set_mode(void)
{
	tty_set_termios(&mode);
}

static void set_raw(uint8_t vmin, uint8_t vtime)
{
	mode.lflag &= ~(ICANON | ECHO);
	mode.cc[VMIN] = vmin;
	mode.cc[VTIME] = vtime;
	set_mode();
}

static void type(const char *text)
{
	while (*text)
		tty_receive(*text++);
}

/* Was exactly @want sent since the last question? */
static bool sent_is(const char *want)
{
	bool is = nr_sent == strlen(want) && !memcmp(sent, want, nr_sent);

	nr_sent = 0;
	return is;
}

static long read_some(size_t size)
{
	return call(sys_read, 0, BUF, size);
}

static bool reads(size_t max, const char *want)
{
	long n = read_some(max);

	if (n != (long)strlen(want))
		return false;
	user_read(buf, BUF, n);
	return !memcmp(buf, want, n);
}

static long writes(const char *text)
{
	return call(sys_write, 1, user_text(text), strlen(text));
}

TEST(tty, a_line_is_read_as_a_whole_or_in_parts)
{
	begin();
	type("one\rtwo\nthr");
	EXPECT_EQ(tty_nr_readable(), 8);
	EXPECT(reads(100, "one\n") && reads(100, "two\n"));
	EXPECT_EQ(read_some(0), 0);
	EXPECT_EQ(tty_nr_readable(), 0);
	type("ee\r");
	EXPECT(reads(100, "three\n"));
	type("abcdef\r");
	EXPECT(reads(4, "abcd") && reads(4, "ef\n"));
	EXPECT(sent_is("one\r\ntwo\r\nthree\r\nabcdef\r\n"));
	end();
}

TEST(tty, keys_edit_the_line_and_no_other)
{
	begin();
	type("x\r\x7f\x7f" "ab\x7f" "cd\r");
	EXPECT(reads(100, "x\n") && reads(100, "acd\n"));
	EXPECT(sent_is("x\r\nab\b \bcd\r\n"));
	type("abc\x15" "d\r");			/* ^U */
	EXPECT(reads(100, "d\n"));
	EXPECT(sent_is("abc\b \b\b \b\b \bd\r\n"));
	type("two, words \x17" "x\r");		/* ^W */
	EXPECT(reads(100, "two, x\n"));
	EXPECT(sent_is("two, words \b \b\b \b\b \b\b \b\b \b\b \bx\r\n"));
	type("a\x16\x03" "b\x12\r");		/* ^V ^C, ^R */
	EXPECT(reads(100, "a\003b\n"));
	EXPECT(sent_is("a^\b^Cb^R\r\na^Cb\r\n"));
	type("ab\tc\x7f\x7f" "d\r");
	EXPECT(reads(100, "abd\n"));
	EXPECT(sent_is("ab\tc\b \b\b\b\b\b\b\bd\r\n"));
	end();
}

TEST(tty, a_character_of_utf8_is_erased_whole)
{
	begin();
	mode.iflag |= IUTF8;
	set_mode();
	type("a\xc3\xa4\x7f" "b\r");
	EXPECT(reads(100, "ab\n"));
	EXPECT(sent_is("a\xc3\xa4\b \bb\r\n"));
	end();
}

TEST(tty, control_d_is_the_end_of_the_input_once)
{
	begin();
	type("\x04");
	EXPECT_EQ(tty_nr_readable(), 0);
	EXPECT(reads(100, ""));
	type("abc\x04" "d\r\x04");
	EXPECT(reads(100, "abc") && reads(100, "d\n") && reads(100, ""));
	type("abc\x04z\r");
	EXPECT(reads(3, "abc") && reads(100, "z\n"));
	end();
}

TEST(tty, a_mode_that_changes_keeps_what_was_typed)
{
	begin();
	type("line\rhalf");
	set_raw(1, 0);
	EXPECT_EQ(tty_nr_readable(), 9);
	EXPECT(reads(5, "line\n"));
	type("\r\x7f");
	EXPECT(reads(100, "half\n\x7f"));	/* ICRNL goes on */
	type("raw");
	mode.lflag |= ICANON;
	set_mode();
	EXPECT(reads(100, "raw"));		/* a line, as it is */
	type("x\r");
	EXPECT(reads(100, "x\n"));
	end();
}

TEST(tty, a_line_that_is_too_long_can_still_be_ended)
{
	begin();
	mode.lflag &= ~ECHO;
	set_mode();
	for (int i = 0; i < 5000; i++)
		tty_receive('a' + i / 4500);
	type("\r\r");				/* the second is lost */
	EXPECT_EQ(read_some(8192), 4096);
	user_read(buf, BUF, 4096);
	EXPECT(buf[0] == 'a' && buf[4094] == 'a' && buf[4095] == '\n');
	type("b\r");
	EXPECT(reads(100, "b\n"));
	end();
}

TEST(tty, in_raw_mode_what_does_not_fit_is_lost)
{
	begin();
	set_raw(1, 0);
	for (int i = 0; i < 5000; i++)
		tty_receive('a');
	EXPECT_EQ(tty_nr_readable(), 4095);
	EXPECT_EQ(read_some(8192), 4095);
	end();
}

TEST(tty, vmin_and_vtime_say_when_a_read_ends)
{
	uint64_t start;

	begin();
	set_raw(0, 0);
	EXPECT_EQ(read_some(10), 0);
	type("ab");
	EXPECT(reads(10, "ab"));
	set_raw(0, 1);
	start = timer_now();
	EXPECT_EQ(read_some(10), 0);
	EXPECT(timer_now() - start >= 100 * MS);
	set_raw(3, 1);
	type("ab");
	start = timer_now();
	EXPECT(reads(10, "ab"));		/* nothing for 0.1 s */
	EXPECT(timer_now() - start >= 100 * MS);
	type("abcd");
	EXPECT(reads(10, "abcd") && tty_nr_readable() == 0);
	type("ab");
	EXPECT(reads(2, "ab"));			/* no more were asked for */
	end();
}

static struct thread *second;

static void type_later(void *text)
{
	const char *at = text;

	for (; *at; at++) {
		thread_sleep(SOON);
		tty_receive(*at);
	}
}

static void second_start(void (*fn)(void *), const char *text)
{
	second = thread_create("second", fn, (void *)text);
	assert_always(second);
}

TEST(tty, a_reader_sleeps_until_there_is_enough)
{
	begin();
	second_start(type_later, "ab\r");
	EXPECT(reads(100, "ab\n"));
	thread_join(second);
	set_raw(3, 0);
	second_start(type_later, "xyz");
	EXPECT(reads(100, "xyz"));
	thread_join(second);
	set_raw(2, 2);
	second_start(type_later, "x");
	EXPECT(reads(100, "x"));		/* the time begins with it */
	thread_join(second);
	end();
}

static void interrupt_later(void *thread)
{
	thread_sleep(SOON);
	thread_interrupt(thread);
}

TEST(tty, a_signal_ends_a_read_and_a_write_that_wait)
{
	begin();
	second_start(interrupt_later, (char *)current_thread());
	EXPECT_EQ(read_some(10), -ERESTARTSYS);
	thread_join(second);
	current_thread()->interrupted = false;
	type("\x13");				/* ^S */
	second_start(interrupt_later, (char *)current_thread());
	EXPECT_EQ(writes("x"), -ERESTARTSYS);
	thread_join(second);
	current_thread()->interrupted = false;
	type("\x11");
	EXPECT(sent_is(""));
	end();
}

TEST(tty, output_is_changed_as_the_mode_says)
{
	begin();
	EXPECT_EQ(writes("a\nb\tc\r"), 6);
	EXPECT(sent_is("a\r\nb\tc\r"));
	mode.oflag |= XTABS | ONOCR | OLCUC;
	set_mode();
	EXPECT_EQ(writes("\rab\tc\bd\te\n"), 10);
	EXPECT(sent_is("AB      C\bD       E\r\n"));
	mode.oflag = OPOST | OCRNL;
	set_mode();
	EXPECT_EQ(writes("a\rb\n"), 4);
	EXPECT(sent_is("a\nb\n"));
	mode.oflag = 0;
	set_mode();
	EXPECT_EQ(writes("a\n\r\t"), 4);
	EXPECT(sent_is("a\n\r\t"));
	end();
}

TEST(tty, output_stops_and_starts_by_keys)
{
	begin();
	EXPECT_EQ(call(sys_fcntl, 1, 4, O_NONBLOCK), 0);	/* F_SETFL */
	type("\x13");
	EXPECT_EQ(writes("x"), -EAGAIN);
	type("ab");				/* its echo waits */
	EXPECT(sent_is(""));
	type("\x11");
	EXPECT(sent_is("ab"));
	EXPECT_EQ(writes("x"), 1);
	EXPECT(sent_is("x"));
	mode.iflag |= IXANY;
	set_mode();
	type("\x13" "c");
	EXPECT(sent_is("c"));
	type("\x13");
	mode.iflag &= ~IXON;
	set_mode();				/* which lets it go on */
	EXPECT_EQ(writes("y"), 1);
	type("\x13\r");
	EXPECT(sent_is("y^S\r\n"));
	EXPECT(reads(100, "abc\x13\n"));
	end();
}

TEST(tty, a_nearly_full_ring_asks_the_other_side_to_wait)
{
	begin();
	mode.iflag |= IXOFF;
	set_raw(1, 0);
	for (int i = 0; i < 4096 - 128; i++)
		tty_receive('a');
	EXPECT(sent_is(""));
	type("a");
	EXPECT(sent_is("\x13"));
	EXPECT_EQ(read_some(3000), 3000);
	EXPECT(sent_is(""));
	EXPECT_EQ(read_some(3000), 4096 - 127 - 3000);
	EXPECT(sent_is("\x11"));
	end();
}

static void start_later(void *unused)
{
	(void)unused;
	thread_sleep(SOON);
	type("\x11");
}

TEST(tty, a_write_that_was_stopped_goes_on_where_it_was)
{
	begin();
	type("\x13");
	second_start(start_later, NULL);
	EXPECT_EQ(writes("held back\n"), 10);
	EXPECT(sent_is("held back\r\n"));
	thread_join(second);
	end();
}

/* ------------------------------------------------------------ job control */

TEST(tty, who_has_none_cannot_hang_it_up)
{
	begin();
	EXPECT_EQ(call(sys_vhangup, 0), 0);
	EXPECT_EQ(writes("x"), 1);
	end();
}

static int nr_signals, last_signo, last_group;
static struct tty_process me;
static bool is_deaf, is_orphaned;

static void fake_self(struct tty_process *process)
{
	*process = me;
}

static void fake_set_tty(bool has_tty)
{
	me.has_tty = has_tty;
}

static void fake_leave_tty(int sid)
{
	if (me.sid == sid)
		me.has_tty = false;
}

static void fake_signal(int pgid, int signo)
{
	nr_signals++;
	last_group = pgid;
	last_signo = signo;
}

static bool fake_is_deaf(int signo)
{
	(void)signo;
	return is_deaf;
}

static bool fake_is_orphaned(int pgid)
{
	(void)pgid;
	return is_orphaned;
}

static int fake_session_of(int pgid)
{
	return pgid < 100 ? 7 : pgid < 200 ? 107 : -1;
}

static const struct tty_hooks fakes = {
	.self = fake_self, .set_tty = fake_set_tty,
	.leave_tty = fake_leave_tty, .signal_group = fake_signal,
	.signal_leader = fake_signal, .is_deaf = fake_is_deaf,
	.is_orphaned = fake_is_orphaned, .session_of = fake_session_of,
};

static bool got(int group, int signo)
{
	bool is = nr_signals == 1 && last_group == group &&
		last_signo == signo;

	nr_signals = 0;
	return is;
}

static long open_tty(const char *path, uint32_t flags)
{
	return call(sys_open, user_text(path), flags);
}

/* Leader 7 of session 7 in group 7, without a terminal yet. */
static void begin_jobs(void)
{
	begin();
	me = (struct tty_process){ 7, 7, true, false, false };
	nr_signals = is_deaf = is_orphaned = 0;
	tty_set_hooks(&fakes);
}

static void end_jobs(void)
{
	tty_session_ends(7);
	job_init();
	end();
}

TEST(tty, a_session_gets_it_by_opening_it)
{
	begin_jobs();
	EXPECT_EQ(open_tty("/dev/tty", O_RDWR), -ENXIO);
	EXPECT_EQ(open_tty("/dev/console", O_RDWR), 3);
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR | O_NOCTTY), 4);
	EXPECT_EQ(open_tty("/dev/ttyS0", O_WRONLY), 5);
	me.is_leader = false;
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR), 6);
	me.is_leader = true;
	EXPECT(!me.has_tty && tty_foreground() == 0);
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR), 7);
	EXPECT(me.has_tty && tty_foreground() == 7);
	EXPECT_EQ(open_tty("/dev/tty", O_RDWR), 8);
	me.sid = me.pgid = 107;			/* another session */
	me.has_tty = false;
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR), 9);
	EXPECT(!me.has_tty && tty_foreground() == 7);
	EXPECT_EQ(call(sys_ioctl, 9, TIOCSCTTY, 0), -EPERM);
	EXPECT_EQ(call(sys_ioctl, 9, TIOCSCTTY, 1), -EPERM);
	me.is_admin = true;
	EXPECT_EQ(call(sys_ioctl, 9, TIOCSCTTY, 0), -EPERM);
	EXPECT_EQ(call(sys_ioctl, 9, TIOCSCTTY, 1), 0);	/* stolen */
	EXPECT(me.has_tty && tty_foreground() == 107);
	tty_session_ends(107);
	end_jobs();
}

TEST(tty, keys_send_signals_to_the_foreground)
{
	begin_jobs();
	type("\x03");
	EXPECT_EQ(nr_signals, 0);		/* there is none */
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR), 3);
	nr_sent = 0;
	type("lost\x03");
	EXPECT(got(7, SIGINT) && sent_is("lost^C"));
	type("\x1c");
	EXPECT(got(7, SIGQUIT));
	type("\x1a");
	EXPECT(got(7, SIGTSTP));
	type("x\r");
	EXPECT(reads(100, "x\n"));		/* all else was flushed */
	mode.lflag |= NOFLSH;
	set_mode();
	type("kept\x03\r");
	EXPECT(got(7, SIGINT) && reads(100, "kept\n"));
	mode.lflag &= ~ISIG;
	set_mode();
	type("\x03\r");
	EXPECT(nr_signals == 0 && reads(100, "\x03\n"));
	end_jobs();
}

TEST(tty, the_background_may_not_read)
{
	long fd;

	begin_jobs();
	fd = open_tty("/dev/ttyS0", O_RDWR);
	type("x\r");
	me.pgid = 8;
	EXPECT_EQ(call(sys_read, fd, BUF, 10), -ERESTARTSYS);
	EXPECT(got(8, SIGTTIN));
	is_orphaned = true;
	EXPECT_EQ(call(sys_read, fd, BUF, 10), -EIO);
	is_orphaned = false;
	is_deaf = true;
	EXPECT_EQ(call(sys_read, fd, BUF, 10), -EIO);
	EXPECT_EQ(nr_signals, 0);
	EXPECT_EQ(call(sys_read, 0, BUF, 10), 2);	/* /dev/console */
	end_jobs();
}

TEST(tty, the_background_may_write_unless_it_is_told_to_stop)
{
	long fd;

	begin_jobs();
	fd = open_tty("/dev/ttyS0", O_RDWR);
	me.pgid = 8;
	EXPECT_EQ(call(sys_write, fd, user_text("x"), 1), 1);
	mode.lflag |= TOSTOP;
	set_mode();
	EXPECT_EQ(call(sys_write, fd, user_text("x"), 1), -ERESTARTSYS);
	EXPECT(got(8, SIGTTOU));
	is_deaf = true;
	EXPECT_EQ(call(sys_write, fd, user_text("x"), 1), 1);
	is_deaf = false;
	is_orphaned = true;
	EXPECT_EQ(call(sys_write, fd, user_text("x"), 1), -EIO);
	EXPECT_EQ(writes("x"), 1);		/* /dev/console */
	EXPECT_EQ(nr_signals, 0);
	end_jobs();
}

TEST(tty, the_background_may_not_change_anything)
{
	static const uint32_t commands[] = {
		TCSETS, TCSETSW, TCSETSF, TCSETA, TCSBRK, TCXONC, TCFLSH,
		TIOCSPGRP,
	};
	long fd;

	begin_jobs();
	fd = open_tty("/dev/ttyS0", O_RDWR);
	EXPECT_EQ(call(sys_ioctl, fd, TCGETS, BUF), 0);
	me.pgid = 8;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(call(sys_ioctl, fd, commands[i], BUF), -ERESTARTSYS);
		EXPECT(got(8, SIGTTOU));
	}
	is_orphaned = true;
	EXPECT_EQ(call(sys_ioctl, fd, TCSETS, BUF), -EIO);
	EXPECT_EQ(call(sys_ioctl, fd, TIOCSPGRP, BUF), -ENOTTY);
	is_deaf = true;
	EXPECT_EQ(call(sys_ioctl, fd, TCSETS, BUF), 0);
	EXPECT_EQ(nr_signals, 0);
	end_jobs();
}

TEST(tty, a_hang_up_ends_what_was_opened_but_the_console)
{
	struct { int fd; uint16_t events, revents; } polled = { .events = -1 };
	long fd;

	begin_jobs();
	fd = open_tty("/dev/ttyS0", O_RDWR);
	type("x\r");
	tty_session_ends(8);			/* not its session */
	EXPECT_EQ(call(sys_read, fd, BUF, 10), 2);
	tty_session_ends(7);
	EXPECT(nr_signals == 3 && last_group == 7 && last_signo == SIGHUP);
	EXPECT(!me.has_tty && tty_foreground() == 0);
	EXPECT_EQ(call(sys_read, fd, BUF, 10), 0);
	EXPECT_EQ(call(sys_write, fd, BUF, 10), -EIO);
	EXPECT_EQ(call(sys_ioctl, fd, TCGETS, BUF), -EIO);
	EXPECT_EQ(call(sys_ioctl, fd, TIOCSPGRP, BUF), -ENOTTY);
	polled.fd = fd;
	EXPECT_EQ(copy_to_user(BUF, &polled, sizeof(polled)), 0);
	EXPECT_EQ(call(sys_poll, BUF, 1, 0), 1);
	user_read(&polled, BUF, sizeof(polled));
	EXPECT_EQ(polled.revents, POLLIN | POLLOUT | POLLERR | POLLHUP |
		  POLLRDNORM | POLLWRNORM);
	EXPECT_EQ(writes("x"), 1);
	EXPECT_EQ(open_tty("/dev/ttyS0", O_RDWR), fd + 1);
	EXPECT_EQ(call(sys_write, fd + 1, BUF, 1), 1);
	nr_signals = 0;
	end_jobs();
}

static void hang_up_later(void *unused)
{
	(void)unused;
	thread_sleep(SOON);
	tty_hang_up();
}

TEST(tty, a_hang_up_wakes_who_reads_and_who_writes)
{
	long fd;

	begin_jobs();
	fd = open_tty("/dev/ttyS0", O_RDWR);
	second_start(hang_up_later, NULL);
	EXPECT_EQ(call(sys_read, fd, BUF, 10), 0);
	thread_join(second);
	fd = open_tty("/dev/ttyS0", O_RDWR);
	type("\x13");
	second_start(hang_up_later, NULL);
	EXPECT_EQ(call(sys_write, fd, BUF, 10), -EIO);
	thread_join(second);
	end_jobs();
}
