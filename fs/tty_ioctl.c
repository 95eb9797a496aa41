// SPDX-License-Identifier: MIT
/*
 * tty_ioctl - the terminal's modes, and all else that it is asked by ioctl().
 *
 * Changes are for the foreground: who makes one from the background is stopped
 * first (tty_job.c).
 *
 * Locking: tty.lock for the mode, tty.control for the rest.
 */
#include "fs/tty_internal.h"

#include "drivers/serial.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "x86/uaccess.h"

/* ---------------------------------------------------------------- termios */

static const uint32_t speeds[] = {
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600,
	19200, 38400, 57600, 115200,
};

/* The speed that CBAUD's bits mean; @other: what BOTHER stands for. */
static uint32_t speed_of(uint32_t bits, uint32_t other)
{
	bits &= CBAUD;
	if (bits == BOTHER)
		return other;
	if (bits & CBAUDEX)
		bits = (bits & ~CBAUDEX) + 15;
	return bits < ARRAY_SIZE(speeds) ? speeds[bits] : UINT32_MAX;
}

/* What the chip cannot do stays as it was. */
static void set_speeds(struct termios *new, const struct termios *old)
{
	uint32_t in = new->cflag >> IBSHIFT;

	new->ospeed = speed_of(new->cflag, new->ospeed);
	new->ispeed = in & CBAUD ? speed_of(in, new->ispeed) : new->ospeed;
	if (new->ospeed <= SERIAL_BAUD_MAX)
		return;
	new->cflag = (new->cflag & ~(CBAUD | CBAUD << IBSHIFT)) |
		(old->cflag & (CBAUD | CBAUD << IBSHIFT));
	new->ospeed = old->ospeed;
	new->ispeed = old->ispeed;
}

/* B0 is no speed, but says: let go of the line. */
static void program_line(const struct termios *termios)
{
	const uint32_t cflag = termios->cflag;
	uint8_t format = (cflag & CSIZE) >> 4;		/* SERIAL_BITS() */

	if (cflag & CSTOPB)
		format |= SERIAL_2_STOPS;
	if (cflag & PARENB)
		format |= SERIAL_PARITY;
	if (!(cflag & PARODD))
		format |= SERIAL_EVEN;
	serial_set_line(termios->ospeed ? termios->ospeed : SERIAL_BAUD,
			format);
	serial_set_modem(termios->ospeed ? SERIAL_DTR | SERIAL_RTS : 0);
}

void tty_get_termios(struct termios *termios)
{
	uint32_t flags = tty_lock();

	*termios = tty.termios;
	tty_unlock(flags);
}

void tty_set_termios(const struct termios *termios)
{
	struct termios new = *termios, old;
	uint32_t flags = tty_lock();

	old = tty.termios;
	set_speeds(&new, &old);
	line_set_termios(&new);
	serial_hold(!line_has_room());
	tty_unlock(flags);
	if (new.cflag != old.cflag || new.ospeed != old.ospeed)
		program_line(&new);
	wake_all(&tty.change);
}

static long put_termios(vaddr_t to, size_t size)
{
	struct termios termios;

	tty_get_termios(&termios);
	return copy_to_user(to, &termios, size) ? -EFAULT : 0;
}

static long put_termio(vaddr_t to)
{
	struct termios t;
	struct termio termio;

	tty_get_termios(&t);
	termio = (struct termio){
		t.iflag, t.oflag, t.cflag, t.lflag, .line = t.line,
	};
	memcpy(termio.cc, t.cc, NCC);
	return copy_to_user(to, &termio, sizeof(termio)) ? -EFAULT : 0;
}

static int get_termio(struct termios *t, vaddr_t from)
{
	struct termio termio;

	if (copy_from_user(&termio, from, sizeof(termio)))
		return -EFAULT;
	t->iflag = (t->iflag & ~0xffffu) | termio.iflag;
	t->oflag = (t->oflag & ~0xffffu) | termio.oflag;
	t->cflag = (t->cflag & ~0xffffu) | termio.cflag;
	t->lflag = (t->lflag & ~0xffffu) | termio.lflag;
	t->line = termio.line;
	memcpy(t->cc, termio.cc, NCC);
	return 0;
}

enum when { NOW, DRAINED, FLUSHED };

/* Read a termios of @size bytes, and let it be so. */
static long change_termios(vaddr_t from, size_t size, enum when when)
{
	struct termios termios;
	long err = tty_check_background(SIGTTOU);

	if (err)
		return err;
	tty_get_termios(&termios);
	if (size == sizeof(struct termio) ? get_termio(&termios, from) < 0 :
	    copy_from_user(&termios, from, size) > 0)
		return -EFAULT;
	if (when != NOW)
		err = tty_turn_take(&tty.writing, true);
	if (err)
		return err;
	if (when == FLUSHED)
		tty_flush_input();
	tty_set_termios(&termios);
	if (when != NOW)
		tty_turn_give(&tty.writing);
	return 0;
}

/* ------------------------------------------------------------------ ioctl */

static long flow(uint32_t what)
{
	long err = tty_check_background(SIGTTOU);
	uint32_t flags;

	if (err)
		return err;
	if (what > TCION)
		return -EINVAL;
	flags = tty_lock();
	if (what == TCOOFF) {
		tty.is_off = true;
		line_stop();
	} else if (what == TCOON && tty.is_off) {
		tty.is_off = false;
		line_start();
	} else if (what >= TCIOFF) {
		uint8_t key = tty.termios.cc[what == TCIOFF ? VSTOP : VSTART];

		if (key)
			tty.send((char *)&key, 1);
	}
	tty_unlock(flags);
	wake_all(&tty.change);
	return 0;
}

/* Nothing that was written is still on its way. */
static long flush(uint32_t what)
{
	long err = tty_check_background(SIGTTOU);

	if (err)
		return err;
	if (what > TCIOFLUSH)
		return -EINVAL;
	if (what != TCOFLUSH)
		tty_flush_input();
	return 0;
}

/* Both also wait until all that was written is sent, which it is. */
static long send_break(uint32_t ms)
{
	int err = tty_check_background(SIGTTOU);

	if (err || !ms)
		return err;
	serial_set_break(true);
	err = thread_sleep_interruptible(ms * 1000000ull, NULL);
	serial_set_break(false);
	return err;
}

static long set_break(bool on)
{
	long err = tty_check_background(SIGTTOU);

	if (!err)
		serial_set_break(on);
	return err;
}

static long type(vaddr_t from)
{
	const struct tty_process me = tty_self();
	uint8_t byte;

	if (!me.has_tty && !me.is_admin)
		return -EPERM;
	if (copy_from_user(&byte, from, 1))
		return -EFAULT;
	tty_receive(byte);
	return 0;
}

static long get_winsize(vaddr_t to)
{
	struct winsize winsize;

	mutex_lock(&tty.control);
	winsize = tty.winsize;
	mutex_unlock(&tty.control);
	return copy_to_user(to, &winsize, sizeof(winsize)) ? -EFAULT : 0;
}

static long set_winsize(vaddr_t from)
{
	struct winsize winsize;

	if (copy_from_user(&winsize, from, sizeof(winsize)))
		return -EFAULT;
	mutex_lock(&tty.control);
	if (memcmp(&winsize, &tty.winsize, sizeof(winsize))) {
		tty.winsize = winsize;
		if (tty.foreground)
			tty.hooks->signal_group(tty.foreground, SIGWINCH);
	}
	mutex_unlock(&tty.control);
	return 0;
}

static long set_modem(uint32_t command, vaddr_t from)
{
	uint32_t lines;

	if (get_user_u32(&lines, from))
		return -EFAULT;
	if (command == TIOCMBIS)
		lines |= serial_modem();
	else if (command == TIOCMBIC)
		lines = serial_modem() & ~lines;
	serial_set_modem(lines);
	return 0;
}

static long set_local(vaddr_t from)
{
	struct termios termios;
	uint32_t on;

	if (get_user_u32(&on, from))
		return -EFAULT;
	tty_get_termios(&termios);
	termios.cflag = (termios.cflag & ~CLOCAL) | (on ? CLOCAL : 0);
	tty_set_termios(&termios);
	return 0;
}

/* By this, cttyhack(1) finds out that the console is ttyS0. */
static long get_serial(vaddr_t to)
{
	static const struct serial_struct serial = {
		.type = 4,			/* a 16550A, as the line 0 */
		.port = 0x3f8, .irq = 4, .flags = 0x10000040, .fifo_size = 16,
		.baud_base = SERIAL_BAUD_MAX, .close_delay = 50,
		.closing_wait = 3000,
	};

	return copy_to_user(to, &serial, sizeof(serial)) ? -EFAULT : 0;
}

static long set_exclusive(bool on)
{
	mutex_lock(&tty.control);
	tty.is_exclusive = on;
	mutex_unlock(&tty.control);
	return 0;
}

static long set_discipline(vaddr_t from)
{
	long err = tty_check_background(SIGTTOU);
	uint32_t number;

	if (!err)
		err = get_user_u32(&number, from);
	return err ? err : number ? -EINVAL : 0;	/* 0: N_TTY */
}

static long termios_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	switch (command) {
	case TCGETS:
		return put_termios(arg, TERMIOS_SIZE);
	case TCGETS2:
		return put_termios(arg, TERMIOS2_SIZE);
	case TCGETA:
		return put_termio(arg);
	case TCSETS: case TCSETSW: case TCSETSF:
		return change_termios(arg, TERMIOS_SIZE, command - TCSETS);
	case TCSETS2: case TCSETSW2: case TCSETSF2:
		return change_termios(arg, TERMIOS2_SIZE, command - TCSETS2);
	case TCSETA: case TCSETAW: case TCSETAF:
		return change_termios(arg, sizeof(struct termio),
				      command - TCSETA);
	default:
		return tty_job_ioctl(file, command, arg);
	}
}

long tty_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	if (tty_is_hung_up(file))
		return command == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (command) {
	case TCXONC:
		return flow(arg);
	case TCFLSH:
		return flush(arg);
	case TCSBRK:
		return send_break(arg ? 0 : 250);
	case TCSBRKP:
		return send_break(arg ? arg * 100 : 250);
	case TIOCSBRK:
	case TIOCCBRK:
		return set_break(command == TIOCSBRK);
	case FIONREAD:
		return put_user_u32(arg, tty_nr_readable());
	case TIOCOUTQ:
	case TIOCGETD:
		return put_user_u32(arg, 0);
	case TIOCSETD:
		return set_discipline(arg);
	case TIOCSTI:
		return type(arg);
	case TIOCGWINSZ:
		return get_winsize(arg);
	case TIOCSWINSZ:
		return set_winsize(arg);
	case TIOCMGET:
		return put_user_u32(arg, serial_modem());
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return set_modem(command, arg);
	case TIOCGSERIAL:
		return get_serial(arg);
	case TIOCGSOFTCAR:
		return put_user_u32(arg, !!(tty.termios.cflag & CLOCAL));
	case TIOCSSOFTCAR:
		return set_local(arg);
	case TIOCEXCL:
	case TIOCNXCL:
		return set_exclusive(command == TIOCEXCL);
	case TIOCGEXCL:
		return put_user_u32(arg, tty.is_exclusive);
	case TIOCGDEV:
		return put_user_u32(arg, TTY_DEVICE);
	default:
		return termios_ioctl(file, command, arg);
	}
}
