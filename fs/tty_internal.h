// SPDX-License-Identifier: MIT
/*
 * tty_internal - the terminal's state, which tty.c and line.c share.
 */
#pragma once

#include "fs/inode.h"
#include "fs/termios.h"
#include "fs/tty.h"
#include "sched/mutex.h"
#include "sched/wait.h"

#define SIGHUP		1
#define SIGINT		2
#define SIGQUIT		3
#define SIGCONT		18
#define SIGTSTP		20
#define SIGTTIN		21
#define SIGTTOU		22
#define SIGWINCH	28

#define RING_SIZE	4096u		/* of what was typed; a line's limit */
#define ECHO_SIZE	1024u		/* of echoes that have to wait */

/*
 * Guarded by:	(l) lock, interrupts off: input comes in interrupts
 *		(j) control, a mutex; (jl) both to write, one to read
 *		(a) atomic	(i) tty_init()
 */
struct tty {
	const struct tty_hooks *hooks;	/* (i) */
	struct spinlock	 lock;
	struct wait_queue change;	/* something can be read, or written */
	struct termios	 termios;	/* (l) */

	/* Places in the ring count up for ever, modulo RING_SIZE. */
	uint16_t	*ring;		/* (l) bytes, | LINE_END */
	unsigned int	 tail, canon, head; /* (l) */
	bool		 is_quoted;	/* (l) VLNEXT: the next one is plain */
	bool		 is_erasing;	/* (l) ECHOPRT: inside \ and / */
	bool		 is_throttled;	/* (l) VSTOP was sent, by IXOFF */

	unsigned int	 column;	/* (l) of the cursor */
	unsigned int	 canon_column;	/* (l) where the line began */
	bool		 is_stopped;	/* (l) no output, by VSTOP or TCOOFF */
	bool		 is_off;	/* (l) by TCOOFF, so VSTART is no help */
	bool		 is_sending;	/* (l) a writer sends: echoes wait */
	uint8_t		*echo;		/* (l) as it is to be sent */
	unsigned int	 nr_echo;	/* (l) */
	void (*send)(const char *text, size_t size); /* (l) */

	int32_t		 reading, writing; /* (a) somebody is */
	char		*text;		/* of who is writing: CHUNK bytes */

	struct mutex	 control;
	int		 session;	/* (j) whose it is, or 0 */
	int		 foreground;	/* (jl) group, or 0 */
	unsigned int	 hangups;	/* (jl) from 1 on */
	bool		 is_exclusive;	/* (j) */
	struct winsize	 winsize;	/* (j) */
};

extern struct tty tty;

struct file;

#define DEV_CURRENT	DEV(5, 0)	/* /dev/tty */
#define DEV_CONSOLE	DEV(5, 1)

/* ------------------------------------------------------------------- tty.c */

/** tty_lock(), tty_unlock() - tty.lock, with interrupts off. */
uint32_t tty_lock(void);
void tty_unlock(uint32_t flags);

/**
 * tty_turn_take() - a read begins, or a write: tty.reading, tty.writing.
 * Return: 0; -EINTR, -EAGAIN.
 */
int tty_turn_take(int32_t *turn, bool may_wait);
void tty_turn_give(int32_t *turn);

/* --------------------------------------------------------------- tty_job.c */

struct tty_process tty_self(void);

/** tty_is_hung_up() - has there been a hang-up since @file was opened? */
bool tty_is_hung_up(const struct file *file);

/**
 * tty_check_background() - stop self by @signo if it is in the background.
 * Return: 0: go on; -EINTR: a signal was sent; -EIO: that would be no use.
 */
int tty_check_background(int signo);

int tty_open(struct file *file);
long tty_job_ioctl(struct file *file, uint32_t command, uint32_t arg);

/* ------------------------------------------------------------- tty_ioctl.c */

long tty_ioctl(struct file *file, uint32_t command, uint32_t arg);

/* ------------------------------------------------------------------ line.c */

/*
 * All of line.c is called with tty.lock held, but for line_is_readable(), and
 * wakes nobody.
 */

/**
 * line_receive() - a byte was typed.
 * @error: 0 or SERIAL_*
 * Return: the signal that the foreground group is to get, or 0.
 */
int line_receive(uint8_t byte, unsigned int error);

/** line_has_room() - will the next byte be taken?  If not, it is lost. */
bool line_has_room(void);

/** line_is_readable() - are there @min bytes, or a line if lines are read? */
bool line_is_readable(unsigned int min);

/** line_nr_readable() - how many bytes there are to be read. */
size_t line_nr_readable(void);

/**
 * line_take() - read.
 * @at_end: set if this is the end of a line, whatever its length
 * Return:  how many bytes, at most @size.
 */
size_t line_take(char *buf, size_t size, bool *at_end);

/** line_flush() - forget what was typed and not read. */
void line_flush(void);

/** line_set_termios() - from now on; what was typed before stays. */
void line_set_termios(const struct termios *termios);

/** line_start(), line_stop() - let output go on; hold it back. */
void line_start(void);
void line_stop(void);

/**
 * line_process() - make of text what is to be sent.
 * @text: moved on behind what was used, at most to @end
 * @room: of @out, above LINE_EXPANSION
 * Return: bytes at @out.
 */
size_t line_process(const char **text, const char *end, char *out, size_t room);
#define LINE_EXPANSION	8u		/* bytes that one can become */

/** line_flush_echo() - send what waits, if nothing is in its way. */
void line_flush_echo(void);
