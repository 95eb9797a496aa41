// SPDX-License-Identifier: MIT
/*
 * print - the least printf that reads well.
 *
 * A call fills one buffer on the stack and makes one write(), so that lines
 * stay whole between processes.
 */
#include "user/print.h"

#include "user/syscall.h"

#include <stdarg.h>
#include <stdbool.h>

struct line {
	char text[512];
	size_t size;
};

static void put(struct line *line, char c)
{
	if (line->size < sizeof(line->text))
		line->text[line->size++] = c;
}

/* put_text() - @text, padded on the left to @width, or on the right to -it. */
static void put_text(struct line *line, const char *text, int width)
{
	int length = 0;

	while (text[length])
		length++;
	for (int i = length; i < width; i++)
		put(line, ' ');
	for (int i = 0; i < length; i++)
		put(line, text[i]);
	for (int i = length; i < -width; i++)
		put(line, ' ');
}

static void put_number(struct line *line, uint32_t value, uint32_t base,
		       int width)
{
	char digits[12];
	char *at = digits + sizeof(digits) - 1;
	int nr_digits = base == 16 ? 8 : 1;

	*at = 0;
	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (--nr_digits > 0 || value);
	put_text(line, at, width);
}

void print(const char *format, ...)
{
	struct line line = { .size = 0 };
	va_list args;

	va_start(args, format);
	for (const char *at = format; *at; at++) {
		bool left;
		int width = 0;

		if (*at != '%') {
			put(&line, *at);
			continue;
		}
		left = *++at == '-';
		if (left)
			at++;
		while (*at >= '0' && *at <= '9')
			width = width * 10 + *at++ - '0';
		if (left)
			width = -width;
		if (*at == 's')
			put_text(&line, va_arg(args, const char *), width);
		else if (*at == 'u')
			put_number(&line, va_arg(args, uint32_t), 10, width);
		else if (*at == 'x')
			put_number(&line, va_arg(args, uint32_t), 16, width);
		else
			put(&line, *at);
	}
	va_end(args);
	write(1, line.text, line.size);
}
