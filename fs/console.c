// SPDX-License-Identifier: MIT
/*
 * console - the terminal: what programs write goes to the serial line and the
 * screen, what they read was typed on the serial line.
 *
 * The line editor is drivers/serial.c, and has two switches.  So a termios has
 * two bits that can be changed, ICANON and ECHO, and all the others say what
 * is the case.  Linux does the same for what a device cannot do.
 *
 * Locking: none of its own; lines of several writers may mix every CHUNK bytes.
 */
#include "fs/dev.h"

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/util.h"
#include "sched/thread.h"
#include "x86/uaccess.h"

#define CHUNK		256u
#define ROWS		25		/* of the screen */
#define COLUMNS		80

#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TIOCGWINSZ	0x5413
#define FIONREAD	0x541b

#define ICRNL		0000400u
#define OPOST		0000001u
#define ONLCR		0000004u
#define B115200		0010002u
#define CS8		0000060u
#define CREAD		0000200u
#define CLOCAL		0004000u
#define ISIG		0000001u
#define ICANON		0000002u
#define ECHO		0000010u
#define ECHOE		0000020u
#define ECHOCTL		0001000u
#define VINTR		0
#define VERASE		2
#define VEOF		4
#define VMIN		6

/* As on Linux i386; a control character of 0 is none. */
struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t	 line, cc[19];
};

struct winsize {
	uint16_t rows, columns, width, height;
};

static long console_write(struct file *file, vaddr_t buf, size_t size)
{
	char chunk[CHUNK];
	size_t done = 0;

	(void)file;
	while (done < size) {
		size_t n = min(size - done, sizeof(chunk));
		size_t left = copy_from_user(chunk, buf + done, n);

		serial_write(chunk, n - left);
		vga_write(chunk, n - left);
		done += n - left;
		if (left)
			return done ? (long)done : -EFAULT;
		if (current_thread()->interrupted)
			break;
	}
	return done;
}

/* What was typed comes in lines; a long one is read chunk by chunk. */
static long console_read(struct file *file, vaddr_t buf, size_t size)
{
	char chunk[CHUNK];
	size_t done = 0;
	long n;

	if (file->flags & O_NONBLOCK && size && !serial_is_readable())
		return -EAGAIN;
	do {
		n = serial_read(chunk, min(size - done, sizeof(chunk)));
		if (n < 0)
			return done ? (long)done : n;
		if (copy_to_user(buf + done, chunk, n))
			return done ? (long)done : -EFAULT;
		done += n;
	} while (n == CHUNK && chunk[n - 1] != '\n' && done < size &&
		 serial_mode() & SERIAL_COOKED);
	return done;
}

static uint32_t console_poll(struct file *file, struct wait_queue **queue)
{
	(void)file;
	*queue = &serial_readers;
	return POLLOUT | POLLWRNORM |
	       (serial_is_readable() ? POLLIN | POLLRDNORM : 0);
}

static struct termios termios_get(void)
{
	bool is_cooked = serial_mode() & SERIAL_COOKED;
	bool has_echo = serial_mode() & SERIAL_ECHO;

	return (struct termios){
		.iflag = is_cooked ? ICRNL : 0,
		.oflag = OPOST | ONLCR,
		.cflag = B115200 | CS8 | CREAD | CLOCAL,
		.lflag = (is_cooked ? ISIG | ICANON | ECHOE | ECHOCTL : 0) |
			 (has_echo ? ECHO : 0),
		.cc = { [VINTR] = 3, [VERASE] = 127, [VEOF] = 4, [VMIN] = 1 },
	};
}

static void termios_set(const struct termios *termios)
{
	serial_set_mode((termios->lflag & ICANON ? SERIAL_COOKED : 0) |
			(termios->lflag & ECHO ? SERIAL_ECHO : 0));
}

static long console_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	struct winsize winsize = { ROWS, COLUMNS, 0, 0 };
	struct termios termios;

	(void)file;
	switch (command) {
	case TCGETS:
		termios = termios_get();
		return copy_to_user(arg, &termios, sizeof(termios)) ?
			-EFAULT : 0;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		if (copy_from_user(&termios, arg, sizeof(termios)))
			return -EFAULT;
		termios_set(&termios);
		return 0;
	case TIOCGWINSZ:
		return copy_to_user(arg, &winsize, sizeof(winsize)) ?
			-EFAULT : 0;
	case FIONREAD:
		return put_user_u32(arg, serial_nr_readable());
	default:
		return -ENOTTY;
	}
}

static const struct file_ops console_ops = {
	.read = console_read, .write = console_write, .poll = console_poll,
	.ioctl = console_ioctl,
};

static struct device terminals[] = {
	{ .name = "console", .mode = S_IFCHR | 0600, .rdev = DEV(5, 1),
	  .ops = &console_ops },
	{ .name = "tty", .mode = S_IFCHR | 0666, .rdev = DEV(5, 0),
	  .ops = &console_ops },
	{ .name = "ttyS0", .mode = S_IFCHR | 0660, .rdev = DEV(4, 64),
	  .ops = &console_ops },
};

void console_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		device_register(&terminals[i]);
}
