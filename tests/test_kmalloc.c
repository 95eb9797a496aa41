// SPDX-License-Identifier: MIT
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "tests/ktap.h"

#define LARGEST_CLASS 8192u

static bool is_filled(const uint8_t *at, size_t size, uint8_t byte)
{
	while (size && *at == byte) {
		at++;
		size--;
	}
	return size == 0;
}

TEST(kmalloc, every_size_up_to_8_kib_is_usable_to_its_last_byte)
{
	uint8_t *before = NULL;
	size_t size_before = 0;

	for (size_t size = 0; size <= LARGEST_CLASS; size += 1 + size / 40) {
		uint8_t *object = kmalloc(size, GFP_KERNEL);

		REQUIRE(object);
		EXPECT(ksize(object) >= size);
		EXPECT(IS_ALIGNED((uintptr_t)object, size < 16 ? 8 : 16));
		memset(object, size, size);
		EXPECT(is_filled(before, size_before, size_before));
		kfree(before);
		before = object;
		size_before = size;
	}
	kfree(before);
}

TEST(kmalloc, a_constant_size_and_a_variable_one_get_the_same_class)
{
	size_t size = 100;
	void *variable, *constant = kmalloc(100, GFP_KERNEL);

	barrier();
	variable = kmalloc(READ_ONCE(size), GFP_KERNEL);
	REQUIRE(constant && variable);
	EXPECT(virt_to_page(constant)->cache == &kmalloc_caches[KMALLOC_128]);
	EXPECT(virt_to_page(variable)->cache == &kmalloc_caches[KMALLOC_128]);
	kfree(constant);
	kfree(variable);
}

TEST(kmalloc, class_borders)
{
	static const uint16_t sizes[] = {
		8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
	};

	EXPECT_EQ(ARRAY_SIZE(sizes), NR_KMALLOC_CLASSES);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *exact = kmalloc(sizes[i], GFP_KERNEL);
		void *next = kmalloc(sizes[i] + 1, GFP_KERNEL);

		REQUIRE(exact && next);
		EXPECT(virt_to_page(exact)->cache == &kmalloc_caches[i]);
		if (i + 1 < ARRAY_SIZE(sizes))
			EXPECT(virt_to_page(next)->cache ==
			       &kmalloc_caches[i + 1]);
		else
			EXPECT(virt_to_page(next)->flags & PG_LARGE);
		kfree(exact);
		kfree(next);
	}
}

TEST(kmalloc, size_0_gives_memory_of_its_own)
{
	void *a = kmalloc(0, GFP_KERNEL);
	void *b = kmalloc(0, GFP_KERNEL);

	EXPECT(a && b && a != b);
	kfree(a);
	kfree(b);
}

TEST(kmalloc, kfree_of_null_is_nothing)
{
	kfree(NULL);
}

TEST(kmalloc, above_8_kib_it_is_a_block_of_pages)
{
	for (size_t size = LARGEST_CLASS + 1; size <= 256 * 1024; size *= 3) {
		size_t before = buddy_nr_free();
		uint8_t *object = kmalloc(size, GFP_KERNEL);

		REQUIRE(object);
		EXPECT(PAGE_ALIGNED((uintptr_t)object));
		EXPECT(ksize(object) >= size);
		EXPECT(ksize(object) < 2 * size);
		EXPECT_EQ(before - buddy_nr_free(), ksize(object) / PAGE_SIZE);
		memset(object, 0xaa, size);
		kfree(object);
		EXPECT_EQ(buddy_nr_free(), before);
	}
}

TEST(kmalloc, more_than_the_largest_block_is_null)
{
	size_t sizes[] = { KMALLOC_MAX + 1, 1u << 31, SIZE_MAX - 8, SIZE_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT(!kmalloc(READ_ONCE(sizes[i]), GFP_KERNEL));
}

TEST(kmalloc, kzalloc_gives_zeroes_where_there_was_data)
{
	static const size_t sizes[] = { 1, 8, 100, 192, 2000, 8192, 30000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *object = kmalloc(sizes[i], GFP_KERNEL);

		REQUIRE(object);
		memset(object, 0xff, sizes[i]);
		kfree(object);
		object = kzalloc(sizes[i], GFP_KERNEL);
		REQUIRE(object);
		EXPECT(is_filled(object, sizes[i], 0));
		kfree(object);
	}
}

TEST(kmalloc, krealloc_keeps_the_data)
{
	static const size_t sizes[] = { 10, 11, 100, 5000, 8192, 8193, 60000,
					50, 1, 300 };
	uint8_t *object = NULL;
	size_t kept = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t *new = krealloc(object, sizes[i], GFP_KERNEL);

		REQUIRE(new);
		EXPECT(is_filled(new, min(kept, sizes[i]), i));
		EXPECT(ksize(new) >= sizes[i]);
		memset(new, i + 1, sizes[i]);
		object = new;
		kept = sizes[i];
	}
	EXPECT(!krealloc(object, 0, GFP_KERNEL));
}

TEST(kmalloc, a_failed_krealloc_leaves_the_object_alone)
{
	uint8_t *object = kmalloc(30, GFP_KERNEL);

	REQUIRE(object);
	memset(object, 0x3c, 30);
	alloc_fail_after(0);
	EXPECT(!krealloc(object, 3000, GFP_KERNEL));
	EXPECT(!krealloc(object, 30000, GFP_KERNEL));
	alloc_fail_off();
	EXPECT(!krealloc(object, SIZE_MAX, GFP_KERNEL));
	EXPECT(is_filled(object, 30, 0x3c));
	kfree(object);
}

TEST(kmalloc, the_nth_allocation_fails)
{
	void *object, *large;

	alloc_fail_after(2);
	object = kmalloc(30, GFP_KERNEL);
	large = kmalloc(30000, GFP_KERNEL);
	EXPECT(object && large);
	EXPECT(!kmalloc(30, GFP_KERNEL));
	EXPECT(!kzalloc(300, GFP_ATOMIC));
	EXPECT(!kmalloc(30000, GFP_KERNEL));
	kfree(object);
	object = kmalloc(30, GFP_KERNEL | __GFP_NOFAIL_INJECT);
	EXPECT(object);
	alloc_fail_off();
	kfree(object);
	kfree(large);
}
