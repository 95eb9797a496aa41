// SPDX-License-Identifier: MIT
/*
 * tty - the terminal: the serial line, whose output the screen shows as well.
 *
 * It has three names.  /dev/ttyS0 is the device, /dev/tty the same for those
 * who have it as their controlling terminal, /dev/console the same for those
 * who must always have one: it never becomes a controlling terminal by being
 * opened, and asks nobody whether he is in the foreground before he reads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/termios.h"

#define TTY_DEVICE	(4 << 8 | 64)	/* ttyS0, as a device number */

/* What the terminal has to know of a process. */
struct tty_process {
	int  pgid, sid;
	bool is_leader;			/* of its session */
	bool has_tty;			/* the terminal is its controlling one */
	bool is_admin;			/* root, as far as terminals go */
};

/*
 * What kernel/ does for the terminal.  "Self" is the calling process, or
 * nobody (all 0).  All but the two that send signals may only be called where
 * one may sleep; none sleeps.
 */
struct tty_hooks {
	void (*self)(struct tty_process *process);
	/* Self has the terminal, or has it no longer. */
	void (*set_tty)(bool has_tty);
	/* Nobody in session @sid has it any longer. */
	void (*leave_tty)(int sid);
	void (*signal_group)(int pgid, int signo);	/* context: any */
	void (*signal_leader)(int sid, int signo);	/* context: any */
	/* Does self block or ignore @signo? */
	bool (*is_deaf)(int signo);
	/* Is there nobody outside of @pgid, in its session, to wake it up? */
	bool (*is_orphaned)(int pgid);
	/* The session of group @pgid, or of process @pgid; -1: neither is. */
	int (*session_of)(int pgid);
};

/** tty_set_hooks() - @hooks stay, until others are set; before any process. */
void tty_set_hooks(const struct tty_hooks *hooks);

/** tty_init() - the devices; the serial line is read from now on. */
void tty_init(void);

/** tty_receive() - take @byte as if it had been typed.  Context: any. */
void tty_receive(uint8_t byte);

/** tty_nr_readable() - how many bytes read() would give.  Context: any. */
size_t tty_nr_readable(void);

/** tty_flush_input() - forget what was typed.  Context: any. */
void tty_flush_input(void);

/** tty_get_termios(), tty_set_termios() - as TCGETS, TCSETS. */
void tty_get_termios(struct termios *termios);
void tty_set_termios(const struct termios *termios);

/**
 * tty_session_ends() - the leader of session @sid ends.
 *
 * If the terminal is that session's, it is hung up: the foreground group gets
 * SIGHUP, and who has it open as anything but /dev/console reads the end of
 * the input and cannot write any more.  Context: may sleep.
 */
void tty_session_ends(int sid);

/** tty_hang_up() - the same, as vhangup(2): the leader gets SIGHUP, SIGCONT. */
void tty_hang_up(void);

/** tty_foreground() - the group in the foreground, or 0. */
int tty_foreground(void);

/**
 * tty_set_output() - where output goes from now on: for tests.
 * @send: may not sleep; NULL: to the serial line and the screen, as at boot
 */
void tty_set_output(void (*send)(const char *text, size_t size));
