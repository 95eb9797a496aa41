// SPDX-License-Identifier: MIT
/*
 * vga - the 80 x 25 text screen: an array of (character, colour) at 0xB8000.
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
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR_HI	0x0e
#define CRTC_CURSOR_LO	0x0f

static struct spinlock vga_lock = SPINLOCK_INIT;
static uint16_t *screen;
static unsigned int cursor;		/* row * COLUMNS + column */

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

static void put(uint8_t c)
{
	switch (c) {
	case '\n':
		cursor += COLUMNS - cursor % COLUMNS;
		break;
	case '\r':
		cursor -= cursor % COLUMNS;
		break;
	case '\b':
		if (cursor % COLUMNS)
			cursor--;
		break;
	case '\t':
		cursor = (cursor | 7) + 1;
		break;
	default:
		screen[cursor++] = GREY_ON_BLACK | c;
	}
	if (cursor >= ROWS * COLUMNS)
		scroll();
}

static void show_cursor(void)
{
	outb(CRTC_INDEX, CRTC_CURSOR_HI);
	outb(CRTC_DATA, cursor >> 8);
	outb(CRTC_INDEX, CRTC_CURSOR_LO);
	outb(CRTC_DATA, cursor);
}

void vga_write(const char *text, size_t size)
{
	uint32_t flags = spin_lock_irqsave(&vga_lock);

	while (size--)
		put(*text++);
	show_cursor();
	spin_unlock_irqrestore(&vga_lock, flags);
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
