// SPDX-License-Identifier: MIT
/*
 * uaccess - copies between the kernel and user addresses.
 *
 * The instructions that touch user memory stand in the section .extable, each
 * with the place to go on at when its fault cannot be resolved.  ECX counts
 * what is left in each of them, so that the error exit knows how far it got.
 *
 * The range check comes first: paging would let the kernel write anywhere, so
 * it is the only thing between a program and the kernel's own memory.
 */
#include "x86/uaccess.h"

#include "lib/assert.h"
#include "lib/errno.h"
#include "x86/cpu.h"
#include "x86/percpu.h"
#include "x86/trap.h"

struct extable_entry {
	uint32_t fault, resume;
};

extern const struct extable_entry _extable_start[], _extable_end[];

#define EXTABLE(fault, resume)						\
	".pushsection .extable, \"a\"\n\t"				\
	".long " #fault ", " #resume "\n\t"				\
	".popsection\n\t"

bool uaccess_fixup(struct trap_frame *frame)
{
	const struct extable_entry *entry;

	for (entry = _extable_start; entry < _extable_end; entry++)
		if (entry->fault == frame->eip) {
			frame->eip = entry->resume;
			return true;
		}
	return false;
}

/* What is left of a copy. */
struct copy_state {
	char *to;
	const char *from;
	size_t left;
};

struct xmm {
	uint8_t bytes[16];
};

#define SSE_STEP	128u
#define SSE_LEAST	512u		/* below, saving registers costs more */

/* Two lines of four moves; any of them may fault. */
#define SSE_LINES(label, offset)					\
	#label "0:	movups	" #offset "(%[from]), %%xmm0\n"	\
	#label "1:	movups	16 + " #offset "(%[from]), %%xmm1\n"	\
	#label "2:	movups	32 + " #offset "(%[from]), %%xmm2\n"	\
	#label "3:	movups	48 + " #offset "(%[from]), %%xmm3\n"	\
	#label "4:	movups	%%xmm0, " #offset "(%[to])\n"		\
	#label "5:	movups	%%xmm1, 16 + " #offset "(%[to])\n"	\
	#label "6:	movups	%%xmm2, 32 + " #offset "(%[to])\n"	\
	#label "7:	movups	%%xmm3, 48 + " #offset "(%[to])\n\t"

#define SSE_EXTABLE(label, resume)					\
	EXTABLE(label##0b, resume) EXTABLE(label##1b, resume)		\
	EXTABLE(label##2b, resume) EXTABLE(label##3b, resume)		\
	EXTABLE(label##4b, resume) EXTABLE(label##5b, resume)		\
	EXTABLE(label##6b, resume) EXTABLE(label##7b, resume)

/*
 * As many steps as go without a fault; a step that faulted is not counted.
 * The registers are a user's, and put back: see mm/pagecopy.c.
 */
static __noinline void copy_sse(struct copy_state *state)
{
	size_t steps = state->left & ~(SSE_STEP - 1), left = steps;
	struct xmm saved[4];

	asm volatile("movups	%%xmm0, 0(%[saved])\n\t"
		     "movups	%%xmm1, 16(%[saved])\n\t"
		     "movups	%%xmm2, 32(%[saved])\n\t"
		     "movups	%%xmm3, 48(%[saved])\n"
		     "1:\n"
		     SSE_LINES(1, 0) SSE_LINES(2, 64)
		     "sub	$-128, %[from]\n\t"
		     "sub	$-128, %[to]\n\t"
		     "add	$-128, %[left]\n\t"
		     "jne	1b\n"
		     "9:\n\t"
		     "movups	0(%[saved]), %%xmm0\n\t"
		     "movups	16(%[saved]), %%xmm1\n\t"
		     "movups	32(%[saved]), %%xmm2\n\t"
		     "movups	48(%[saved]), %%xmm3\n\t"
		     SSE_EXTABLE(1, 9b) SSE_EXTABLE(2, 9b)
		     : [to] "+r"(state->to), [from] "+r"(state->from),
		       [left] "+r"(left)
		     : [saved] "r"(saved)
		     : "memory", "cc");
	state->left -= steps - left;
}

/*
 * Whole words, then the bytes behind them; returns the bytes not copied.  A
 * word may lie across the border where the fault is: the rest is tried once
 * more by bytes, so that the count is exact.
 */
static inline size_t copy_words(void *to, const void *from, size_t size)
{
	size_t words = size / 4, bytes = size % 4;

	asm volatile("1:	rep movsl\n\t"
		     "mov %3, %0\n"
		     "2:	rep movsb\n\t"
		     "jmp 4f\n"
		     "3:	lea (%3, %0, 4), %0\n\t"
		     "jmp 2b\n"
		     "4:\n\t"
		     EXTABLE(1b, 3b) EXTABLE(2b, 4b)
		     : "+c"(words), "+D"(to), "+S"(from) : "r"(bytes)
		     : "memory");
	return words;
}

static __noinline size_t copy_much(void *to, const void *from, size_t size)
{
	struct copy_state state = { to, from, size };

	if (cpu_has(CPU_SSE2))
		copy_sse(&state);
	return copy_words(state.to, state.from, state.left);
}

static inline size_t copy(void *to, const void *from, size_t size)
{
	assert(!in_atomic());
	return unlikely(size >= SSE_LEAST) ? copy_much(to, from, size) :
		copy_words(to, from, size);
}

size_t copy_from_user(void *to, vaddr_t from, size_t size)
{
	if (!user_range_ok(from, size))
		return size;
	return copy(to, (const void *)from, size);
}

size_t copy_to_user(vaddr_t to, const void *from, size_t size)
{
	if (!user_range_ok(to, size))
		return size;
	return copy((void *)to, from, size);
}

size_t clear_user(vaddr_t to, size_t size)
{
	size_t words = size / 4, bytes = size % 4;

	assert(!in_atomic());
	if (!user_range_ok(to, size))
		return size;
	asm volatile("1:	rep stosl\n\t"
		     "mov %2, %0\n"
		     "2:	rep stosb\n\t"
		     "jmp 4f\n"
		     "3:	lea (%2, %0, 4), %0\n\t"
		     "jmp 2b\n"
		     "4:\n\t"
		     EXTABLE(1b, 3b) EXTABLE(2b, 4b)
		     : "+c"(words), "+D"(to) : "r"(bytes), "a"(0)
		     : "memory");
	return words;
}

/* One load of what @to points to; the register chooses the instruction. */
#define GET_USER(to, from) ({						\
	__typeof__(*(to)) value_ = 0;					\
	int err_ = -EFAULT;						\
									\
	if (user_range_ok(from, sizeof(value_))) {			\
		asm volatile("1:	mov (%2), %0\n\t"		\
			     "xor %1, %1\n"				\
			     "2:\n\t"					\
			     EXTABLE(1b, 2b)				\
			     : "+q"(value_), "+r"(err_) : "r"(from)	\
			     : "memory");				\
		*(to) = value_;						\
	}								\
	err_; })

int get_user_u32(uint32_t *to, vaddr_t from)
{
	return GET_USER(to, from);
}

static int get_user_u8(uint8_t *to, vaddr_t from)
{
	return GET_USER(to, from);
}

int put_user_u32(vaddr_t to, uint32_t value)
{
	int err = -EFAULT;

	if (!user_range_ok(to, 4))
		return -EFAULT;
	asm volatile("1:	mov %2, (%1)\n\t"
		     "xor %0, %0\n"
		     "2:\n\t"
		     EXTABLE(1b, 2b)
		     : "+r"(err) : "r"(to), "r"(value) : "memory");
	return err;
}

long strncpy_from_user(char *to, vaddr_t from, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t c;

		if (get_user_u8(&c, from + i))
			return -EFAULT;
		to[i] = c;
		if (!c)
			return i;
	}
	return size;
}
