// SPDX-License-Identifier: MIT
/*
 * line - the line discipline: makes of keys what is read, and of what is
 * written what is sent.
 *
 * What is typed goes into a ring.  In canonical mode (ICANON) it is a line
 * that can be edited until it is ended, and only then read:
 *
 *	        tail                   canon             head
 *	         v                       v                 v
 *	  ...    h e l l o \n  b y e EOF w o r l          ...
 *	                    ^        ^   erase works here
 *	                    LINE_END LINE_END
 *
 * The end of the input is a line's end that is a byte 0, and not read itself.
 * In raw mode all up to head can be read, and no byte is an end.
 *
 * An echo is output like any other, but cannot wait for a writer who sleeps:
 * it goes through a buffer, which is sent at once unless output is stopped, or
 * a writer is sending, who then takes it along.
 *
 * True whenever tty.lock is free:
 *   L1  tail <= canon <= head in canonical mode, head - tail <= RING_SIZE
 *   L2  in raw mode no byte of the ring is a LINE_END
 *   L3  canon == tail, or the byte before canon is a LINE_END
 *   L4  echoes wait only while output is stopped or somebody is sending
 */
#include "fs/tty_internal.h"

#include "drivers/serial.h"
#include "lib/string.h"
#include "lib/util.h"

#define LINE_END	0x100u
#define THROTTLE	128u		/* IXOFF: stop at so little room, */
#define UNTHROTTLE	128u		/* go on at so few bytes */

static inline uint32_t iflag(uint32_t flag)
{
	return tty.termios.iflag & flag;
}

static inline uint32_t oflag(uint32_t flag)
{
	return tty.termios.oflag & flag;
}

static inline uint32_t lflag(uint32_t flag)
{
	return tty.termios.lflag & flag;
}

/* Lines are edited and read as lines. */
static bool is_canonical(void)
{
	return lflag(ICANON | EXTPROC) == ICANON;
}

static bool is_key(uint8_t c, unsigned int which)
{
	return c && c == tty.termios.cc[which];
}

/* The same for those that are Linux's own. */
static bool is_extended_key(uint8_t c, unsigned int which)
{
	return is_key(c, which) && lflag(IEXTEN);
}

static bool is_control(uint8_t c)
{
	return c < ' ' || c == 0x7f;
}

/* Letters are those of Latin-1, as ever. */
static bool is_lower(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7);
}

static bool is_upper(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c < 0xdf && c != 0xd7);
}

/* A byte of UTF-8 that is not the first of its character. */
static bool is_continuation(uint8_t c)
{
	return iflag(IUTF8) && (c & 0xc0) == 0x80;
}

/* ----------------------------------------------------------------- output */

/* What to send for @c.  Return: how many bytes. */
static __noinline size_t output_char(uint8_t c, char out[LINE_EXPANSION])
{
	unsigned int spaces;

	switch (c) {
	case '\n':
		if (oflag(ONLRET | ONLCR))
			tty.column = 0;
		if (oflag(ONLCR)) {
			tty.canon_column = 0;
			memcpy(out, "\r\n", 2);
			return 2;
		}
		tty.canon_column = tty.column;
		break;
	case '\r':
		if (oflag(ONOCR) && tty.column == 0)
			return 0;
		if (oflag(OCRNL)) {
			c = '\n';
			if (!oflag(ONLRET))
				break;
		}
		tty.canon_column = tty.column = 0;
		break;
	case '\t':
		spaces = 8 - tty.column % 8;
		tty.column += spaces;
		if (oflag(TABDLY) == XTABS) {
			memset(out, ' ', spaces);
			return spaces;
		}
		break;
	case '\b':
		tty.column -= tty.column > 0;
		break;
	default:
		if (is_control(c))
			break;
		if (oflag(OLCUC) && is_lower(c))
			c -= 'a' - 'A';
		tty.column += !is_continuation(c);
	}
	out[0] = c;
	return 1;
}

/* How many characters at @at are one column each, and sent as they are. */
static size_t plain_run(const char *at, size_t max)
{
	size_t n = 0;

	while (n < max && (uint8_t)at[n] >= ' ' && (uint8_t)at[n] < 0x7f)
		n++;
	return n;
}

size_t line_process(const char **text, const char *end, char *out, size_t room)
{
	const char *at = *text;
	bool is_plain = !oflag(OLCUC);
	size_t n = 0;

	if (!oflag(OPOST)) {
		n = min((size_t)(end - at), room);
		memcpy(out, at, n);
		*text = at + n;
		return n;
	}
	room -= LINE_EXPANSION - 1;
	while (at < end && n < room) {
		size_t run = 0;

		if (is_plain)
			run = plain_run(at, min((size_t)(end - at), room - n));
		memcpy(out + n, at, run);
		tty.column += run;
		at += run;
		n += run;
		if (at < end && n < room)
			n += output_char(*at++, out + n);
	}
	*text = at;
	return n;
}

void line_flush_echo(void)
{
	if (!tty.nr_echo || tty.is_stopped || tty.is_sending)
		return;
	tty.send((const char *)tty.echo, tty.nr_echo);
	tty.nr_echo = 0;
}

void line_start(void)
{
	if (tty.is_off)
		return;
	tty.is_stopped = false;
	line_flush_echo();
}

void line_stop(void)
{
	tty.is_stopped = true;
}

/* ------------------------------------------------------------------- echo */

static bool echo_has_room(void)
{
	return tty.nr_echo <= ECHO_SIZE - LINE_EXPANSION;
}

/* Not changed by what oflag says. */
static void echo_plain(uint8_t c)
{
	if (echo_has_room())		/* or it was stopped long ago */
		tty.echo[tty.nr_echo++] = c;
}

static __noinline void echo_byte(uint8_t c)
{
	if (c == 0xff)
		tty.column++;
	if (!oflag(OPOST) || c == 0xff)
		echo_plain(c);
	else if (echo_has_room())
		tty.nr_echo += output_char(c, (char *)tty.echo + tty.nr_echo);
}

static void echo_text(const char *text)
{
	while (*text)
		echo_byte(*text++);
}

/* Control characters as ^X, if that is wanted. */
static __noinline void echo_char(uint8_t c)
{
	if (lflag(ECHOCTL) && is_control(c) && c != '\t') {
		echo_plain('^');
		echo_plain(c ^ 0x40);
		tty.column += 2;
	} else {
		echo_byte(c);
	}
}

static void move_back(void)
{
	tty.column -= tty.column > 0;
}

/* ECHOPRT shows what is erased between \ and /. */
static void finish_erasing(void)
{
	if (tty.is_erasing)
		echo_byte('/');
	tty.is_erasing = false;
}

static void echo_typed(uint8_t c)
{
	if (tty.canon == tty.head)
		tty.canon_column = tty.column;
	echo_char(c);
}

/* --------------------------------------------------------------- the ring */

static uint16_t *ring_at(unsigned int place)
{
	return &tty.ring[place % RING_SIZE];
}

static bool has_no_line(void)
{
	return is_canonical() && tty.canon == tty.tail;
}

/* A wrong byte may be marked by two more. */
static unsigned int ring_room(void)
{
	unsigned int room = RING_SIZE - (tty.head - tty.tail);

	return iflag(PARMRK) ? (room + 2) / 3 : room;
}

/* A line that is too long goes on, at its last place, so it can be ended. */
bool line_has_room(void)
{
	return ring_room() > 1 || has_no_line();
}

static __noinline void push(uint16_t what)
{
	if (tty.head - tty.tail < RING_SIZE)
		*ring_at(tty.head++) = what;
}

/* A byte for the reader; 0xff announces a wrong one, so it is doubled. */
static void push_byte(uint8_t c)
{
	if (c == 0xff && iflag(PARMRK))
		push(c);
	push(c);
}

static void end_line(uint8_t c)
{
	if (tty.head - tty.tail == RING_SIZE)
		tty.head--;
	push(c | LINE_END);
	tty.canon = tty.head;
}

void line_flush(void)
{
	tty.tail = tty.canon = tty.head;
	tty.is_erasing = false;
}

/* ------------------------------------------------------------------- edit */

/* The columns from the last tab, or the line's beginning, up to head. */
static unsigned int columns_before(void)
{
	unsigned int n = 0;

	for (unsigned int at = tty.head; at != tty.canon;) {
		uint8_t c = *ring_at(--at);

		if (c == '\t')
			return n;
		if (is_control(c))
			n += lflag(ECHOCTL) ? 2 : 0;
		else
			n += !is_continuation(c);
	}
	return n + tty.canon_column;
}

/* Take @c, a character of @size bytes at head, off the screen. */
static void echo_erase(uint8_t c, unsigned int size, bool is_one)
{
	if (lflag(ECHOPRT)) {
		if (!tty.is_erasing)
			echo_byte('\\');
		tty.is_erasing = true;
		echo_char(c);
		for (unsigned int i = 1; i < size; i++) {
			echo_byte(*ring_at(tty.head + i));
			move_back();
		}
	} else if (is_one && !lflag(ECHOE)) {
		echo_char(tty.termios.cc[VERASE]);
	} else if (c == '\t') {
		for (unsigned int n = 8 - columns_before() % 8; n; n--) {
			echo_plain('\b');
			move_back();
		}
	} else if (!is_control(c)) {
		echo_text("\b \b");
	} else if (lflag(ECHOCTL)) {
		echo_text("\b \b\b \b");
	}
}

/* The first byte of the last character; head if the line lacks it. */
static unsigned int last_character(void)
{
	unsigned int at = tty.head;

	do {
		at--;
	} while (is_continuation(*ring_at(at)) && at != tty.canon);
	return is_continuation(*ring_at(at)) ? tty.head : at;
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || is_lower(c) || is_upper(c) ||
		c == '_';
}

/* Erase a character, or with VWERASE a word, or with VKILL all. */
static void erase(unsigned int which)
{
	bool in_word = false;

	if (tty.head == tty.canon)
		return;
	while (tty.head != tty.canon) {
		unsigned int at = last_character();
		uint8_t c = *ring_at(at);
		unsigned int size = tty.head - at;

		if (!size || (which == VWERASE && in_word && !is_word(c)))
			break;
		in_word |= is_word(c);
		tty.head = at;
		if (lflag(ECHO))
			echo_erase(c, size, which == VERASE);
		if (which == VERASE)
			break;
	}
	if (tty.head == tty.canon && lflag(ECHO))
		finish_erasing();
}

static void kill_line(void)
{
	const uint32_t shown = ECHO | ECHOK | ECHOKE | ECHOE;

	if (tty.head == tty.canon)
		return;
	if (lflag(shown) == shown) {
		erase(VKILL);
		return;
	}
	tty.head = tty.canon;
	if (!lflag(ECHO))
		return;
	finish_erasing();
	echo_char(tty.termios.cc[VKILL]);
	if (lflag(ECHOK))
		echo_byte('\n');
}

static void reprint(uint8_t c)
{
	finish_erasing();
	echo_char(c);
	echo_byte('\n');
	for (unsigned int at = tty.canon; at != tty.head; at++)
		echo_char(*ring_at(at));
}

static void quote_next(void)
{
	tty.is_quoted = true;
	if (!lflag(ECHO))
		return;
	finish_erasing();
	if (lflag(ECHOCTL))
		echo_text("^\b");
}

/* Return: @c was an editing key, or the end of a line, and is dealt with. */
static bool edit(uint8_t c)
{
	if (is_key(c, VERASE)) {
		erase(VERASE);
	} else if (is_key(c, VKILL)) {
		kill_line();
	} else if (is_extended_key(c, VWERASE)) {
		erase(VWERASE);
	} else if (is_extended_key(c, VLNEXT)) {
		quote_next();
	} else if (is_extended_key(c, VREPRINT) && lflag(ECHO)) {
		reprint(c);
	} else if (c == '\n') {
		if (lflag(ECHO | ECHONL))
			echo_byte('\n');
		end_line('\n');
	} else if (is_key(c, VEOF)) {
		end_line(0);
	} else if (is_key(c, VEOL) || is_extended_key(c, VEOL2)) {
		if (lflag(ECHO))
			echo_typed(c);
		if (c == 0xff && iflag(PARMRK))
			push(c);
		end_line(c);
	} else {
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------ input */

static bool is_flow_key(uint8_t c)
{
	if (!iflag(IXON))
		return false;
	if (is_key(c, VSTART))
		line_start();
	else if (is_key(c, VSTOP))
		line_stop();
	else
		return false;
	return true;
}

static int key_signal(uint8_t c)
{
	if (!lflag(ISIG))
		return 0;
	return is_key(c, VINTR) ? SIGINT : is_key(c, VQUIT) ? SIGQUIT :
		is_key(c, VSUSP) ? SIGTSTP : 0;
}

static void flush_for_signal(void)
{
	if (lflag(NOFLSH))
		return;
	line_flush();
	tty.nr_echo = 0;
}

/* Any key lets stopped output go on. */
static void start_by_any(void)
{
	if (tty.is_stopped && iflag(IXON) && iflag(IXANY))
		line_start();
}

static __noinline void receive_plain(uint8_t c)
{
	start_by_any();
	if (lflag(ECHO)) {
		finish_erasing();
		echo_typed(c);
	}
	push_byte(c);
}

static int receive_key(uint8_t c)
{
	bool is_return = false;
	int signo;

	if (is_flow_key(c))
		return 0;
	signo = key_signal(c);
	if (signo) {
		flush_for_signal();
		if (iflag(IXON))
			line_start();
		if (lflag(ECHO))
			echo_char(c);
		return signo;
	}
	start_by_any();
	if (c == '\r') {
		if (iflag(IGNCR))
			return 0;
		is_return = iflag(ICRNL);
		if (is_return)
			c = '\n';
	} else if (c == '\n' && iflag(INLCR)) {
		c = '\r';
	}
	if (lflag(ICANON) && edit(c))
		return 0;
	if (is_return && lflag(ECHO)) {
		finish_erasing();
		echo_byte('\n');	/* not ^J, as that key itself */
		push_byte(c);
	} else {
		receive_plain(c);
	}
	return 0;
}

/* A wrong byte, or a break, which is a 0 that lasts too long. */
static int receive_error(uint8_t c, unsigned int error)
{
	if (error == SERIAL_BREAK) {
		if (iflag(IGNBRK))
			return 0;
		if (iflag(BRKINT)) {
			flush_for_signal();
			return SIGINT;
		}
		c = 0;
	} else if (!iflag(INPCK)) {
		receive_plain(c);
		return 0;
	} else if (iflag(IGNPAR)) {
		return 0;
	}
	if (iflag(PARMRK)) {
		push(0xff);
		push(0);
		push(c);
	} else {
		push(0);
	}
	return 0;
}

/* Ask the other side to stop when the ring is nearly full: IXOFF. */
static void throttle(void)
{
	if (!iflag(IXOFF) || tty.is_throttled || has_no_line() ||
	    RING_SIZE - (tty.head - tty.tail) >= THROTTLE)
		return;
	tty.is_throttled = true;
	tty.send((const char *)&tty.termios.cc[VSTOP], 1);
}

static void unthrottle(void)
{
	if (!tty.is_throttled || tty.head - tty.tail > UNTHROTTLE)
		return;
	tty.is_throttled = false;
	tty.send((const char *)&tty.termios.cc[VSTART], 1);
}

int line_receive(uint8_t c, unsigned int error)
{
	int signo = 0;

	if (!line_has_room())
		return 0;
	if (tty.head - tty.tail == RING_SIZE)
		tty.head--;		/* has_no_line() */
	if (!error && iflag(ISTRIP))
		c &= 0x7f;
	if (!error && iflag(IUCLC) && lflag(IEXTEN) && is_upper(c))
		c += 'a' - 'A';
	if (tty.is_quoted) {
		tty.is_quoted = false;
		receive_plain(c);
	} else if (error) {
		signo = receive_error(c, error);
	} else if (lflag(EXTPROC)) {
		push(c);
	} else {
		signo = receive_key(c);
	}
	line_flush_echo();
	throttle();
	return signo;
}

/* ------------------------------------------------------------------- read */

bool line_is_readable(unsigned int min)
{
	if (is_canonical())
		return tty.canon != tty.tail;
	return tty.head - tty.tail >= min;
}

size_t line_nr_readable(void)
{
	size_t n = 0;

	if (!is_canonical())
		return tty.head - tty.tail;
	for (unsigned int at = tty.tail; at != tty.canon; at++)
		n += *ring_at(at) != LINE_END;
	return n;
}

size_t line_take(char *buf, size_t size, bool *at_end)
{
	unsigned int end = is_canonical() ? tty.canon : tty.head;
	uint16_t what = 0;
	size_t n = 0;

	while (tty.tail != end && !(what & LINE_END)) {
		what = *ring_at(tty.tail);
		if (n == size && what != LINE_END)
			break;
		if (what != LINE_END)
			buf[n++] = what;
		tty.tail++;
	}
	*at_end = what & LINE_END;
	unthrottle();
	return n;
}

/* What was typed in raw mode is a line now; what was a line is bytes. */
static void change_mode(void)
{
	for (unsigned int at = tty.tail; at != tty.head; at++)
		*ring_at(at) &= ~LINE_END;
	tty.canon = tty.tail;
	if (is_canonical() && tty.head != tty.tail) {
		*ring_at(tty.head - 1) |= LINE_END;
		tty.canon = tty.head;
	}
	tty.is_erasing = false;
	tty.is_quoted = false;
}

void line_set_termios(const struct termios *termios)
{
	struct termios old = tty.termios;

	tty.termios = *termios;
	if ((old.lflag ^ termios->lflag) & (ICANON | EXTPROC))
		change_mode();
	if (old.iflag & IXON && !iflag(IXON))
		line_start();
}
