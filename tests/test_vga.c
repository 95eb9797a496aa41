// SPDX-License-Identifier: MIT
/* The screen: what stands in its memory, and where its cursor is. */
#include "drivers/vga.h"

#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/page.h"
#include "tests/ktap.h"
#include "x86/io.h"
#include "x86/percpu.h"

#define COLUMNS		80u
#define ROWS		25u
#define GREY_ON_BLACK	0x0700

static unsigned int cursor(void)
{
	unsigned int at;

	outb(0x3d4, 0x0e);
	at = inb(0x3d5) << 8;
	outb(0x3d4, 0x0f);
	return at | inb(0x3d5);
}

static void show(const char *text)
{
	vga_write(text, strlen(text));
}

/* Does the screen say @text, in grey, from cell @at on? */
static bool shows(unsigned int at, const char *text)
{
	const volatile uint16_t *cell = phys_to_virt(0xb8000);

	for (cell += at; *text; cell++)
		if (*cell != (GREY_ON_BLACK | *text++))
			return false;
	return true;
}

/* Nobody else prints meanwhile; failures are told afterwards. */
TEST(vga, text_appears_where_the_cursor_is)
{
	bool right = true;
	unsigned int line;

	preempt_disable();
	show("\n");
	line = cursor();
	show("abc");
	right &= line % COLUMNS == 0 && shows(line, "abc ") &&
		 cursor() == line + 3;
	show("\b\bx\tT\ry");
	right &= shows(line, "yxc     T ") && cursor() == line + 1;
	show("\n");
	preempt_enable();
	EXPECT(right);
}

TEST(vga, lines_scroll_up_when_the_screen_is_full)
{
	char text[32];
	bool right = true;

	preempt_disable();
	show("\n");
	for (unsigned int i = 0; i < 2 * ROWS; i++) {
		snprintf(text, sizeof(text), "line %u\n", i);
		show(text);
	}
	for (unsigned int row = 0; row < ROWS - 1; row++) {
		snprintf(text, sizeof(text), "line %u ", ROWS + 1 + row);
		right &= shows(row * COLUMNS, text);
	}
	right &= shows((ROWS - 1) * COLUMNS, "        ") &&
		 cursor() == (ROWS - 1) * COLUMNS;
	for (unsigned int i = 0; i < COLUMNS; i++)
		show("w");
	right &= shows((ROWS - 2) * COLUMNS, "www") &&
		 shows((ROWS - 1) * COLUMNS, "   ") &&
		 cursor() == (ROWS - 1) * COLUMNS;
	preempt_enable();
	EXPECT(right);
}

static void send(const char *text)
{
	vga_send(text, strlen(text));
}

TEST(vga, escape_sequences_move_erase_and_colour)
{
	const volatile uint16_t *cell = phys_to_virt(0xb8000);
	bool right = true;

	preempt_disable();
	send("\33[2J\33[H");
	right &= cursor() == 0 && shows(0, "  ");
	send("one\ntwo\33[3;10Hthree\33[2D\33[Bx\33[A\33[Cy");
	right &= shows(0, "one ") && shows(COLUMNS + 3, "two ") &&
		 shows(2 * COLUMNS + 9, "threey ") &&
		 shows(3 * COLUMNS + 12, "x ");
	send("\33[31;44;1mc\33[md");
	right &= cell[2 * COLUMNS + 15] == (0x1c00 | 'c') &&
		 cell[2 * COLUMNS + 16] == (GREY_ON_BLACK | 'd');
	send("\33[3;12H\33[1K");
	right &= shows(2 * COLUMNS + 9, "   ee");
	send("\33[K\33[99;99H\33[99A\33[99D");
	right &= shows(2 * COLUMNS + 9, "      ") && cursor() == 0;
	/* What is not known leaves nothing behind. */
	send("\33[?25l\33(B\33]0;title\a\33[6nz");
	right &= shows(0, "zne ");
	send("\33[2J\33[H");
	preempt_enable();
	EXPECT(right);
}
