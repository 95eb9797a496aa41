// SPDX-License-Identifier: MIT
/*
 * kbench - medians of instruction counts, one line a row:
 *
 *	bench: <row> = <instructions> tlb_flushes=<x.xx> cr3_loads=<x.xx>
 */
#include "tests/bench/kbench.h"

#include "lib/assert.h"
#include "lib/div64.h"
#include "lib/glob.h"
#include "lib/printk.h"
#include "mm/tlb.h"

extern const struct kbench _kbenches_start[], _kbenches_end[];

static const char *row_name;
static uint32_t samples[KBENCH_SAMPLES];
static struct tlb_stats before;

/* Shell sort: small, and quick enough for a few thousand samples. */
static void sort(uint32_t *v, unsigned int n)
{
	for (unsigned int gap = n / 2; gap; gap /= 2)
		for (unsigned int i = gap; i < n; i++) {
			uint32_t x = v[i];
			unsigned int j = i;

			for (; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

static uint32_t median(uint32_t *v, unsigned int n)
{
	sort(v, n);
	return v[n / 2];
}

/* What an empty pair of rdtsc costs. */
static uint32_t overhead(void)
{
	uint32_t v[32];

	for (unsigned int i = 0; i < 32; i++) {
		uint64_t start = rdtsc();

		v[i] = rdtsc() - start;
	}
	return median(v, 32);
}

void kbench_begin(unsigned int n)
{
	assert_always(n && n <= KBENCH_SAMPLES);
	before = tlb_stats;
}

void kbench_sample(unsigned int i, uint64_t ticks)
{
	samples[i] = ticks;
}

static void print_hundredths(const char *name, uint32_t count, uint32_t ops)
{
	uint32_t x = div64_32((uint64_t)count * 100, ops, NULL);

	kprint(" %s=%u.%02u", name, x / 100, x % 100);
}

void kbench_end(unsigned int n, unsigned int ops)
{
	struct tlb_stats after = tlb_stats;
	uint32_t ticks = median(samples, n) - overhead();

	kprint("bench: %s = %u", row_name, (ticks + ops / 2) / ops);
	print_hundredths("tlb_flushes", after.nr_tlb_flush -
			 before.nr_tlb_flush, n * ops);
	print_hundredths("cr3_loads", after.nr_cr3_load - before.nr_cr3_load,
			 n * ops);
	kprint("\n");
}

void kbench_row(const char *row)
{
	row_name = row;
}

void kbench_skip(const char *why)
{
	kprint("# bench: %s: skipped: %s\n", row_name, why);
}

void kbench_run(const char *glob)
{
	bool any = false;

	for (const struct kbench *b = _kbenches_start; b < _kbenches_end; b++) {
		if (!glob_match(glob, b->id))
			continue;
		any = true;
		row_name = b->row;
		b->run();
	}
	if (!any)
		kprint("# nothing matches %s\n", glob);
}
