// SPDX-License-Identifier: MIT
/*
 * tty_job - whose terminal it is: sessions, the foreground, hang-ups.
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
 * Locking: tty.control.  No hook is called with tty.lock held.
 */
#include "fs/tty_internal.h"

#include "drivers/serial.h"
#include "fs/file.h"
#include "lib/errno.h"
#include "x86/uaccess.h"

void tty_set_hooks(const struct tty_hooks *hooks)
{
	tty.hooks = hooks;
}

struct tty_process tty_self(void)
{
	struct tty_process process = { 0 };

	tty.hooks->self(&process);
	return process;
}

bool tty_is_hung_up(const struct file *file)
{
	return file->private &&
		file->private != (void *)READ_ONCE(tty.hangups);
}

/* May self go on, or has it to be stopped by @signo, being in the background? */
int tty_check_background(int signo)
{
	const int group = READ_ONCE(tty.foreground);
	const struct tty_process me = tty_self();

	if (!me.has_tty || !group || me.pgid == group)
		return 0;
	if (tty.hooks->is_deaf(signo))
		return signo == SIGTTIN ? -EIO : 0;
	if (tty.hooks->is_orphaned(me.pgid))
		return -EIO;
	tty.hooks->signal_group(me.pgid, signo);
	return -EINTR;
}

/* Self, who leads a session without a terminal, gets this one. */
static void acquire_locked(const struct tty_process *me)
{
	uint32_t flags;

	assert(mutex_is_held(&tty.control));
	tty.session = me->sid;
	flags = tty_lock();
	tty.foreground = me->pgid;
	tty_unlock(flags);
	tty.hooks->set_tty(true);
}

/* The terminal is nobody's.  Return: the group that was in the foreground. */
static int give_up_locked(void)
{
	uint32_t flags = tty_lock();
	int group = tty.foreground;

	assert(mutex_is_held(&tty.control));
	tty.foreground = 0;					/* T1 */
	tty_unlock(flags);
	if (tty.session)
		tty.hooks->leave_tty(tty.session);
	tty.session = 0;
	return group;
}

int tty_open(struct file *file)
{
	const uint32_t device = file_inode(file)->rdev;
	const struct tty_process me = tty_self();

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
	const struct tty_process me = tty_self();

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
	const struct tty_process me = tty_self();
	int group = 0;

	if (!me.has_tty)
		return -ENOTTY;
	mutex_lock(&tty.control);
	if (me.is_leader && me.sid == tty.session) {
		group = give_up_locked();
		if (group) {
			tty.hooks->signal_group(group, SIGHUP);
			tty.hooks->signal_group(group, SIGCONT);
		}
	}
	tty.hooks->set_tty(false);
	mutex_unlock(&tty.control);
	return 0;
}

static long get_foreground(vaddr_t to)
{
	if (!tty_self().has_tty)
		return -ENOTTY;
	return put_user_u32(to, tty_foreground());
}

static long set_foreground_locked(int pgid)
{
	const struct tty_process me = tty_self();
	uint32_t flags;
	int sid;

	if (!me.has_tty || me.sid != tty.session)
		return -ENOTTY;
	sid = pgid ? tty.hooks->session_of(pgid) : -1;
	if (sid < 0)
		return -ESRCH;
	if (sid != me.sid)
		return -EPERM;
	flags = tty_lock();
	tty.foreground = pgid;
	tty_unlock(flags);
	return 0;
}

static long set_foreground(vaddr_t from)
{
	uint32_t pgid;
	long err = tty_check_background(SIGTTOU);

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

	if (!tty_self().has_tty || !sid)
		return -ENOTTY;
	return put_user_u32(to, sid);
}

static void hang_up_locked(bool leader_ends)
{
	int session = tty.session, group;
	uint32_t flags = tty_lock();

	if (!++tty.hangups)
		tty.hangups = 1;
	line_flush();
	tty.is_off = false;
	line_start();
	serial_hold(false);
	tty_unlock(flags);
	group = give_up_locked();
	if (session) {
		tty.hooks->signal_leader(session, SIGHUP);
		tty.hooks->signal_leader(session, SIGCONT);
	}
	if (leader_ends && group)
		tty.hooks->signal_group(group, SIGHUP);
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

/* ------------------------------------------------------------------ ioctl */

long tty_job_ioctl(struct file *file, uint32_t command, uint32_t arg)
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
		if (!tty_self().is_admin)
			return -EPERM;
		tty_hang_up();
		return 0;
	default:
		return -ENOTTY;
	}
}
