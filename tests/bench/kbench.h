// SPDX-License-Identifier: MIT
/*
 * kbench - costs of the kernel's own operations, counted at boot when the
 * command line has `bench` or `bench=GLOB`, under `qemu -icount shift=0`,
 * where one tick of the TSC is one guest instruction.
 *
 *	BENCH(kmap_same, "kmap + kunmap, same highmem page")
 *	{
 *		... set up ...
 *		KBENCH(1000, 1, { kmap(page); kunmap(page); });
 *		... put back ...
 *	}
 *
 * KBENCH(samples, ops, { body }) measures the body @samples times and keeps
 * the median, less the empty rdtsc pair, divided by the @ops operations that
 * one body does.  A BENCH that prints several rows calls
 * kbench_row(name) before each KBENCH.
 */
#pragma once

#include <stdint.h>

#include "x86/cpu.h"

#define KBENCH_SAMPLES 4096

struct kbench {
	const char *id;
	const char *row;
	void (*run)(void);
};

#define BENCH(id_, row_)						\
	static void kbench_run_##id_(void);				\
	static const struct kbench kbench_##id_				\
	__attribute__((used, section(".kbenches"))) = {			\
		#id_, row_, kbench_run_##id_				\
	};								\
	static void kbench_run_##id_(void)

#define KBENCH(samples, ops, ...)					\
	do {								\
		kbench_begin(samples);					\
		for (unsigned int kb_i = 0; kb_i < (samples); kb_i++) {	\
			uint64_t kb_start = rdtsc();			\
			__VA_ARGS__;					\
			kbench_sample(kb_i, rdtsc() - kb_start);	\
		}							\
		kbench_end(samples, ops);				\
	} while (0)

void kbench_begin(unsigned int samples);
void kbench_sample(unsigned int i, uint64_t ticks);
void kbench_end(unsigned int samples, unsigned int ops);

/** kbench_row() - the name of the row that the next KBENCH prints. */
void kbench_row(const char *row);

/** kbench_skip() - say why this machine cannot show the row. */
void kbench_skip(const char *why);

/** kbench_run() - run each BENCH whose id matches @glob; NULL: none is here. */
void __attribute__((weak)) kbench_run(const char *glob);
