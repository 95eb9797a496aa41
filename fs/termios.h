// SPDX-License-Identifier: MIT
/*
 * termios - how a terminal behaves, in the words of Linux i386's termios(3).
 *
 * What is missing here (delays, EXTPROC's kin) is kept as it is set, and does
 * nothing.
 */
#pragma once

#include <stdint.h>

#define NCCS		19

/* struct termios is all but the speeds, struct termios2 is the whole. */
struct termios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t	 line, cc[NCCS];
	uint32_t ispeed, ospeed;	/* baud */
};

#define TERMIOS_SIZE	36u		/* without the speeds */
#define TERMIOS2_SIZE	44u

/* The oldest form: the low halves of the flags, the first characters. */
#define NCC		8
struct termio {
	uint16_t iflag, oflag, cflag, lflag;
	uint8_t	 line, cc[NCC], pad;
};

struct winsize {
	uint16_t rows, columns, width, height;
};

/* What TIOCGSERIAL tells of the chip. */
struct serial_struct {
	int32_t	 type, line;
	uint32_t port;
	int32_t	 irq, flags, fifo_size, custom_divisor, baud_base;
	uint16_t close_delay;
	uint8_t	 io_type, reserved;
	int32_t	 hub6;
	uint16_t closing_wait, closing_wait2; /* 1/100 s */
	uint32_t iomem_base;
	uint16_t iomem_reg_shift, reserved2;
	uint32_t port_high, iomap_base;
};

/* cc[]: a character of 0 is none. */
enum {
	VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP,
	VSUSP, VEOL, VREPRINT, VDISCARD, VWERASE, VLNEXT, VEOL2,
};

/* iflag */
#define IGNBRK		0000001u
#define BRKINT		0000002u
#define IGNPAR		0000004u
#define PARMRK		0000010u
#define INPCK		0000020u
#define ISTRIP		0000040u
#define INLCR		0000100u
#define IGNCR		0000200u
#define ICRNL		0000400u
#define IUCLC		0001000u
#define IXON		0002000u
#define IXANY		0004000u
#define IXOFF		0010000u
#define IUTF8		0040000u

/* oflag */
#define OPOST		0000001u
#define OLCUC		0000002u
#define ONLCR		0000004u
#define OCRNL		0000010u
#define ONOCR		0000020u
#define ONLRET		0000040u
#define TABDLY		0014000u
#define XTABS		0014000u

/* cflag */
#define CBAUD		0010017u
#define CBAUDEX		0010000u
#define BOTHER		0010000u	/* the speed is in ospeed */
#define IBSHIFT		16		/* CBAUD of the input; 0: the same */
#define B0		0000000u
#define B9600		0000015u
#define CSIZE		0000060u
#define CS8		0000060u
#define CSTOPB		0000100u
#define CREAD		0000200u
#define PARENB		0000400u
#define PARODD		0001000u
#define HUPCL		0002000u
#define CLOCAL		0004000u

/* lflag */
#define ISIG		0000001u
#define ICANON		0000002u
#define ECHO		0000010u
#define ECHOE		0000020u
#define ECHOK		0000040u
#define ECHONL		0000100u
#define NOFLSH		0000200u
#define TOSTOP		0000400u
#define ECHOCTL		0001000u
#define ECHOPRT		0002000u
#define ECHOKE		0004000u
#define IEXTEN		0100000u
#define EXTPROC		0200000u

/* ioctl() */
#define TCGETS		0x5401
#define TCSETS		0x5402
#define TCSETSW		0x5403
#define TCSETSF		0x5404
#define TCGETA		0x5405
#define TCSETA		0x5406
#define TCSETAW		0x5407
#define TCSETAF		0x5408
#define TCSBRK		0x5409
#define TCXONC		0x540a
#define TCFLSH		0x540b
#define TIOCEXCL	0x540c
#define TIOCNXCL	0x540d
#define TIOCSCTTY	0x540e
#define TIOCGPGRP	0x540f
#define TIOCSPGRP	0x5410
#define TIOCOUTQ	0x5411
#define TIOCSTI		0x5412
#define TIOCGWINSZ	0x5413
#define TIOCSWINSZ	0x5414
#define TIOCMGET	0x5415
#define TIOCMBIS	0x5416
#define TIOCMBIC	0x5417
#define TIOCMSET	0x5418
#define TIOCGSOFTCAR	0x5419
#define TIOCSSOFTCAR	0x541a
#define TIOCGSERIAL	0x541e
#define TIOCNOTTY	0x5422
#define TIOCSETD	0x5423
#define TIOCGETD	0x5424
#define TCSBRKP		0x5425
#define TIOCSBRK	0x5427
#define TIOCCBRK	0x5428
#define TIOCGSID	0x5429
#define TCGETS2		0x802c542au
#define TCSETS2		0x402c542bu
#define TCSETSW2	0x402c542cu
#define TCSETSF2	0x402c542du
#define TIOCGDEV	0x80045432u
#define TIOCVHANGUP	0x5437
#define TIOCGEXCL	0x80045440u

/* Of TCXONC and TCFLSH. */
#define TCOOFF		0
#define TCOON		1
#define TCIOFF		2
#define TCION		3
#define TCIFLUSH	0
#define TCOFLUSH	1
#define TCIOFLUSH	2
