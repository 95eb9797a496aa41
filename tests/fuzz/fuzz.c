// SPDX-License-Identifier: MIT
/*
 * fuzz - stands where tests/host/host.c does, between libFuzzer and a test.
 */
#include <stdarg.h>

#include "fuzz.h"
#include "host.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

#undef vsnprintf

struct cpu cpus[NR_CPUS];
bool host_irq_enabled = true;
char host_panic_text[512];

const uint8_t *fuzz_input;
size_t fuzz_left;

/* libFuzzer keeps the input that leads here. */
noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(host_panic_text, sizeof(host_panic_text), fmt, args);
	va_end(args);
	fprintf(stderr, "panic: %s\n", host_panic_text);
	abort();
}

void host_register(struct host_test *test)
{
	(void)test;
}

void host_fail(const char *file, int line, const char *what)
{
	panic("%s:%d: expected %s", file, line, what);
}

void host_fail_eq(const char *file, int line, const char *what, long long a,
		  long long b)
{
	panic("%s:%d: expected %s: %lld against %lld", file, line, what, a, b);
}

void host_skip(const char *reason)
{
	(void)reason;
}

/* No harness runs the tests that expect a panic. */
jmp_buf *host_catch(void)
{
	abort();
}

void host_caught(bool panicked)
{
	(void)panicked;
}

unsigned long printk_lock(void)
{
	return 0;
}

void printk_unlock(unsigned long flags)
{
	(void)flags;
}

/* The next @nr bytes as a number; zeros behind the end of the input. */
static uint32_t take(int nr)
{
	uint32_t value = 0;

	for (; nr && fuzz_left; nr--, fuzz_left--)
		value = value << 8 | *fuzz_input++;
	return value;
}

uint32_t host_random(void)
{
	return take(4);
}

/* As few bytes as do, so that most changes of an input change little. */
uint32_t host_random_below(uint32_t limit)
{
	return take(limit <= 1 << 8 ? 1 : limit <= 1 << 16 ? 2 : 4) % limit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_input = data;
	fuzz_left = size;
	fuzz();
	return 0;
}
