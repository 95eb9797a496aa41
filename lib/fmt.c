// SPDX-License-Identifier: MIT
/*
 * fmt - the formatter behind snprintf and printk.
 *
 * A conversion is read into a struct spec, then printed as one field:
 *
 *	|<-------------------- width -------------------->|
 *	  blanks   prefix (sign, 0x)   zeros   body   blanks
 *
 * with blanks on one side at most.  The text is counted wholly, and stored
 * as far as there is room.
 */
#include "lib/div64.h"
#include "lib/fmt.h"
#include "lib/string.h"

struct out {
	char	*buf;
	size_t	 size;
	size_t	 length;		/* so far, as if there were room */
};

struct spec {
	bool		left, zero, plus, space, alt;
	unsigned int	width;
	int		precision;	/* -1 for none */
	unsigned int	size;		/* of an integer argument, in bytes */
	char		conversion;
};

static void put(struct out *out, char c)
{
	if (out->length < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void put_many(struct out *out, char c, unsigned int nr)
{
	while (nr--)
		put(out, c);
}

static void put_text(struct out *out, const char *text, size_t size)
{
	while (size--)
		put(out, *text++);
}

static void put_field(struct out *out, const struct spec *spec,
		      const char *prefix, unsigned int zeros,
		      const char *body, size_t size)
{
	size_t used = strlen(prefix) + zeros + size;
	unsigned int blanks = spec->width > used ? spec->width - used : 0;

	if (!spec->left)
		put_many(out, ' ', blanks);
	put_text(out, prefix, strlen(prefix));
	put_many(out, '0', zeros);
	put_text(out, body, size);
	if (spec->left)
		put_many(out, ' ', blanks);
}

/* Write @value's digits, none for 0, up to @end; return where they start. */
static char *digits_before(char *end, uint64_t value, char conversion)
{
	const char *alphabet = conversion == 'X' ? "0123456789ABCDEF"
						 : "0123456789abcdef";
	unsigned int shift = conversion == 'o' ? 3 : 4;
	uint32_t small, digit;

	if (conversion == 'x' || conversion == 'X' || conversion == 'o') {
		for (; value; value >>= shift)
			*--end = alphabet[value & ((1u << shift) - 1)];
		return end;
	}
	while (value >> 32) {
		value = div64_32(value, 10, &digit);
		*--end = alphabet[digit];
	}
	for (small = value; small; small /= 10)
		*--end = alphabet[small % 10];
	return end;
}

static void put_integer(struct out *out, const struct spec *spec,
			uint64_t value, const char *prefix)
{
	char buf[22];			/* 2^64 in octal */
	char *end = buf + sizeof(buf);
	char *start = digits_before(end, value, spec->conversion);
	unsigned int size = end - start;
	unsigned int wanted = spec->precision < 0 ? 1 : spec->precision;

	if (spec->conversion == 'o' && spec->alt && wanted <= size)
		wanted = size + 1;
	if (spec->zero && !spec->left && spec->precision < 0 &&
	    spec->width > wanted + strlen(prefix))
		wanted = spec->width - strlen(prefix);
	put_field(out, spec, prefix, wanted > size ? wanted - size : 0,
		  start, size);
}

static void put_unsigned(struct out *out, const struct spec *spec,
			 uint64_t value)
{
	const char *prefix = "";

	if (spec->alt && value && spec->conversion == 'x')
		prefix = "0x";
	else if (spec->alt && value && spec->conversion == 'X')
		prefix = "0X";
	put_integer(out, spec, value, prefix);
}

static void put_signed(struct out *out, const struct spec *spec, int64_t value)
{
	if (value < 0)
		put_integer(out, spec, -(uint64_t)value, "-");
	else
		put_integer(out, spec, value,
			    spec->plus ? "+" : spec->space ? " " : "");
}

static void put_pointer(struct out *out, const struct spec *spec,
			const void *pointer)
{
	struct spec hex = *spec;

	hex.conversion = 'x';
	hex.precision = 2 * sizeof(pointer);
	put_integer(out, &hex, (uintptr_t)pointer, "0x");
}

static void put_string(struct out *out, const struct spec *spec, const char *s)
{
	if (!s)
		s = "(null)";
	put_field(out, spec, "", 0, s, spec->precision < 0 ? strlen(s)
				: strnlen(s, spec->precision));
}

static bool read_flag(struct spec *spec, char c)
{
	switch (c) {
	case '-': return spec->left = true;
	case '0': return spec->zero = true;
	case '+': return spec->plus = true;
	case ' ': return spec->space = true;
	case '#': return spec->alt = true;
	}
	return false;
}

static unsigned int read_digits(const char **fmt)
{
	unsigned int number = 0;

	while (**fmt >= '0' && **fmt <= '9')
		number = number * 10 + (*(*fmt)++ - '0');
	return number;
}

/* Read h hh l ll z t, and return the size of such an argument. */
static unsigned int read_length(const char **fmt)
{
	char c = **fmt;
	bool twice = (c == 'h' || c == 'l') && (*fmt)[1] == c;

	if (c != 'h' && c != 'l' && c != 'z' && c != 't')
		return sizeof(int);
	*fmt += twice ? 2 : 1;
	switch (c) {
	case 'h': return twice ? sizeof(char) : sizeof(short);
	case 'l': return twice ? sizeof(long long) : sizeof(long);
	case 'z': return sizeof(size_t);
	}
	return sizeof(ptrdiff_t);
}

/* A va_list of which a function can take an argument for its caller. */
struct args {
	va_list list;
};

static void read_spec(struct spec *spec, const char **fmt, struct args *args)
{
	int number;

	*spec = (struct spec){ .precision = -1 };
	while (read_flag(spec, **fmt))
		++*fmt;
	if (**fmt == '*') {
		++*fmt;
		number = va_arg(args->list, int);
		spec->left |= number < 0;
		spec->width = number < 0 ? 0u - (unsigned int)number
					 : (unsigned int)number;
	} else {
		spec->width = read_digits(fmt);
	}
	if (**fmt == '.') {
		++*fmt;
		if (**fmt == '*') {
			++*fmt;
			number = va_arg(args->list, int);
			spec->precision = number < 0 ? -1 : number;
		} else {
			spec->precision = read_digits(fmt);
		}
	}
	spec->size = read_length(fmt);
	spec->conversion = **fmt;
}

static int64_t signed_arg(const struct spec *spec, struct args *args)
{
	switch (spec->size) {
	case 8: return va_arg(args->list, int64_t);
	case 2: return (int16_t)va_arg(args->list, int);
	case 1: return (int8_t)va_arg(args->list, int);
	}
	return va_arg(args->list, int32_t);
}

static uint64_t unsigned_arg(const struct spec *spec, struct args *args)
{
	switch (spec->size) {
	case 8: return va_arg(args->list, uint64_t);
	case 2: return (uint16_t)va_arg(args->list, unsigned int);
	case 1: return (uint8_t)va_arg(args->list, unsigned int);
	}
	return va_arg(args->list, uint32_t);
}

/* Print one conversion; false if it is none that we know. */
static bool put_conversion(struct out *out, const struct spec *spec,
			   struct args *args)
{
	char c;

	switch (spec->conversion) {
	case 'd':
	case 'i':
		put_signed(out, spec, signed_arg(spec, args));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(out, spec, unsigned_arg(spec, args));
		return true;
	case 'c':
		c = va_arg(args->list, int);
		put_field(out, spec, "", 0, &c, 1);
		return true;
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'p':
		put_pointer(out, spec, va_arg(args->list, const void *));
		return true;
	case '%':
		put(out, '%');
		return true;
	}
	return false;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out out = { .buf = buf, .size = size };
	struct args args;
	struct spec spec;
	const char *start;

	va_copy(args.list, list);
	while (*fmt) {
		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		start = fmt++;
		read_spec(&spec, &fmt, &args);
		if (put_conversion(&out, &spec, &args))
			fmt++;
		else
			put_text(&out, start, fmt - start);
	}
	va_end(args.list);
	if (size)
		buf[min(out.length, size - 1)] = '\0';
	return out.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return length;
}
