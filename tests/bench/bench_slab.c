// SPDX-License-Identifier: MIT
#include "lib/util.h"
#include "mm/kmalloc.h"
#include "mm/slab.h"
#include "tests/bench/kbench.h"

#define NR_OBJECTS	1000

BENCH(kmalloc, "kmalloc + kfree, 8 ... 8192 bytes, size not constant")
{
	static const uint16_t sizes[] = {
		8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
	};

	KBENCH(1000, ARRAY_SIZE(sizes), {
		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
			kfree(kmalloc(READ_ONCE(sizes[i]), GFP_KERNEL));
	});
}

static void alloc_and_free_all(void **objects, size_t size)
{
	for (unsigned int i = 0; i < NR_OBJECTS; i++)
		objects[i] = kmalloc(size, GFP_KERNEL);
	for (unsigned int i = 0; i < NR_OBJECTS; i++)
		kfree(objects[i]);
}

static void measure_many(size_t size)
{
	void **objects = kmalloc(NR_OBJECTS * sizeof(*objects), GFP_KERNEL);

	if (!objects) {
		kbench_skip("no memory");
		return;
	}
	KBENCH(100, NR_OBJECTS, alloc_and_free_all(objects, size));
	kfree(objects);
}

BENCH(kmalloc_many, "1000 x kmalloc and back, per pair: 32")
{
	measure_many(32);
	kbench_row("1000 x kmalloc and back, per pair: 256");
	measure_many(256);
	kbench_row("1000 x kmalloc and back, per pair: 1024");
	measure_many(1024);
	kbench_row("1000 x kmalloc and back, per pair: 4096");
	measure_many(4096);
}

BENCH(kmem_cache, "kmem_cache alloc + free, 200 bytes")
{
	struct kmem_cache *cache = kmem_cache_create("bench", 200, 0, NULL);

	if (!cache) {
		kbench_skip("no memory");
		return;
	}
	KBENCH(1000, 1, kmem_cache_free(cache,
					kmem_cache_alloc(cache, GFP_KERNEL)));
	kmem_cache_destroy(cache);
}
