// SPDX-License-Identifier: MIT
/*
 * tty - the terminal as a file: read, write, poll.
 *
 *	key --> serial --> line_receive()  ring   line_take() --> read()
 *			      | echo
 *	    <-- serial, vga <-+------------ line_process() <-- write()
 *
 * line.c is what happens to the bytes, tty_ioctl.c how it is told what to do,
 * tty_job.c who may.
 *
 * Locking: tty.lock, interrupts off, for the line discipline.  A read or a
 * write as a whole has its turn, so that those of several processes do not
 * mix; who sends has let go of the lock, and echoes wait for him.
 */
#include "fs/tty_internal.h"

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "fs/dev.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "x86/atomic.h"
#include "x86/uaccess.h"

#define CHUNK		2048u		/* of a write: copied, or refused, whole */
#define OUT_SIZE	256u
#define IN_SIZE		256u
#define SENT_AT_ONCE	16u		/* the chip has room for that */
#define NEVER		UINT64_MAX
#define NSEC_PER_DECI	100000000ull	/* VTIME counts tenths of a second */

static void send_to_both(const char *text, size_t size)
{
	serial_send(text, size);
	vga_send(text, size);
}

struct tty tty = {
	.lock = SPINLOCK_INIT,
	.change = WAIT_QUEUE_INIT(tty.change),
	.control = MUTEX_INIT(tty.control),
	.send = send_to_both,
	.hangups = 1,
	.termios = {
		.iflag = ICRNL | IXON,
		.oflag = OPOST | ONLCR,
		.cflag = B9600 | CS8 | CREAD | HUPCL | CLOCAL,
		.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL |
			 ECHOKE | IEXTEN,
		.cc = {
			[VINTR] = 'C' & 31, [VQUIT] = '\\' & 31,
			[VERASE] = 127, [VKILL] = 'U' & 31,
			[VEOF] = 'D' & 31, [VMIN] = 1, [VSTART] = 'Q' & 31,
			[VSTOP] = 'S' & 31, [VSUSP] = 'Z' & 31,
			[VREPRINT] = 'R' & 31, [VDISCARD] = 'O' & 31,
			[VWERASE] = 'W' & 31, [VLNEXT] = 'V' & 31,
		},
		.ispeed = SERIAL_BAUD, .ospeed = SERIAL_BAUD,
	},
};

uint32_t tty_lock(void)
{
	return spin_lock_irqsave(&tty.lock);
}

void tty_unlock(uint32_t flags)
{
	spin_unlock_irqrestore(&tty.lock, flags);
}

int tty_turn_take(int32_t *turn, bool may_wait)
{
	if (likely(atomic_cas(turn, 0, 1)))
		return 0;
	if (!may_wait)
		return -EAGAIN;
	return wait_event_interruptible(&tty.change, atomic_cas(turn, 0, 1));
}

void tty_turn_give(int32_t *turn)
{
	WRITE_ONCE(*turn, 0);
	wake_all(&tty.change);
}

static bool may_wait(const struct file *file)
{
	return !(file->flags & O_NONBLOCK);
}

/* Copy the next @size bytes of the pieces at *@iov.  Return: 0; -EFAULT. */
static int copy_pieces(struct iovec **iov, char *data, size_t size,
		       bool is_write)
{
	while (size) {
		struct iovec *piece = *iov;
		size_t n = min(size, (size_t)piece->size);

		if (is_write ? copy_from_writer(data, piece->base, n) :
			       copy_to_user(piece->base, data, n))
			return -EFAULT;
		piece->base += n;
		piece->size -= n;
		data += n;
		size -= n;
		if (!piece->size)
			(*iov)++;
	}
	return 0;
}

/* ------------------------------------------------------------------ input */

static void receive(uint8_t byte, unsigned int error)
{
	uint32_t flags = tty_lock();
	int signo = line_receive(byte, error);
	int group = tty.foreground;

	serial_hold(!line_has_room());
	tty_unlock(flags);
	if (signo && group)
		tty.hooks->signal_group(group, signo);
	wake_all(&tty.change);
}

void tty_receive(uint8_t byte)
{
	receive(byte, 0);
}

size_t tty_nr_readable(void)
{
	uint32_t flags = tty_lock();
	size_t n = line_nr_readable();

	tty_unlock(flags);
	return n;
}

static size_t take(char *buf, size_t size, bool *at_end)
{
	uint32_t flags = tty_lock();
	size_t n = line_take(buf, size, at_end);

	serial_hold(!line_has_room());
	tty_unlock(flags);
	return n;
}

void tty_flush_input(void)
{
	uint32_t flags = tty_lock();

	line_flush();
	serial_hold(false);
	tty_unlock(flags);
}

static bool has_input(const struct file *file)
{
	return line_is_readable(1) || tty_is_hung_up(file);
}

/* Return: 0: there is some, or never will be; -ETIMEDOUT, -EAGAIN, -EINTR. */
static int wait_for_input(const struct file *file, uint64_t ns)
{
	if (has_input(file))
		return 0;
	if (!ns)
		return -ETIMEDOUT;
	if (!may_wait(file))
		return -EAGAIN;
	if (ns == NEVER)
		return wait_event_interruptible(&tty.change, has_input(file));
	return wait_event_interruptible_timeout(&tty.change, has_input(file),
						ns);
}

/* VMIN and VTIME, for raw mode; a canonical read ends with the line. */
struct read_terms {
	size_t	 min;			/* bytes that end it */
	uint64_t first_ns, next_ns;	/* how long to wait for a byte */
};

static struct read_terms read_terms(void)
{
	const uint8_t *cc = tty.termios.cc;
	uint64_t ns = cc[VTIME] * NSEC_PER_DECI;

	if (tty.termios.lflag & ICANON)
		return (struct read_terms){ 1, NEVER, NEVER };
	if (!cc[VMIN])
		return (struct read_terms){ 1, ns, ns };
	return (struct read_terms){ cc[VMIN], NEVER, ns ? ns : NEVER };
}

/* Move what is there, at most *@left bytes.  Return: 0; -EFAULT. */
static int take_to(struct iovec **iov, size_t *left, bool *at_end)
{
	char chunk[IN_SIZE];
	size_t n;

	do {
		n = take(chunk, min(*left, sizeof(chunk)), at_end);
		if (copy_pieces(iov, chunk, n, false))
			return -EFAULT;
		*left -= n;
	} while (n && *left && !*at_end);
	return 0;
}

static long read_turn(struct file *file, struct iovec *iov, size_t size)
{
	struct read_terms terms = read_terms();
	uint64_t ns = terms.first_ns;
	size_t left = size;
	bool at_end = false;
	int err = 0;

	while (left && !at_end && size - left < terms.min) {
		err = wait_for_input(file, ns);
		if (err || (tty_is_hung_up(file) && !line_is_readable(1)))
			break;
		err = take_to(&iov, &left, &at_end);
		if (err)
			break;
		if (left < size)
			ns = terms.next_ns;
	}
	if (left < size || err == -ETIMEDOUT)
		return size - left;
	return err;
}

static long tty_readv(struct file *file, struct iovec *iov, size_t size)
{
	long n;

	if (tty_is_hung_up(file))
		return 0;
	n = file->private ? tty_check_background(SIGTTIN) : 0;
	if (!n)
		n = tty_turn_take(&tty.reading, may_wait(file));
	if (n)
		return n;
	n = read_turn(file, iov, size);
	tty_turn_give(&tty.reading);
	return n;
}

static long tty_read(struct file *file, vaddr_t buf, size_t size)
{
	return tty_readv(file, &(struct iovec){ buf, size }, size);
}

/* ----------------------------------------------------------------- output */

static bool may_send(const struct file *file)
{
	return !READ_ONCE(tty.is_stopped) || tty_is_hung_up(file);
}

static int wait_to_send(const struct file *file)
{
	if (current_thread()->interrupted)
		return -EINTR;
	if (unlikely(!may_send(file))) {
		int err = may_wait(file) ?
			wait_event_interruptible(&tty.change, may_send(file)) :
			-EAGAIN;

		if (err)
			return err;
	}
	return tty_is_hung_up(file) ? -EIO : 0;
}

/* tty.lock is held, but not while much is sent: echoes wait meanwhile. */
static void send_locked(const char *out, size_t n, uint32_t *flags)
{
	if (n <= SENT_AT_ONCE) {
		tty.send(out, n);
		return;
	}
	tty.is_sending = true;
	tty_unlock(*flags);
	tty.send(out, n);
	*flags = tty_lock();
	tty.is_sending = false;
	line_flush_echo();
}

/* Send a piece of the text, moving *@text on. */
static void send_some(const char **text, const char *end)
{
	char out[OUT_SIZE];
	uint32_t flags = tty_lock();

	if (!tty.is_stopped) {
		size_t n = line_process(text, end, out, sizeof(out));

		send_locked(out, n, &flags);
	}
	tty_unlock(flags);
}

/* Return: 0, or why it stopped at *@text. */
static int send_all(const struct file *file, const char **text, const char *end)
{
	int err = 0;

	while (*text < end) {
		err = wait_to_send(file);
		if (err)
			break;
		send_some(text, end);
	}
	return err;
}

static long write_turn(struct file *file, struct iovec *iov, size_t size)
{
	size_t done = 0;
	int err = 0;

	while (done < size && !err) {
		const char *text = tty.text;
		size_t n = min(size - done, (size_t)CHUNK);

		err = copy_pieces(&iov, tty.text, n, true);
		if (!err && tty.termios.lflag & TOSTOP && file->private)
			err = tty_check_background(SIGTTOU);
		if (!err)
			err = send_all(file, &text, text + n);
		done += text - tty.text;
	}
	return done ? (long)done : err;
}

static long tty_writev(struct file *file, struct iovec *iov, size_t size)
{
	long n;

	if (tty_is_hung_up(file))
		return -EIO;
	n = tty_turn_take(&tty.writing, may_wait(file));
	if (n)
		return n;
	n = write_turn(file, iov, size);
	tty_turn_give(&tty.writing);
	return n;
}

static long tty_write(struct file *file, vaddr_t buf, size_t size)
{
	return tty_writev(file, &(struct iovec){ buf, size }, size);
}

static uint32_t tty_poll(struct file *file, struct wait_queue **queue)
{
	const uint8_t *cc = tty.termios.cc;
	uint32_t mask = 0;

	*queue = &tty.change;
	if (tty_is_hung_up(file))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
			POLLWRNORM;
	if (line_is_readable(cc[VMIN] && !cc[VTIME] ? cc[VMIN] : 1))
		mask |= POLLIN | POLLRDNORM;
	if (may_send(file) && !READ_ONCE(tty.writing))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* ----------------------------------------------------------------- set up */

void tty_set_output(void (*send)(const char *text, size_t size))
{
	uint32_t flags = tty_lock();

	tty.send = send ? send : send_to_both;
	tty_unlock(flags);
}

static const struct file_ops tty_ops = {
	.open = tty_open, .read = tty_read, .write = tty_write,
	.readv = tty_readv, .writev = tty_writev, .poll = tty_poll,
	.ioctl = tty_ioctl,
};

static struct device terminals[] = {
	{ .name = "console", .mode = S_IFCHR | 0600, .rdev = DEV_CONSOLE,
	  .ops = &tty_ops },
	{ .name = "tty", .mode = S_IFCHR | 0666, .rdev = DEV_CURRENT,
	  .ops = &tty_ops },
	{ .name = "ttyS0", .mode = S_IFCHR | 0660, .rdev = TTY_DEVICE,
	  .ops = &tty_ops },
};

void tty_init(void)
{
	tty.ring = kmalloc(RING_SIZE * sizeof(*tty.ring), GFP_KERNEL);
	tty.echo = kmalloc(ECHO_SIZE, GFP_KERNEL);
	tty.text = kmalloc(CHUNK, GFP_KERNEL);
	assert_always(tty.ring && tty.echo && tty.text);
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		device_register(&terminals[i]);
	serial_init_input(receive);
}
