// SPDX-License-Identifier: MIT
/* Each test of clear_page() and copy_page() runs with and without SSE2. */
#include "mm/pagecopy.h"

#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "tests/ktap.h"
#include "x86/cpu.h"

struct registers {
	uint8_t xmm[4][16];
};

static void xmm_load(const struct registers *r)
{
	asm volatile("movups 0(%0), %%xmm0; movups 16(%0), %%xmm1\n\t"
		     "movups 32(%0), %%xmm2; movups 48(%0), %%xmm3"
		     : : "r"(r) : "memory");
}

static void xmm_store(struct registers *r)
{
	asm volatile("movups %%xmm0, 0(%0); movups %%xmm1, 16(%0)\n\t"
		     "movups %%xmm2, 32(%0); movups %%xmm3, 48(%0)"
		     : : "r"(r) : "memory");
}

static bool is_filled(const uint8_t *bytes, size_t size, uint8_t with)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != with)
			return false;
	return true;
}

static void fill_pattern(uint8_t *bytes, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = seed + i * 7 + (i >> 8);
}

/* Run @test as the CPU is, and as if it had no SSE2. */
static void with_and_without_sse2(void (*test)(uint8_t *four_pages))
{
	struct page *block = alloc_pages(GFP_KERNEL, 2);
	uint32_t features = cpu_features;

	REQUIRE(block);
	test(page_to_virt(block));
	preempt_disable();
	cpu_features &= ~(1u << CPU_SSE2);
	test(page_to_virt(block));
	cpu_features = features;
	preempt_enable();
	free_pages(block, 2);
}

static void check_clear(uint8_t *bytes)
{
	memset(bytes, 0xaa, 3 * PAGE_SIZE);
	clear_page(bytes + PAGE_SIZE);
	EXPECT(is_filled(bytes, PAGE_SIZE, 0xaa));
	EXPECT(is_filled(bytes + PAGE_SIZE, PAGE_SIZE, 0));
	EXPECT(is_filled(bytes + 2 * PAGE_SIZE, PAGE_SIZE, 0xaa));
}

TEST(pagecopy, clear_page_zeroes_one_page_and_no_other_byte)
{
	with_and_without_sse2(check_clear);
}

static void check_copy(uint8_t *bytes)
{
	uint8_t *from = bytes + 3 * PAGE_SIZE;

	memset(bytes, 0xaa, 3 * PAGE_SIZE);
	fill_pattern(from, PAGE_SIZE, ktest_random());
	copy_page(bytes + PAGE_SIZE, from);
	EXPECT(is_filled(bytes, PAGE_SIZE, 0xaa));
	EXPECT(!memcmp(bytes + PAGE_SIZE, from, PAGE_SIZE));
	EXPECT(is_filled(bytes + 2 * PAGE_SIZE, PAGE_SIZE, 0xaa));
}

TEST(pagecopy, copy_page_copies_one_page_and_no_other_byte)
{
	with_and_without_sse2(check_copy);
}

TEST(pagecopy, the_xmm_registers_are_left_alone)
{
	struct page *block = alloc_pages(GFP_KERNEL, 1);
	struct registers before, after, mine;
	uint8_t *bytes;

	REQUIRE(block);
	bytes = page_to_virt(block);
	if (cpu_has(CPU_SSE2)) {
		fill_pattern((uint8_t *)&before, sizeof(before), 99);
		preempt_disable();
		xmm_store(&mine);
		xmm_load(&before);
		clear_page(bytes);
		copy_page(bytes + PAGE_SIZE, bytes);
		xmm_store(&after);
		xmm_load(&mine);
		preempt_enable();
		EXPECT(!memcmp(&before, &after, sizeof(before)));
	}
	free_pages(block, 1);
	if (!cpu_has(CPU_SSE2))
		SKIP("this CPU has no SSE2");
}

TEST(pagecopy, pages_without_an_address_are_cleared_and_copied)
{
	struct page *a = alloc_page(GFP_USER), *b = alloc_page(GFP_USER);
	uint8_t *at_a, *at_b;

	REQUIRE(a && b);
	at_a = kmap(a);
	at_b = kmap(b);
	fill_pattern(at_a, PAGE_SIZE, 1);
	fill_pattern(at_b, PAGE_SIZE, 2);
	copy_highpage(b, a);
	EXPECT(!memcmp(at_a, at_b, PAGE_SIZE));
	clear_highpage(a);
	EXPECT(is_filled(at_a, PAGE_SIZE, 0));
	EXPECT(!is_filled(at_b, PAGE_SIZE, 0));
	kunmap(b);
	kunmap(a);
	free_page(a);
	free_page(b);
}

TEST(pagecopy, parts_of_a_page_are_zeroed_and_copied)
{
	static const struct { size_t offset, size; } parts[] = {
		{ 0, 0 }, { 0, 1 }, { 1, 2 }, { 17, 1000 }, { 4095, 1 },
		{ 4096, 0 }, { 0, 4096 },
	};
	struct page *page = alloc_page(GFP_USER);
	uint8_t *low, *at;

	low = kmalloc(2 * PAGE_SIZE, GFP_KERNEL);
	REQUIRE(page && low);
	at = kmap(page);
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t offset = parts[i].offset, size = parts[i].size;

		memset(at, 0xaa, PAGE_SIZE);
		memzero_page(page, offset, size);
		EXPECT(is_filled(at, offset, 0xaa));
		EXPECT(is_filled(at + offset, size, 0));
		EXPECT(is_filled(at + offset + size, PAGE_SIZE - offset - size,
				 0xaa));

		fill_pattern(low, PAGE_SIZE, i);
		memset(at, 0xaa, PAGE_SIZE);
		copy_to_page(page, offset, low, size);
		EXPECT(is_filled(at, offset, 0xaa));
		EXPECT(!memcmp(at + offset, low, size));
		EXPECT(is_filled(at + offset + size, PAGE_SIZE - offset - size,
				 0xaa));

		memset(low, 0x55, 2 * PAGE_SIZE);
		copy_from_page(low, page, offset, size);
		EXPECT(!memcmp(low, at + offset, size));
		EXPECT(is_filled(low + size, PAGE_SIZE, 0x55));
	}
	kunmap(page);
	kfree(low);
	free_page(page);
}
