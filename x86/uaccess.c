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

/*
 * Whole words, then the bytes behind them; returns the bytes not copied.  A
 * word may lie across the border where the fault is: the rest is tried once
 * more by bytes, so that the count is exact.
 */
static size_t copy(void *to, const void *from, size_t size)
{
	size_t words = size / 4, bytes = size % 4;

	assert(!in_atomic());
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
