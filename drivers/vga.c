// SPDX-License-Identifier: MIT
/*
 * vga - the 80 x 25 text screen: an array of (character, colour) at 0xB8000.
 *
 * What programs send to the terminal is shown as well, with the few escape
 * sequences that move the cursor, erase and colour; others are left out.
 *
 * Locking: vga_lock, interrupts off.
 */
#include "drivers/vga.h"

#include "lib/printk.h"
#include "lib/string.h"
#include "mm/layout.h"
#include "x86/io.h"
#include "x86/spinlock.h"

#define COLUMNS		80u
#define ROWS		25u
#define VGA_PHYS	0xb8000
#define GREY_ON_BLACK	0x0700
#define BEL		7
#define ESC		27
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR_HI	0x0e
#define CRTC_CURSOR_LO	0x0f

#define PARAMETERS	4u

enum state {
	TEXT,
	ESCAPE,				/* behind ESC */
	SEQUENCE,			/* behind ESC [ */
	IGNORE_ONE,			/* behind ESC ( and the like */
	IGNORE_TEXT,			/* behind ESC ], until BEL or ESC */
};

static struct spinlock vga_lock = SPINLOCK_INIT;
static uint16_t *screen;
static unsigned int cursor;		/* row * COLUMNS + column */
static uint16_t colour = GREY_ON_BLACK;
static uint8_t state, parameter[PARAMETERS], nr_parameters;

static void blank(unsigned int start, unsigned int end)
{
	while (start < end)
		screen[start++] = GREY_ON_BLACK | ' ';
}

static void scroll(void)
{
	memmove(screen, screen + COLUMNS,
		(ROWS - 1) * COLUMNS * sizeof(*screen));
	blank((ROWS - 1) * COLUMNS, ROWS * COLUMNS);
	cursor -= COLUMNS;
}

static void control(uint8_t c)
{
	switch (c) {
	case '\n':
		cursor += COLUMNS;
		break;
	case '\r':
		cursor -= cursor % COLUMNS;
		break;
	case '\b':
		cursor -= cursor % COLUMNS > 0;
		break;
	case '\t':
		cursor = (cursor | 7) + 1;
		break;
	case ESC:
		state = ESCAPE;
		break;
	}
}

/* ------------------------------------------------------- escape sequences */

static unsigned int at_least_one(unsigned int i)
{
	return parameter[i] ? parameter[i] : 1;
}

static void move(int rows, int columns)
{
	int row = (int)(cursor / COLUMNS) + rows;
	int column = (int)(cursor % COLUMNS) + columns;

	row = max(min(row, (int)ROWS - 1), 0);
	column = max(min(column, (int)COLUMNS - 1), 0);
	cursor = row * COLUMNS + column;
}

/* Erase from @start to the cursor, or on to @end, or both. */
static void erase(unsigned int start, unsigned int end)
{
	blank(parameter[0] ? start : cursor,
	      parameter[0] == 1 ? cursor + 1 : end);
}

static void set_colour(unsigned int n)
{
	static const uint8_t vga[] = { 0, 4, 2, 6, 1, 5, 3, 7 };

	if (n == 0)
		colour = GREY_ON_BLACK;
	else if (n == 1)
		colour |= 0x0800;
	else if (n == 7)
		colour = 0x7000;
	else if (n >= 30 && n < 38)
		colour = (colour & 0xf800) | vga[n - 30] << 8;
	else if (n >= 40 && n < 48)
		colour = (colour & 0x0f00) | vga[n - 40] << 12;
}

/* The ones that full-screen programs cannot do without. */
static void obey(uint8_t final)
{
	const unsigned int row = cursor - cursor % COLUMNS;

	switch (final) {
	case 'A':
		move(-(int)at_least_one(0), 0);
		break;
	case 'B':
		move(at_least_one(0), 0);
		break;
	case 'C':
		move(0, at_least_one(0));
		break;
	case 'D':
		move(0, -(int)at_least_one(0));
		break;
	case 'H':
	case 'f':
		cursor = 0;
		move(at_least_one(0) - 1, at_least_one(1) - 1);
		break;
	case 'J':
		erase(0, ROWS * COLUMNS);
		break;
	case 'K':
		erase(row, row + COLUMNS);
		break;
	case 'm':
		for (unsigned int i = 0; i <= nr_parameters; i++)
			set_colour(parameter[i]);
	}
}

static void sequence(uint8_t c)
{
	if (c >= '0' && c <= '9') {
		parameter[nr_parameters] *= 10;
		parameter[nr_parameters] += c - '0';
	} else if (c == ';') {
		nr_parameters += nr_parameters < PARAMETERS - 1;
	} else if (c >= '@') {
		state = TEXT;
		obey(c);
	}
}

static void escape(uint8_t c)
{
	switch (state) {
	case ESCAPE:
		memset(parameter, 0, sizeof(parameter));
		nr_parameters = 0;
		state = c == '[' ? SEQUENCE : c == ']' ? IGNORE_TEXT :
			c >= '(' && c <= '/' ? IGNORE_ONE : TEXT;
		break;
	case SEQUENCE:
		sequence(c);
		break;
	case IGNORE_ONE:
		state = TEXT;
		break;
	default:
		state = c == BEL ? TEXT : c == ESC ? ESCAPE : IGNORE_TEXT;
	}
}

/* ------------------------------------------------------------------- text */

/* Show what can be shown of the text, to the end of the screen at most. */
static const char *put_run(const char *text, const char *end)
{
	uint16_t *to = screen + cursor;
	const uint16_t *last = screen + ROWS * COLUMNS, attribute = colour;

	while (text < end && to < last && (uint8_t)*text >= ' ')
		*to++ = attribute | (uint8_t)*text++;
	cursor = to - screen;
	return text;
}

static void show_cursor(void)
{
	outb(CRTC_INDEX, CRTC_CURSOR_HI);
	outb(CRTC_DATA, cursor >> 8);
	outb(CRTC_INDEX, CRTC_CURSOR_LO);
	outb(CRTC_DATA, cursor);
}

static void show(const char *text, size_t size, bool newline_returns)
{
	uint32_t flags = spin_lock_irqsave(&vga_lock);
	const char *end = text + size;

	while (text < end) {
		if (newline_returns && *text == '\n')
			control('\r');
		if (state != TEXT)
			escape(*text++);
		else if ((uint8_t)*text < ' ')
			control(*text++);
		else
			text = put_run(text, end);
		while (cursor >= ROWS * COLUMNS)
			scroll();
	}
	show_cursor();
	spin_unlock_irqrestore(&vga_lock, flags);
}

void vga_send(const char *text, size_t size)
{
	show(text, size, false);
}

void vga_write(const char *text, size_t size)
{
	show(text, size, true);
}

static void console_write(struct console *console, const char *text,
			  size_t size)
{
	(void)console;
	vga_write(text, size);
}

static struct console vga_console = {
	.write = console_write,
	.level = LOG_INFO,
};

void vga_init(void)
{
	screen = (uint16_t *)(PAGE_OFFSET + VGA_PHYS);
	blank(0, ROWS * COLUMNS);
	printk_add_console(&vga_console);
}
