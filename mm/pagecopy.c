// SPDX-License-Identifier: MIT
/*
 * pagecopy - zeroes and copies pages by 16-byte moves where the CPU has them.
 *
 * In guest instructions a page costs 1028 to zero by `rep stosl` and 283 by
 * 256 movaps, the dearest part of every demand-zero fault.  The kernel is
 * compiled without SSE, so the xmm registers belong to whatever user program
 * was running.  Instead of locking the FPU, the code here saves the one or
 * four registers it needs on its stack and puts them back: 2 instructions
 * each, and then it is correct anywhere, in an interrupt handler inside
 * another copy too.  movaps and xorps change no flag of MXCSR and raise no
 * SIMD exception.  CR0.TS is never set in Atlas: threads switch their FPU
 * state eagerly.
 *
 * cpu_has(CPU_SSE2) is false until cpu_init() has set CR4.OSFXSR, without
 * which movaps is an invalid opcode; until then `rep` does it.
 *
 * The loops are unrolled to 512 bytes a turn: 24 or 32 instructions of loop in
 * a page, for 0.7 KiB of code.
 */
#include "mm/pagecopy.h"

#include "lib/string.h"
#include "mm/highmem.h"
#include "x86/cpu.h"

static void clear_page_rep(void *page)
{
	size_t nr = PAGE_SIZE / 4;

	asm volatile("rep stosl"
		     : "+D"(page), "+c"(nr)
		     : "a"(0)
		     : "memory");
}

static void copy_page_rep(void *to, const void *from)
{
	size_t nr = PAGE_SIZE / 4;

	asm volatile("rep movsl"
		     : "+D"(to), "+S"(from), "+c"(nr)
		     :
		     : "memory");
}

struct xmm {
	uint8_t bytes[16];
};

static void clear_page_sse(void *page)
{
	struct xmm saved;
	void *end = (char *)page + PAGE_SIZE;

	asm volatile("movups	%%xmm0, %[saved]\n\t"
		     "xorps	%%xmm0, %%xmm0\n"
		     "1:\n\t"
		     ".set	.Lat, 0\n\t"
		     ".rept	32\n\t"
		     "movaps	%%xmm0, .Lat(%[page])\n\t"
		     ".set	.Lat, .Lat + 16\n\t"
		     ".endr\n\t"
		     "add	$512, %[page]\n\t"
		     "cmp	%[end], %[page]\n\t"
		     "jne	1b\n\t"
		     "movups	%[saved], %%xmm0"
		     : [page] "+r"(page), [saved] "=m"(saved)
		     : [end] "r"(end)
		     : "memory", "cc");
}

static void copy_page_sse(void *to, const void *from)
{
	struct xmm saved[4];
	void *end = (char *)to + PAGE_SIZE;

	asm volatile("movups	%%xmm0, 0(%[saved])\n\t"
		     "movups	%%xmm1, 16(%[saved])\n\t"
		     "movups	%%xmm2, 32(%[saved])\n\t"
		     "movups	%%xmm3, 48(%[saved])\n"
		     "1:\n\t"
		     ".set	.Lat, 0\n\t"
		     ".rept	8\n\t"
		     "movaps	.Lat(%[from]), %%xmm0\n\t"
		     "movaps	.Lat + 16(%[from]), %%xmm1\n\t"
		     "movaps	.Lat + 32(%[from]), %%xmm2\n\t"
		     "movaps	.Lat + 48(%[from]), %%xmm3\n\t"
		     "movaps	%%xmm0, .Lat(%[to])\n\t"
		     "movaps	%%xmm1, .Lat + 16(%[to])\n\t"
		     "movaps	%%xmm2, .Lat + 32(%[to])\n\t"
		     "movaps	%%xmm3, .Lat + 48(%[to])\n\t"
		     ".set	.Lat, .Lat + 64\n\t"
		     ".endr\n\t"
		     "add	$512, %[from]\n\t"
		     "add	$512, %[to]\n\t"
		     "cmp	%[end], %[to]\n\t"
		     "jne	1b\n\t"
		     "movups	0(%[saved]), %%xmm0\n\t"
		     "movups	16(%[saved]), %%xmm1\n\t"
		     "movups	32(%[saved]), %%xmm2\n\t"
		     "movups	48(%[saved]), %%xmm3"
		     : [to] "+r"(to), [from] "+r"(from)
		     : [end] "r"(end), [saved] "r"(saved)
		     : "memory", "cc");
}

void clear_page(void *page)
{
	assert(PAGE_ALIGNED((vaddr_t)page));
	if (cpu_has(CPU_SSE2))
		clear_page_sse(page);
	else
		clear_page_rep(page);
}

void copy_page(void *to, const void *from)
{
	assert(PAGE_ALIGNED((vaddr_t)to | (vaddr_t)from));
	if (cpu_has(CPU_SSE2))
		copy_page_sse(to, from);
	else
		copy_page_rep(to, from);
}

void clear_highpage(struct page *page)
{
	void *addr = kmap_atomic(page);

	clear_page(addr);
	kunmap_atomic(addr);
}

void copy_highpage(struct page *to, struct page *from)
{
	void *source = kmap_atomic(from);
	void *target = kmap_atomic(to);

	copy_page(target, source);
	kunmap_atomic(target);
	kunmap_atomic(source);
}

void memzero_page(struct page *page, size_t offset, size_t size)
{
	char *addr = kmap_atomic(page);

	assert(offset <= PAGE_SIZE && size <= PAGE_SIZE - offset);
	memset(addr + offset, 0, size);
	kunmap_atomic(addr);
}

void copy_to_page(struct page *page, size_t offset, const void *from,
		  size_t size)
{
	char *addr = kmap_atomic(page);

	assert(offset <= PAGE_SIZE && size <= PAGE_SIZE - offset);
	memcpy(addr + offset, from, size);
	kunmap_atomic(addr);
}

void copy_from_page(void *to, struct page *page, size_t offset, size_t size)
{
	const char *addr = kmap_atomic(page);

	assert(offset <= PAGE_SIZE && size <= PAGE_SIZE - offset);
	memcpy(to, addr + offset, size);
	kunmap_atomic(addr);
}
