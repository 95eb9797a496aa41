// SPDX-License-Identifier: MIT
/*
 * host - runs the tests of one program and stands in for the kernel below
 * them: panic(), the printk lock, and the per-CPU data that locks count in.
 */
#include <stdarg.h>
#include <time.h>

#include "host.h"
#include "lib/glob.h"
#include "lib/panic.h"
#include "lib/printk.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

#undef snprintf
#undef vsnprintf

#define FAILURES_SHOWN 8		/* of one test; the rest only count */

struct cpu cpus[NR_CPUS];
bool host_irq_enabled = true;
char host_panic_text[512];

static struct host_test *first_test, **last_link = &first_test;
static int nr_failures;			/* of the test that runs */
static const char *skipped;

static uint64_t seed, random_state;

static jmp_buf catch_point;
static bool catching;
static int catch_preempt_count;
static bool catch_irq_enabled;

static int printk_depth;

void host_register(struct host_test *test)
{
	*last_link = test;
	last_link = &test->next;
}

void host_fail(const char *file, int line, const char *what)
{
	if (nr_failures++ < FAILURES_SHOWN)
		printf("# %s:%d: expected %s\n", file, line, what);
}

void host_fail_eq(const char *file, int line, const char *what, long long a,
		  long long b)
{
	host_fail(file, line, what);
	if (nr_failures <= FAILURES_SHOWN)
		printf("#   %lld (%#llx) against %lld (%#llx)\n", a, a, b, b);
}

void host_skip(const char *reason)
{
	skipped = reason;
}

noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(host_panic_text, sizeof(host_panic_text), fmt, args);
	va_end(args);
	if (catching)
		longjmp(catch_point, 1);
	printf("Bail out! panic: %s\n", host_panic_text);
	fflush(stdout);
	abort();
}

jmp_buf *host_catch(void)
{
	catching = true;
	catch_preempt_count = this_cpu()->preempt_count;
	catch_irq_enabled = host_irq_enabled;
	return &catch_point;
}

void host_caught(bool panicked)
{
	catching = false;
	if (panicked) {
		this_cpu()->preempt_count = catch_preempt_count;
		host_irq_enabled = catch_irq_enabled;
		printk_depth = 0;
	}
}

unsigned long printk_lock(void)
{
	if (printk_depth++)
		panic("printk inside printk");
	return 0x5eed;
}

void printk_unlock(unsigned long flags)
{
	if (flags != 0x5eed || --printk_depth)
		panic("printk_unlock without its printk_lock");
}

/* xorshift64*, by Vigna. */
uint32_t host_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1d >> 32;
}

uint32_t host_random_below(uint32_t limit)
{
	return (uint64_t)host_random() * limit >> 32;
}

/* The name decides too, so that a test alone sees the same numbers. */
static void random_start(const char *name)
{
	random_state = seed * 0x9e3779b97f4a7c15 + 1;
	while (*name)
		random_state = (random_state ^ (uint8_t)*name++) *
			       0x100000001b3;
	random_state |= 1;
	for (int i = 0; i < 8; i++)
		host_random();
}

static void choose_seed(void)
{
	const char *text = getenv("SEED");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = text ? strtoull(text, NULL, 0)
		    : (uint32_t)(now.tv_sec ^ now.tv_nsec);
	printf("# SEED=%llu\n", (unsigned long long)seed);
}

static void full_name(const struct host_test *test, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%s", test->module, test->name);
}

static bool is_wanted(const struct host_test *test, int argc, char **argv)
{
	char name[256];

	full_name(test, name, sizeof(name));
	for (int i = 1; i < argc; i++)
		if (glob_match(argv[i], name))
			return true;
	return argc < 2;
}

/* Run one test; tell whether it passed. */
static bool run(const struct host_test *test, int number)
{
	char name[256];

	full_name(test, name, sizeof(name));
	nr_failures = 0;
	skipped = NULL;
	random_start(name);
	test->run();
	if (this_cpu()->preempt_count || !host_irq_enabled) {
		host_fail(__FILE__, __LINE__, "no lock held at the end");
		this_cpu()->preempt_count = 0;
		host_irq_enabled = true;
	}
	printf("%sok %d - %s", nr_failures ? "not " : "", number, name);
	printf(skipped ? " # SKIP %s\n" : "\n", skipped);
	fflush(stdout);
	return !nr_failures;
}

int main(int argc, char **argv)
{
	int nr_tests = 0, nr_failed = 0, number = 0;

	for (struct host_test *test = first_test; test; test = test->next)
		nr_tests += is_wanted(test, argc, argv);
	printf("KTAP version 1\n1..%d\n", nr_tests);
	choose_seed();
	fflush(stdout);
	for (struct host_test *test = first_test; test; test = test->next)
		if (is_wanted(test, argc, argv))
			nr_failed += !run(test, ++number);
	return nr_failed ? 1 : 0;
}
