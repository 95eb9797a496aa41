// SPDX-License-Identifier: MIT
/*
 * tty - the terminal: editing, modes, and job control.
 *
 * The program types at itself, by TIOCSTI; what is echoed is part of what it
 * prints, and so is compared with Linux byte by byte.
 *
 * Promises: the keys of a line and their echo; what flags do to input and
 * output, directed and at random; VMIN and VTIME; what a change of mode does
 * to what was typed; whose terminal it is, who may use it, who gets signals.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel's, not libc's. */
struct ktermios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line, cc[19];
};

enum {
	INTR, QUIT, ERASE, KILL, END, TIME, MIN, SWTC, START, STOP, SUSP,
	EOL, REPRINT, DISCARD, WERASE, LNEXT, EOL2,
};

#define ICRNL	0000400u
#define INLCR	0000100u
#define IGNCR	0000200u
#define ISTRIP	0000040u
#define IUCLC	0001000u
#define IXON	0002000u
#define IXANY	0004000u
#define IUTF8	0040000u
#define PARMRK	0000010u
#define OPOST	0000001u
#define OLCUC	0000002u
#define ONLCR	0000004u
#define OCRNL	0000010u
#define ONOCR	0000020u
#define ONLRET	0000040u
#define XTABS	0014000u
#define ISIG	0000001u
#define ICANON	0000002u
#define ECHO	0000010u
#define ECHOE	0000020u
#define ECHOK	0000040u
#define ECHONL	0000100u
#define NOFLSH	0000200u
#define TOSTOP	0000400u
#define ECHOCTL	0001000u
#define ECHOPRT	0002000u
#define ECHOKE	0004000u
#define IEXTEN	0100000u

static struct ktermios normal, mode;
static int tty = 0;			/* opened as /dev/tty, later */
static volatile uint32_t *step;		/* shared by processes */

/* -------------------------------------------------------------- tell it all */

static char record[65536];
static size_t nr_record;

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nr_record += vsnprintf(record + nr_record, sizeof(record) - nr_record,
			       format, args);
	va_end(args);
}

static long io(unsigned long command, void *arg)
{
	return sys(SYS_ioctl, tty, command, (long)arg);
}

static void set(const struct ktermios *termios)
{
	if (io(TCSETS, (void *)termios))
		say(" set failed");
}

static void type_bytes(const char *text, size_t size)
{
	while (size--)
		if (io(TIOCSTI, (void *)text++))
			say(" TIOCSTI failed");
}

static void type(const char *text)
{
	type_bytes(text, strlen(text));
}

static void put(const char *text)
{
	if (write(tty, text, strlen(text)) < 0)
		say(" write: %s", strerrorname_np(errno));
}

static bool is_readable(void)
{
	struct pollfd poll_in = { tty, POLLIN, 0 };

	return poll(&poll_in, 1, 0) == 1;
}

/* Read once, if that does not wait. */
static void take(size_t size)
{
	char buf[8192];
	long n;

	if (!is_readable()) {
		say(" -");
		return;
	}
	n = read(tty, buf, size);
	say(" %ld:", n < 0 ? -errno : n);
	for (long i = 0; i < n; i++)
		say(buf[i] > ' ' && buf[i] < 127 ? "%c" : "<%02x>",
		    (unsigned char)buf[i]);
}

static void count(void)
{
	int n = -1;

	io(FIONREAD, &n);
	say(" has %d%s", n, is_readable() ? "" : " not to be read");
}

/* What is on its way to a terminal is lost by a flush: let it arrive. */
static void settle(void)
{
	usleep(200000);
}

/* In one line, what was said since. */
static void tell_modes(const char *what)
{
	set(&normal);
	io(TCFLSH, (void *)0);
	put("\n");
	note("%s:%.*s", what, (int)nr_record, record);
	nr_record = 0;
	mode = normal;
}

/* ----------------------------------------------------------------- defaults */

static void check_defaults(void)
{
	uint16_t old[9];
	uint8_t large[44];

	memset(large, 0xaa, sizeof(large));
	expect(io(TCGETS, large), 0, "TCGETS");
	check(large[35] != 0xaa && large[36] == 0xaa, "gives 36 bytes");
	memcpy(&normal, large, sizeof(normal));
	mode = normal;
	note("i %#o, o %#o, l %#o, line %u", normal.iflag, normal.oflag,
	     normal.lflag, normal.line);
	for (int i = 0; i < 19; i++)
		say(" %u", normal.cc[i]);
	tell_modes("keys");
	memset(old, 0xaa, sizeof(old));
	expect(io(TCGETA, old), 0, "TCGETA");
	check(old[0] == (uint16_t)normal.iflag &&
	      old[3] == (uint16_t)normal.lflag &&
	      memcmp((char *)old + 9, normal.cc, 8) == 0, "is the same");
	expect(io(0x802c542au, large), 0, "TCGETS2");
	check(memcmp(large, &normal, 36) == 0, "is the same");
	old[3] &= ~ECHO;
	expect(io(TCSETA, old), 0, "TCSETA");
	io(TCGETS, &mode);
	check(mode.lflag == (normal.lflag & ~ECHO), "sets it");
	set(&normal);
	expect(io(TCGETS, NULL), -EFAULT, "TCGETS to nowhere");
	expect(io(TCSETS, (void *)8), -EFAULT, "TCSETS from nowhere");
	expect(io(TCSETAW, (void *)8), -EFAULT, "TCSETAW from nowhere");
	expect(io(0x1234, NULL), -ENOTTY, "an unknown command");
	expect(io(TCFLSH, (void *)3), -EINVAL, "TCFLSH of what?");
	expect(io(TCXONC, (void *)4), -EINVAL, "TCXONC of what?");
	expect(io(TCSBRK, (void *)1), 0, "tcdrain");
	expect(io(TIOCOUTQ, old), 0, "TIOCOUTQ");
	expect(io(TIOCGETD, old), 0, "TIOCGETD");
	check(old[0] == 0, "is N_TTY");
	mode = normal;
}

/* -------------------------------------------------------------- directed */

static void check_editing(void)
{
	type("hello\n"), take(100), tell_modes("a line");
	type("one\ntwo\nthr"), count(), take(100), count(), take(100), take(100);
	type("ee\n"), take(3), count(), take(100), tell_modes("lines");
	type("ab\177c\177\177\177\177d\n"), take(100), tell_modes("erase");
	type("ab\tc\177\177\177d\t\t\177x\n"), take(100), tell_modes("erase tabs");
	type("a\001\002\177b\033\177\n"), take(100), tell_modes("erase controls");
	type("abc def\025gh\n"), take(100), tell_modes("kill");
	type("foo_bar baz, !! \027x\027\027\027\027y\n"), take(100);
	tell_modes("erase words");
	type("a\026\003\026\026\026\n\026\177b\n"), take(100), tell_modes("quote");
	type("a\tb\026\tc\022d\n"), take(100), tell_modes("reprint");
	type("\004"), count(), take(100), type("abc\004"), take(100);
	type("abc\004def\n"), take(3), count(), take(100), tell_modes("the end");
	type("abc\004"), take(2), count(), take(2), take(2), tell_modes("in bits");
	mode.cc[EOL] = 'x', mode.cc[EOL2] = 'y', set(&mode);
	type("axbyc\n"), take(100), take(100), take(100), tell_modes("other ends");
	mode.lflag &= ~ECHOE, set(&mode);
	type("abc\177\177\025de\n"), take(100), tell_modes("without ECHOE");
	mode.lflag &= ~ECHOKE, set(&mode);
	type("abc\025de\n"), take(100), tell_modes("without ECHOKE");
	mode.lflag &= ~(ECHOKE | ECHOK), set(&mode);
	type("abc\025de\n"), take(100), tell_modes("without ECHOK");
	mode.lflag &= ~ECHOCTL, set(&mode);
	type("a\001\177b\026\006c\n"), take(100), tell_modes("without ECHOCTL");
	mode.lflag |= ECHOPRT, set(&mode);
	type("abc\177\177d\177\177x\n"), take(100), tell_modes("with ECHOPRT");
	mode.lflag &= ~IEXTEN, set(&mode);
	type("a b\027\026\022c\n"), take(100), tell_modes("without IEXTEN");
	mode.lflag &= ~ECHO, mode.lflag |= ECHONL, set(&mode);
	type("abc\177\177\025\026\001d\n"), take(100), tell_modes("with ECHONL");
	mode.iflag |= IUTF8, set(&mode);
	type("a\303\244\177\342\202\254\t\177\177\177\177b\n"), take(100);
	tell_modes("UTF-8");
	type("a\303\244\177b\n"), take(100), tell_modes("no UTF-8");
}

static void check_input_flags(void)
{
	static const struct { const char *name; uint32_t on, off; } flags[] = {
		{ "none", 0, ICRNL }, { "INLCR", INLCR, ICRNL },
		{ "both", INLCR, 0 }, { "IGNCR", IGNCR, 0 },
		{ "ISTRIP", ISTRIP, 0 }, { "IUCLC", IUCLC, 0 },
		{ "PARMRK", PARMRK, 0 },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		mode.iflag |= flags[i].on;
		mode.iflag &= ~flags[i].off;
		mode.cc[EOL] = '!';
		set(&mode);
		type("aB\rc\nd\341\377e!\004");
		take(100), take(100), take(100), take(100);
		mode.lflag &= ~ICANON;
		set(&mode);
		type("aB\rc\nd\341\377e\004"), take(100);
		tell_modes(flags[i].name);
	}
}

static void check_output_flags(void)
{
	static const struct { const char *name; uint32_t flags; } flags[] = {
		{ "nothing", 0 }, { "OPOST", OPOST }, { "ONLCR", OPOST | ONLCR },
		{ "OCRNL", OPOST | OCRNL }, { "ONOCR", OPOST | ONOCR },
		{ "ONLRET", OPOST | ONLRET | ONOCR }, { "XTABS", OPOST | XTABS },
		{ "OLCUC", OPOST | OLCUC | ONLCR },
		{ "all", OPOST | OCRNL | ONLRET | ONLCR | ONOCR | XTABS },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		mode.oflag = flags[i].flags;
		set(&mode);
		/* What CR does is seen by where a tab ends. */
		mode.oflag = flags[i].flags | XTABS | OPOST;
		put("a\tb\nc\td\r\r\te\bf\tg\001\th\n\r");
		set(&mode);
		put("a\tb\nc\td\r\r\te\bf\tg\001\th\n\r");
		type("x\ty\r"), take(100);
		tell_modes(flags[i].name);
	}
}

static void check_modes(void)
{
	type("line\nhalf");
	mode.lflag &= ~ICANON, set(&mode);
	count(), take(7), take(100), tell_modes("to raw");
	type("a\004b\nc"), take(2);
	mode.lflag &= ~ICANON, set(&mode);
	count(), take(100), tell_modes("with an end of input");
	mode.lflag &= ~ICANON, set(&mode), type("raw\004x");
	set(&normal), count(), take(3), take(100), type("y\n"), take(100);
	tell_modes("to lines");
	mode.lflag &= ~ICANON, set(&mode), type("raw\n"), type_bytes("", 1);
	set(&normal), count(), take(100), take(100), tell_modes("a 0 at the end");
	type("typed\n"), io(TCSETSF, &mode), count(), tell_modes("TCSETSF");
	type("typed\n"), io(TCSETSW, &mode), count(), tell_modes("TCSETSW");
	type("typed\n"), settle(), io(TCFLSH, (void *)1), count();
	io(TCFLSH, (void *)0), count(), tell_modes("TCFLSH");
	settle(), type("lost"), settle(), type("\003kept\n"), take(100);
	tell_modes("a signal flushes");
	mode.lflag |= NOFLSH, set(&mode);
	type("all\003 kept\n"), take(100), tell_modes("NOFLSH");
	mode.lflag &= ~ISIG, set(&mode);
	type("a\003\032\034\n"), take(100), tell_modes("without ISIG");
	type("\023a\001"), put(""), type("\021b\n"), take(100), tell_modes("stopped");
	mode.iflag |= IXANY, set(&mode);
	type("\023ab\n"), take(100), tell_modes("IXANY");
	type("\023a"), mode.iflag &= ~IXON, set(&mode);
	type("\023b\n"), take(100), tell_modes("without IXON");
	for (int i = 0; i < 4200; i++)
		type(i % 64 ? "-" : "|");
	mode.lflag &= ~ECHO, set(&mode);
	count(), type("x\ny\n"), count(), take(5000), count(), tell_modes("long");
	mode.lflag &= ~(ECHO | ICANON), set(&mode);
	for (int i = 0; i < 4200; i++)
		type("-");
	count(), tell_modes("long and raw");
}

static void take_pieces(size_t first, size_t second)
{
	char a[16] = "", b[16] = "";
	struct iovec iov[3] = { { a, first }, { NULL, 0 }, { b, second } };

	say(" %zd:", readv(tty, iov, 3));
	say("%.*s|%.*s", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

static void check_pieces(void)
{
	struct iovec iov[3] = { { "# in", 4 }, { "", 0 }, { " two\n", 5 } };

	expect(writev(tty, iov, 3), 9, "written in pieces");
	type("abc\ndefg\n"), take_pieces(4, 4), take_pieces(2, 8);
	tell_modes("read in pieces");
}

/* -------------------------------------------------------------- at random */

static uint32_t seed = 1;

static uint32_t draw(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static void change_mode(void)
{
	static const uint32_t in[] = { ICRNL, INLCR, IGNCR, ISTRIP, IUCLC,
		IUTF8, PARMRK };
	static const uint32_t out[] = { OPOST, ONLCR, OCRNL, ONOCR, ONLRET,
		XTABS, OLCUC };
	static const uint32_t local[] = { ISIG, ECHO, ECHOE, ECHOK, ECHONL,
		ECHOCTL, ECHOPRT, ECHOKE, IEXTEN, ICANON };

	switch (draw(4)) {
	case 0:
		mode.iflag ^= in[draw(7)];
		break;
	case 1:
		mode.oflag ^= out[draw(7)];
		break;
	default:
		mode.lflag ^= local[draw(10)];
	}
	mode.cc[EOL] = draw(2) ? ',' : 0;
	mode.cc[MIN] = draw(2);
	sys(SYS_ioctl, tty, draw(20) ? TCSETS : TCSETSF, (long)&mode);
}

static void type_some(void)
{
	static const char keys[] = "abC d_9\t\t\n\r\177\177\177\025\027\026\022"
		"\004\003,\303\244\342\202\254\377\001\033\b-";
	char byte;

	for (uint32_t n = draw(12); n; n--) {
		byte = keys[draw(sizeof(keys) - 1)];
		type_bytes(&byte, 1);
	}
}

static void write_some(void)
{
	static const char text[] = "ab\tc\nd\re\b\001\303\244F";
	uint32_t from = draw(sizeof(text) - 1);

	write(tty, text + from, 1 + draw(sizeof(text) - 1 - from));
}

static void check_random(void)
{
	char what[16];

	for (int sequence = 0; sequence < 60; sequence++) {
		mode.lflag |= NOFLSH;	/* or output is lost as well */
		set(&mode);
		for (int i = 0; i < 60; i++) {
			switch (draw(6)) {
			case 0:
				change_mode();
				break;
			case 1:
				take(1 + draw(20));
				break;
			case 2:
				write_some();
				break;
			case 3:
				count();
				break;
			default:
				type_some();
			}
		}
		snprintf(what, sizeof(what), "%d", sequence);
		tell_modes(what);
	}
}

/* ------------------------------------------------------------------- time */

static uint32_t waited(uint8_t min, uint8_t time, size_t size)
{
	uint64_t start = now_us();

	mode.lflag &= ~(ICANON | ECHO);
	mode.cc[MIN] = min;
	mode.cc[TIME] = time;
	set(&mode);
	char buf[16];
	say(" %zd", read(tty, buf, size));
	return (now_us() - start) / 1000;
}

static int type_later(long text)
{
	for (const char *at = (const char *)text; *at; at++) {
		usleep(30000);
		io(TIOCSTI, (void *)at);
	}
	return 0;
}

static void later(const char *text)
{
	start(type_later, (long)text);
}

/*
 * How much is written while output is stopped depends on the device, but it
 * has an end.  Return: how the last write failed.
 */
static long fill_up(void)
{
	long n = 1;

	for (int i = 0; i < 10000 && n == 1; i++)
		n = sys(SYS_write, tty, (long)"x", 1);
	return n;
}

/* Nothing can be printed meanwhile. */
static void check_stopped(void)
{
	struct pollfd out = { tty, POLLOUT, 0 };
	long wrote, stopped, again;

	settle(), type("\023");
	wrote = fill_up();
	stopped = poll(&out, 1, 0);
	io(TCFLSH, (void *)1);
	type("\021");
	again = poll(&out, 1, 0);
	expect(wrote, -EAGAIN, "a write that is stopped would wait");
	expect(stopped, 0, "as poll says");
	expect(again, 1, "until it goes on");
	settle(), io(TCXONC, (void *)0);
	type("\021");
	wrote = fill_up();
	io(TCFLSH, (void *)1);
	io(TCXONC, (void *)1);
	expect(wrote, -EAGAIN, "TCOOFF is not undone by a key");
	expect(write(tty, "#", 1), 1, "but by TCOON");
	tell_modes("stopped");
}

static void check_time(void)
{
	check(waited(0, 0, 10) < 1000, "MIN 0, TIME 0: at once");
	check(waited(0, 1, 10) >= 100, "MIN 0, TIME 1: in a while");
	type("a"), waited(0, 1, 10), type("abc"), waited(3, 0, 10);
	type("abc"), waited(5, 0, 2), waited(0, 0, 10);
	later("xyz"), waited(3, 0, 10), wait(NULL);
	later("x"), check(waited(2, 2, 10) >= 200, "MIN 2, TIME 2"), wait(NULL);
	later("xy"), waited(2, 2, 10), wait(NULL), tell_modes("MIN and TIME");

	fcntl(tty, F_SETFL, O_RDWR | O_NONBLOCK);
	waited(1, 0, 10), say("/%d", errno), waited(0, 0, 10);
	waited(0, 1, 10), say("/%d", errno);
	type("ab"), count(), waited(5, 0, 10);
	mode.cc[MIN] = 3, mode.cc[TIME] = 0, set(&mode);
	type("ab"), say(is_readable() ? " early" : " not yet"), type("c"), count();
	mode.cc[MIN] = 5, mode.cc[TIME] = 1, set(&mode), count();
	tell_modes("without waiting");
	check_stopped();
	fcntl(tty, F_SETFL, O_RDWR);
}

/* ------------------------------------------------------------- job control */

static int get_pgrp(void)
{
	int pgrp = -1;
	long err = io(TIOCGPGRP, &pgrp);

	return err ? err : pgrp;
}

static long set_pgrp(int pgrp)
{
	return io(TIOCSPGRP, &pgrp);
}

static int get_sid(void)
{
	int sid = -1;
	long err = io(TIOCGSID, &sid);

	return err ? err : sid;
}

static void check_without(void)
{
	expect(sys(SYS_open, (long)"/dev/tty", O_RDWR), -ENXIO,
	       "without a controlling terminal there is no /dev/tty");
	expect(get_pgrp(), -ENOTTY, "nor a foreground");
	expect(get_sid(), -ENOTTY, "nor a session");
	expect(set_pgrp(getpid()), -ENOTTY, "nor can it be set");
	expect(io(TIOCNOTTY, NULL), -ENOTTY, "nor given up");
	expect(io(TIOCSPGRP, (void *)8), -EFAULT, "from nowhere");
}

static int not_leader(long unused)
{
	(void)unused;
	return io(TIOCSCTTY, 0) == -EPERM ? 0 : 1;
}

static int in_new_session(long unused)
{
	(void)unused;
	setsid();
	return sys(SYS_open, (long)"/dev/tty", O_RDWR) == -ENXIO &&
		get_pgrp() == -ENOTTY && io(TIOCSCTTY, 0) == -EPERM ? 0 : 1;
}

static int sleeper(long own_group)
{
	if (own_group)
		setpgid(0, 0);
	*step = 1;
	for (;;)
		pause();
	return 0;
}

static int start_sleeper(bool own_group)
{
	*step = 0;
	int pid = start(sleeper, own_group);
	until(step, 1);
	return pid;
}

static void drop(int pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void check_acquire(void)
{
	int pid = start_sleeper(false), pgrp = -1;

	expect(setsid(), getpid(), "a new session");
	check_without();
	expect(io(TIOCSCTTY, 0), 0, "gets the terminal");
	expect(io(TIOCSCTTY, 0), 0, "twice");
	expect(get_sid(), getpid(), "it is its own");
	expect(get_pgrp(), getpid(), "and in the foreground");
	tty = open("/dev/tty", O_RDWR);
	check(tty > 2, "/dev/tty is there");
	expect(get_sid(), getpid(), "and the same");
	expect(set_pgrp(-1), -EINVAL, "group -1");
	expect(set_pgrp(0), -ESRCH, "group 0");
	expect(set_pgrp(32000), -ESRCH, "no such group");
	expect(set_pgrp(pid), -EPERM, "a process of another session");
	expect(io(TIOCSPGRP, (void *)8), -EFAULT, "from nowhere");
	expect(io(TIOCGPGRP, (void *)8), -EFAULT, "to nowhere");
	expect(get_pgrp(), getpid(), "have changed nothing");
	drop(pid);
	pid = start_sleeper(false);
	expect(set_pgrp(pid), 0, "a process that is no group");
	expect(io(TIOCGPGRP, &pgrp), 0, "is accepted");
	check(pgrp == pid, "for one");
	signal(SIGTTOU, SIG_IGN);
	expect(set_pgrp(getpid()), 0, "and back, without being stopped");
	signal(SIGTTOU, SIG_DFL);
	drop(pid);
	check(exited(run(not_leader, 0), 0), "who leads no session cannot");
	check(exited(run(in_new_session, 0), 0), "a new session has none");
}

/* A job: a process in a group of its own, which does @body(@arg). */
struct job { int (*body)(long); long arg; };

static int job_main(long at)
{
	const struct job *job = (const void *)at;

	setpgid(0, 0);
	*step = 1;
	until(step, 2);
	return job->body(job->arg);
}

/* Let it begin in the background, or the foreground. */
static int start_job(int (*body)(long), long arg, bool foreground)
{
	struct job job = { body, arg };

	*step = 0;
	int pid = start(job_main, (long)&job);
	until(step, 1);
	if (foreground)
		expect(set_pgrp(pid), 0, "a job gets the foreground");
	*step = 2;
	return pid;
}

static void to_foreground(int pid)
{
	signal(SIGTTOU, SIG_IGN);
	expect(set_pgrp(pid), 0, "the foreground changes");
	signal(SIGTTOU, SIG_DFL);
}

static void stopped_by(int pid, int sig, const char *sentence)
{
	int status = -1;

	waitpid(pid, &status, WUNTRACED);
	check(WIFSTOPPED(status) && WSTOPSIG(status) == sig, "%s", sentence);
}

static void ends(int pid, int code, const char *sentence)
{
	int status = -1;

	waitpid(pid, &status, 0);
	check(exited(status, code), "%s", sentence);
	if (!exited(status, code))
		note("status %#x", status);
}

static int read_one(long unused)
{
	char byte = 0;
	long n = sys(SYS_read, tty, (long)&byte, 1);

	(void)unused;
	return n < 0 ? -n : byte;
}

static int read_ignoring(long how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTTIN);
	if (how)
		sigprocmask(SIG_BLOCK, &set, NULL);
	else
		signal(SIGTTIN, SIG_IGN);
	return read_one(0);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	*step = 100 + sig;
	if (info->si_code != SI_KERNEL || info->si_pid)
		*step = 0;
}

static int read_handling(long flags)
{
	struct sigaction action = { .sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | flags };

	sigaction(SIGTTIN, &action, NULL);
	return read_one(0);
}

static int write_one(long unused)
{
	(void)unused;
	return -sys(SYS_write, tty, (long)"# by a job\n", 11) & 0xff;
}

static int set_mode_in(long ignores)
{
	if (ignores)
		signal(SIGTTOU, SIG_IGN);
	return -io(TCSETS, &normal);
}

static int set_pgrp_in(long unused)
{
	(void)unused;
	return -set_pgrp(getpid());
}

static void check_background(void)
{
	int pid = start_job(read_one, 0, false);

	stopped_by(pid, SIGTTIN, "a read in the background stops");
	to_foreground(pid);
	type("x\n");
	kill(pid, SIGCONT);
	ends(pid, 'x', "and goes on in the foreground");
	io(TCFLSH, (void *)0);
	to_foreground(getpid());
	ends(start_job(read_ignoring, 0, false), EIO, "ignoring that: EIO");
	ends(start_job(read_ignoring, 1, false), EIO, "blocking it: EIO");
	ends(start_job(read_handling, 0, false), EINTR, "handling it: EINTR");
	expect(*step, 100 + SIGTTIN, "the handler ran, for the kernel");
	ends(start_job(write_one, 0, false), 256 - 11, "a write is allowed");
	mode.lflag |= TOSTOP, set(&mode);
	pid = start_job(write_one, 0, false);
	stopped_by(pid, SIGTTOU, "not with TOSTOP");
	set(&normal), kill(pid, SIGCONT);
	ends(pid, 256 - 11, "until that is over");
	pid = start_job(set_mode_in, 0, false);
	stopped_by(pid, SIGTTOU, "a change of mode stops");
	to_foreground(pid), kill(pid, SIGCONT);
	ends(pid, 0, "and goes on in the foreground");
	to_foreground(getpid());
	ends(start_job(set_mode_in, 1, false), 0, "ignoring that: it is done");
	pid = start_job(set_pgrp_in, 0, false);
	stopped_by(pid, SIGTTOU, "a grasp for the foreground stops");
	drop(pid);
}

static int wait_for_signal(long unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

static void check_keys(void)
{
	int pid = start_job(wait_for_signal, 0, true), status;

	settle(), type("\003");
	waitpid(pid, &status, 0);
	check(killed(status, SIGINT), "^C kills the job");
	to_foreground(getpid());
	pid = start_job(wait_for_signal, 0, true);
	settle(), type("\034");
	waitpid(pid, &status, 0);
	check(killed(status, SIGQUIT), "^\\ does");
	to_foreground(getpid());
	pid = start_job(wait_for_signal, 0, true);
	settle(), type("\032");
	stopped_by(pid, SIGTSTP, "^Z stops it");
	kill(pid, SIGCONT);
	waitpid(pid, &status, WCONTINUED);
	check(WIFCONTINUED(status), "and it goes on");
	settle(), type("\032");
	stopped_by(pid, SIGTSTP, "again");
	drop(pid);
	to_foreground(getpid());
}

static volatile int winches;

static void on_winch(int sig)
{
	(void)sig;
	winches++;
}

static void check_winsize(void)
{
	struct winsize size = { 33, 44, 55, 66 }, old;

	expect(io(TIOCGWINSZ, &old), 0, "TIOCGWINSZ");
	note("%d x %d", old.ws_row, old.ws_col);
	signal(SIGWINCH, on_winch);
	expect(io(TIOCSWINSZ, &size), 0, "TIOCSWINSZ");
	expect(winches, 1, "tells the foreground");
	expect(io(TIOCSWINSZ, &size), 0, "the same again");
	expect(winches, 1, "does not");
	memset(&size, 0, sizeof(size));
	io(TIOCGWINSZ, &size);
	check(size.ws_row == 33 && size.ws_col == 44 && size.ws_xpixel == 55 &&
	      size.ws_ypixel == 66, "it is what was set");
	expect(io(TIOCSWINSZ, (void *)8), -EFAULT, "from nowhere");
	expect(io(TIOCGWINSZ, (void *)8), -EFAULT, "to nowhere");
	io(TIOCSWINSZ, &old);
	signal(SIGWINCH, SIG_DFL);
}

/* Somebody in a group whose only link to the session is about to end. */
static int orphan_reads(long unused)
{
	(void)unused;
	setpgid(0, 0);
	until(step, 3);
	usleep(50000);			/* the parent is gone */
	signal(SIGHUP, SIG_IGN);
	*step = 200 + read_one(0);
	return 0;
}

static int leave_orphan(long unused)
{
	(void)unused;
	setpgid(0, 0);
	start(orphan_reads, 0);
	usleep(20000);
	*step = 3;
	return 0;
}

static int orphan_stops(long unused)
{
	struct sigaction action = { .sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO };

	(void)unused;
	setpgid(0, 0);
	sigaction(SIGHUP, &action, NULL);
	raise(SIGSTOP);
	usleep(20000);
	if (*step == 100 + SIGHUP)
		*step = 300;
	raise(SIGTSTP);			/* nobody could wake it up */
	if (*step == 300)
		*step = 400;
	return 0;
}

static int leave_stopped(long unused)
{
	int status, pid = start(orphan_stops, 0);

	(void)unused;
	waitpid(pid, &status, WUNTRACED);
	*step = WIFSTOPPED(status) ? 5 : 6;
	return 0;
}

static void check_orphans(void)
{
	*step = 0;
	run(leave_orphan, 0);
	check(until(step, 200), "an orphan reads");
	expect(*step, 200 + EIO, "EIO");
	*step = 0;
	run(leave_stopped, 0);
	check(until(step, 300), "stopped, it is told that it became one");
	check(until(step, 400), "and cannot be stopped by the keyboard");
}

static int give_up(long unused)
{
	(void)unused;
	return io(TIOCNOTTY, NULL) == 0 &&
		sys(SYS_open, (long)"/dev/tty", O_RDWR) == -ENXIO &&
		get_pgrp() == -ENOTTY && io(TIOCNOTTY, NULL) == -ENOTTY ?
		0 : 1;
}

static void check_give_up(void)
{
	int pid, status;

	check(exited(run(give_up, 0), 0), "a member can leave the terminal");
	expect(get_pgrp(), getpid(), "which stays with the others");
	pid = start_job(wait_for_signal, 0, true);
	expect(io(TIOCNOTTY, NULL), 0, "the leader gives it up");
	waitpid(pid, &status, 0);
	check(killed(status, SIGHUP), "the foreground is told");
	tty = 0;
	expect(get_sid(), -ENOTTY, "and it is nobody's");
	expect(sys(SYS_open, (long)"/dev/tty", O_RDWR), -ENXIO, "there is none");
	expect(io(TIOCSCTTY, 0), 0, "until it is taken again");
}

/* --------------------------------------------------------------------- main */

static int session(long unused)
{
	(void)unused;
	check_acquire();
	signal(SIGINT, SIG_IGN);
	check_defaults();
	check_editing();
	check_input_flags();
	check_output_flags();
	check_modes();
	check_pieces();
	check_random();
	check_time();
	signal(SIGINT, SIG_DFL);
	check_background();
	check_keys();
	check_winsize();
	check_orphans();
	check_give_up();
	return guest_end();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	if (argc > 1)
		seed = atoi(argv[1]);
	return exited(run(session, 0), 0) ? 0 : 1;
}
