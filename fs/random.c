// SPDX-License-Identifier: MIT
/*
 * random - chance from ChaCha20 (RFC 8439), keyed by what the time-stamp
 * counter showed at each call.
 *
 * A call stirs the counter into the key, makes blocks of output from it, and
 * replaces the key by half a block that nobody sees; so who reads the memory
 * of the kernel learns nothing of earlier output.
 *
 * Locking: lock, with interrupts off.
 */
#include "fs/random.h"

#include "lib/string.h"
#include "lib/util.h"
#include "x86/cpu.h"
#include "x86/spinlock.h"

#define KEY_WORDS	8
#define BLOCK_WORDS	16

static struct spinlock lock = SPINLOCK_INIT;
static uint32_t key[KEY_WORDS];

static uint32_t rotate(uint32_t x, unsigned int by)
{
	return x << by | x >> (32 - by);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b; *d = rotate(*d ^ *a, 16);
	*c += *d; *b = rotate(*b ^ *c, 12);
	*a += *b; *d = rotate(*d ^ *a, 8);
	*c += *d; *b = rotate(*b ^ *c, 7);
}

static void make_block(uint32_t block[BLOCK_WORDS], uint64_t counter)
{
	uint32_t start[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32,
					0x6b206574 };
	uint32_t *x = block;

	memcpy(start + 4, key, sizeof(key));
	start[12] = counter;
	start[13] = counter >> 32;
	memcpy(x, start, sizeof(start));
	for (int round = 0; round < 20; round += 2) {
		for (int i = 0; i < 4; i++)
			quarter_round(x + i, x + 4 + i, x + 8 + i, x + 12 + i);
		for (int i = 0; i < 4; i++)
			quarter_round(x + i, x + 4 + (i + 1) % 4,
				      x + 8 + (i + 2) % 4,
				      x + 12 + (i + 3) % 4);
	}
	for (int i = 0; i < BLOCK_WORDS; i++)
		x[i] += start[i];
}

void random_bytes(void *buf, size_t size)
{
	uint32_t flags = spin_lock_irqsave(&lock);
	uint32_t block[BLOCK_WORDS];
	uint64_t counter = 0;
	char *to = buf;

	*(uint64_t *)key ^= rdtsc();
	while (size) {
		size_t n = min(size, sizeof(block));

		make_block(block, counter++);
		memcpy(to, block, n);
		to += n;
		size -= n;
	}
	make_block(block, counter);
	memcpy(key, block, sizeof(key));
	spin_unlock_irqrestore(&lock, flags);
}
