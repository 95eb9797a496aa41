// SPDX-License-Identifier: MIT
/*
 * tty - the terminal as a file: read, write, poll, ioctl, and whose it is.
 *
 * A session may have the terminal as its controlling one.  One group of the
 * session is in the foreground: keys like ^C send it signals, and it alone may
 * read.  Who reads, or changes the mode, from the background is stopped by a
 * signal to his whole group, so that a shell can put it in the foreground.
 *
 *	session 7:  shell 7		group 7		background
 *		    cat 12, sort 13	group 12	foreground  <-- ^C, ^Z
 *		    make 15, cc 19	group 15	background
 *
 * A hang-up ends what was opened before: each file remembers how many there
 * were when it was opened, and if that has changed it reads as empty.  What
 * was opened as /dev/console (private is NULL) is never hung up.
 *
 * True whenever tty.control is free:
 *   T1  foreground is 0 when session is 0
 *
 * Locking: tty.control for whose terminal it is; tty.lock, interrupts off, for
 * the line discipline.  A read or a write as a whole has its turn, so that
 * those of several processes do not mix.  No hook is called with tty.lock held.
 */
#include "fs/tty_internal.h"

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "x86/atomic.h"
#include "x86/uaccess.h"

#define CHUNK		2048u		/* of a write: copied, or refused, whole */
#define OUT_SIZE	256u
#define IN_SIZE		256u
#define NEVER		UINT64_MAX
#define NSEC_PER_DECI	100000000ull	/* VTIME counts tenths of a second */

#define DEV_CURRENT	DEV(5, 0)
#define DEV_CONSOLE	DEV(5, 1)

static void send_to_both(const char *text, size_t size)
{
	serial_send(text, size);
	vga_write(text, size);
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

static const struct tty_hooks *hooks;

static struct tty_process self(void)
{
	struct tty_process process = { 0 };

	hooks->self(&process);
	return process;
}

static bool is_hung_up(const struct file *file)
{
	return file->private &&
		file->private != (void *)READ_ONCE(tty.hangups);
}

/* May self go on, or has it to be stopped by @signo, being in the background? */
static int check_background(int signo)
{
	const int group = READ_ONCE(tty.foreground);
	const struct tty_process me = self();

	if (!me.has_tty || !group || me.pgid == group)
		return 0;
	if (hooks->is_deaf(signo))
		return signo == SIGTTIN ? -EIO : 0;
	if (hooks->is_orphaned(me.pgid))
		return -EIO;
	hooks->signal_group(me.pgid, signo);
	return -EINTR;
}

/* A read or a write begins, ends.  Return: 0, -EAGAIN, -EINTR. */
static int turn_take(int32_t *turn, bool may_wait)
{
	if (likely(atomic_cas(turn, 0, 1)))
		return 0;
	if (!may_wait)
		return -EAGAIN;
	return wait_event_interruptible(&tty.change, atomic_cas(turn, 0, 1));
}

static void turn_give(int32_t *turn)
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

		if (is_write ? copy_from_user(data, piece->base, n) :
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
	uint32_t flags = spin_lock_irqsave(&tty.lock);
	int signo = line_receive(byte, error);
	int group = tty.foreground;

	serial_hold(!line_has_room());
	spin_unlock_irqrestore(&tty.lock, flags);
	if (signo && group)
		hooks->signal_group(group, signo);
	wake_all(&tty.change);
}

void tty_receive(uint8_t byte)
{
	receive(byte, 0);
}

size_t tty_nr_readable(void)
{
	uint32_t flags = spin_lock_irqsave(&tty.lock);
	size_t n = line_nr_readable();

	spin_unlock_irqrestore(&tty.lock, flags);
	return n;
}

static size_t take(char *buf, size_t size, bool *at_end)
{
	uint32_t flags = spin_lock_irqsave(&tty.lock);
	size_t n = line_take(buf, size, at_end);

	serial_hold(!line_has_room());
	spin_unlock_irqrestore(&tty.lock, flags);
	return n;
}

void tty_flush_input(void)
{
	uint32_t flags = spin_lock_irqsave(&tty.lock);

	line_flush();
	serial_hold(false);
	spin_unlock_irqrestore(&tty.lock, flags);
}

static bool has_input(const struct file *file)
{
	return line_is_readable(1) || is_hung_up(file);
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
		if (err || (is_hung_up(file) && !line_is_readable(1)))
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

	if (is_hung_up(file))
		return 0;
	n = file->private ? check_background(SIGTTIN) : 0;
	if (!n)
		n = turn_take(&tty.reading, may_wait(file));
	if (n)
		return n;
	n = read_turn(file, iov, size);
	turn_give(&tty.reading);
	return n;
}

static long tty_read(struct file *file, vaddr_t buf, size_t size)
{
	return tty_readv(file, &(struct iovec){ buf, size }, size);
}

/* ----------------------------------------------------------------- output */

static bool may_send(const struct file *file)
{
	return !READ_ONCE(tty.is_stopped) || is_hung_up(file);
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
	return is_hung_up(file) ? -EIO : 0;
}

/* Send a piece of the text, moving *@text on; echoes wait meanwhile. */
static void send_some(const char **text, const char *end)
{
	char out[OUT_SIZE];
	uint32_t flags = spin_lock_irqsave(&tty.lock);
	size_t n;

	if (!tty.is_stopped) {
		n = line_process(text, end, out, sizeof(out));
		tty.is_sending = true;
		spin_unlock_irqrestore(&tty.lock, flags);
		tty.send(out, n);
		flags = spin_lock_irqsave(&tty.lock);
		tty.is_sending = false;
		line_flush_echo();
	}
	spin_unlock_irqrestore(&tty.lock, flags);
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
			err = check_background(SIGTTOU);
		if (!err)
			err = send_all(file, &text, text + n);
		done += text - tty.text;
	}
	return done ? (long)done : err;
}

static long tty_writev(struct file *file, struct iovec *iov, size_t size)
{
	long n;

	if (is_hung_up(file))
		return -EIO;
	n = turn_take(&tty.writing, may_wait(file));
	if (n)
		return n;
	n = write_turn(file, iov, size);
	turn_give(&tty.writing);
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
	if (is_hung_up(file))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
			POLLWRNORM;
	if (line_is_readable(cc[VMIN] && !cc[VTIME] ? cc[VMIN] : 1))
		mask |= POLLIN | POLLRDNORM;
	if (may_send(file) && !READ_ONCE(tty.writing))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* -------------------------------------------------------- whose it is, open */

/* Self, who leads a session without a terminal, gets this one. */
static void acquire_locked(const struct tty_process *me)
{
	uint32_t flags;

	assert(mutex_is_held(&tty.control));
	tty.session = me->sid;
	flags = spin_lock_irqsave(&tty.lock);
	tty.foreground = me->pgid;
	spin_unlock_irqrestore(&tty.lock, flags);
	hooks->set_tty(true);
}

/* The terminal is nobody's.  Return: the group that was in the foreground. */
static int give_up_locked(void)
{
	uint32_t flags = spin_lock_irqsave(&tty.lock);
	int group = tty.foreground;

	assert(mutex_is_held(&tty.control));
	tty.foreground = 0;					/* T1 */
	spin_unlock_irqrestore(&tty.lock, flags);
	if (tty.session)
		hooks->leave_tty(tty.session);
	tty.session = 0;
	return group;
}

static int tty_open(struct file *file)
{
	const uint32_t device = file->place.node->rdev;
	const struct tty_process me = self();

	if (device == DEV_CURRENT && !me.has_tty)
		return -ENXIO;
	mutex_lock(&tty.control);
	if (tty.is_exclusive && !me.is_admin) {
		mutex_unlock(&tty.control);
		return -EBUSY;
	}
	if (device != DEV_CONSOLE) {
		file->private = (void *)tty.hangups;
		if (!(file->flags & O_NOCTTY) && file_is_readable(file) &&
		    me.is_leader && !me.has_tty && !tty.session)
			acquire_locked(&me);
	}
	mutex_unlock(&tty.control);
	return 0;
}

static long set_controlling_locked(const struct file *file, uint32_t arg)
{
	const struct tty_process me = self();

	if (me.is_leader && me.sid == tty.session)
		return 0;
	if (!me.is_leader || me.has_tty)
		return -EPERM;
	if (!me.is_admin && (tty.session || !file_is_readable(file)))
		return -EPERM;
	if (tty.session && arg != 1)	/* 1: steal it */
		return -EPERM;
	give_up_locked();
	acquire_locked(&me);
	return 0;
}

static long set_controlling(const struct file *file, uint32_t arg)
{
	long err;

	mutex_lock(&tty.control);
	err = set_controlling_locked(file, arg);
	mutex_unlock(&tty.control);
	return err;
}

/* TIOCNOTTY: the leader gives it up for all of his session. */
static long leave(void)
{
	const struct tty_process me = self();
	int group = 0;

	if (!me.has_tty)
		return -ENOTTY;
	mutex_lock(&tty.control);
	if (me.is_leader && me.sid == tty.session) {
		group = give_up_locked();
		if (group) {
			hooks->signal_group(group, SIGHUP);
			hooks->signal_group(group, SIGCONT);
		}
	}
	hooks->set_tty(false);
	mutex_unlock(&tty.control);
	return 0;
}

static long get_foreground(vaddr_t to)
{
	if (!self().has_tty)
		return -ENOTTY;
	return put_user_u32(to, tty_foreground());
}

static long set_foreground_locked(int pgid)
{
	const struct tty_process me = self();
	uint32_t flags;
	int sid;

	if (!me.has_tty || me.sid != tty.session)
		return -ENOTTY;
	sid = pgid ? hooks->session_of(pgid) : -1;
	if (sid < 0)
		return -ESRCH;
	if (sid != me.sid)
		return -EPERM;
	flags = spin_lock_irqsave(&tty.lock);
	tty.foreground = pgid;
	spin_unlock_irqrestore(&tty.lock, flags);
	return 0;
}

static long set_foreground(vaddr_t from)
{
	uint32_t pgid;
	long err = check_background(SIGTTOU);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user_u32(&pgid, from))
		return -EFAULT;
	if ((int)pgid < 0)
		return -EINVAL;
	mutex_lock(&tty.control);
	err = set_foreground_locked(pgid);
	mutex_unlock(&tty.control);
	return err;
}

static long get_session(vaddr_t to)
{
	int sid = READ_ONCE(tty.session);

	if (!self().has_tty || !sid)
		return -ENOTTY;
	return put_user_u32(to, sid);
}

static void hang_up_locked(bool leader_ends)
{
	int session = tty.session, group;
	uint32_t flags = spin_lock_irqsave(&tty.lock);

	if (!++tty.hangups)
		tty.hangups = 1;
	line_flush();
	tty.is_off = false;
	line_start();
	serial_hold(false);
	spin_unlock_irqrestore(&tty.lock, flags);
	group = give_up_locked();
	if (session) {
		hooks->signal_leader(session, SIGHUP);
		hooks->signal_leader(session, SIGCONT);
	}
	if (leader_ends && group)
		hooks->signal_group(group, SIGHUP);
	wake_all(&tty.change);
}

void tty_session_ends(int sid)
{
	mutex_lock(&tty.control);
	if (sid == tty.session)
		hang_up_locked(true);
	mutex_unlock(&tty.control);
}

void tty_hang_up(void)
{
	mutex_lock(&tty.control);
	hang_up_locked(false);
	mutex_unlock(&tty.control);
}

int tty_foreground(void)
{
	return READ_ONCE(tty.foreground);
}

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
	uint32_t flags = spin_lock_irqsave(&tty.lock);

	*termios = tty.termios;
	spin_unlock_irqrestore(&tty.lock, flags);
}

void tty_set_termios(const struct termios *termios)
{
	struct termios new = *termios, old;
	uint32_t flags = spin_lock_irqsave(&tty.lock);

	old = tty.termios;
	set_speeds(&new, &old);
	line_set_termios(&new);
	serial_hold(!line_has_room());
	spin_unlock_irqrestore(&tty.lock, flags);
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
	long err = check_background(SIGTTOU);

	if (err)
		return err;
	tty_get_termios(&termios);
	if (size == sizeof(struct termio) ? get_termio(&termios, from) < 0 :
	    copy_from_user(&termios, from, size) > 0)
		return -EFAULT;
	if (when != NOW)
		err = turn_take(&tty.writing, true);
	if (err)
		return err;
	if (when == FLUSHED)
		tty_flush_input();
	tty_set_termios(&termios);
	if (when != NOW)
		turn_give(&tty.writing);
	return 0;
}

/* ------------------------------------------------------------------ ioctl */

static long flow(uint32_t what)
{
	long err = check_background(SIGTTOU);
	uint32_t flags;

	if (err)
		return err;
	if (what > TCION)
		return -EINVAL;
	flags = spin_lock_irqsave(&tty.lock);
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
	spin_unlock_irqrestore(&tty.lock, flags);
	wake_all(&tty.change);
	return 0;
}

/* Nothing that was written is still on its way. */
static long flush(uint32_t what)
{
	long err = check_background(SIGTTOU);

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
	int err = check_background(SIGTTOU);

	if (err || !ms)
		return err;
	serial_set_break(true);
	err = thread_sleep_interruptible(ms * 1000000ull, NULL);
	serial_set_break(false);
	return err;
}

static long set_break(bool on)
{
	long err = check_background(SIGTTOU);

	if (!err)
		serial_set_break(on);
	return err;
}

static long type(vaddr_t from)
{
	const struct tty_process me = self();
	uint8_t byte;

	if (!me.has_tty && !me.is_admin)
		return -EPERM;
	if (copy_from_user(&byte, from, 1))
		return -EFAULT;
	receive(byte, 0);
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
			hooks->signal_group(tty.foreground, SIGWINCH);
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

static long set_exclusive(bool on)
{
	mutex_lock(&tty.control);
	tty.is_exclusive = on;
	mutex_unlock(&tty.control);
	return 0;
}

static long set_discipline(vaddr_t from)
{
	long err = check_background(SIGTTOU);
	uint32_t number;

	if (!err)
		err = get_user_u32(&number, from);
	return err ? err : number ? -EINVAL : 0;	/* 0: N_TTY */
}

static long termios_ioctl(uint32_t command, uint32_t arg)
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
		return -ENOTTY;
	}
}

static long job_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	switch (command) {
	case TIOCSCTTY:
		return set_controlling(file, arg);
	case TIOCNOTTY:
		return leave();
	case TIOCGPGRP:
		return get_foreground(arg);
	case TIOCSPGRP:
		return set_foreground(arg);
	case TIOCGSID:
		return get_session(arg);
	case TIOCVHANGUP:
		if (!self().is_admin)
			return -EPERM;
		tty_hang_up();
		return 0;
	default:
		return termios_ioctl(command, arg);
	}
}

static long tty_ioctl(struct file *file, uint32_t command, uint32_t arg)
{
	if (is_hung_up(file))
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
		return job_ioctl(file, command, arg);
	}
}

/* ----------------------------------------------------------------- set up */

void tty_set_output(void (*send)(const char *text, size_t size))
{
	uint32_t flags = spin_lock_irqsave(&tty.lock);

	tty.send = send ? send : send_to_both;
	spin_unlock_irqrestore(&tty.lock, flags);
}

static const struct file_ops tty_ops = {
	.open = tty_open, .read = tty_read, .write = tty_write,
	.readv = tty_readv, .writev = tty_writev, .poll = tty_poll,
	.ioctl = tty_ioctl,
};

static struct node terminals[] = {
	{ .path = "/dev/console", .mode = S_IFCHR | 0600, .rdev = DEV_CONSOLE,
	  .ops = &tty_ops },
	{ .path = "/dev/tty", .mode = S_IFCHR | 0666, .rdev = DEV_CURRENT,
	  .ops = &tty_ops },
	{ .path = "/dev/ttyS0", .mode = S_IFCHR | 0660, .rdev = TTY_DEVICE,
	  .ops = &tty_ops },
};

void tty_set_hooks(const struct tty_hooks *tty_hooks)
{
	hooks = tty_hooks;
}

void tty_init(void)
{
	tty.ring = kmalloc(RING_SIZE * sizeof(*tty.ring), GFP_KERNEL);
	tty.echo = kmalloc(ECHO_SIZE, GFP_KERNEL);
	tty.text = kmalloc(CHUNK, GFP_KERNEL);
	assert_always(tty.ring && tty.echo && tty.text);
	for (size_t i = 0; i < ARRAY_SIZE(terminals); i++)
		node_register(&terminals[i]);
	serial_init_input(receive);
}
