// SPDX-License-Identifier: MIT
/*
 * util - the small macros that C forgot, and names for compiler attributes.
 *
 * Nothing here evaluates an argument twice, except where it says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define __packed		__attribute__((__packed__))
#define __aligned(n)		__attribute__((__aligned__(n)))
#define __section(name)		__attribute__((__section__(name)))
#define __weak			__attribute__((__weak__))
/* Seldom called, or what takes time in it is elsewhere: better small. */
#define __small			__attribute__((__cold__))
/*
 * Files that are built for size need not carry what files that are built for
 * speed inline: there headers make a short function that is used all over a
 * call of its copy, NAME_called(), whose body is the inline one.
 */
#ifdef __OPTIMIZE_SIZE__
#define CALL_INLINES
#endif
#define __noinline		__attribute__((__noinline__))
#define __printf(fmt, args)	__attribute__((__format__(printf, fmt, args)))
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif

#ifndef static_assert
#define static_assert		_Static_assert
#endif

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

/* The compiler moves no memory access across it; the CPU may. */
#define barrier()		__asm__ volatile("" : : : "memory")

/* One access, neither torn nor repeated nor left out by the compiler. */
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))

#define STRINGIFY(x)		STRINGIFY_(x)
#define STRINGIFY_(x)		#x

/* 0, or a compile error when @cond holds: for use inside expressions. */
#define BUILD_ERROR_IF(cond)	(sizeof(struct { int : -!!(cond); }) * 0)

/* An array's length; refuses a pointer. */
#define ARRAY_SIZE(a)							\
	(sizeof(a) / sizeof((a)[0]) +					\
	 BUILD_ERROR_IF(__builtin_types_compatible_p(			\
		 __typeof__(a), __typeof__(&(a)[0]))))

/* The structure of @type whose @member is at @ptr. */
#define container_of(ptr, type, member) ({				\
	const __typeof__(((type *)0)->member) *member_ptr_ = (ptr);	\
	(type *)((char *)member_ptr_ - offsetof(type, member)); })

/* Both sides must be of one type, or the compiler complains. */
#define min(a, b) ({							\
	__typeof__(a) min_a_ = (a);					\
	__typeof__(b) min_b_ = (b);					\
	(void)(&min_a_ == &min_b_);					\
	min_a_ < min_b_ ? min_a_ : min_b_; })
#define max(a, b) ({							\
	__typeof__(a) max_a_ = (a);					\
	__typeof__(b) max_b_ = (b);					\
	(void)(&max_a_ == &max_b_);					\
	max_a_ > max_b_ ? max_a_ : max_b_; })

/*
 * Constant expressions when their arguments are.  @align is a power of two
 * and is brought to the type of @x first, so that a 64-bit @x keeps its upper
 * half.  IS_POWER_OF_2() evaluates @x twice.
 */
#define ALIGN_MASK_(x, align)	((__typeof__(x))(align) - 1)
#define ALIGN_DOWN(x, align)	((x) & ~ALIGN_MASK_(x, align))
#define ALIGN_UP(x, align)	\
	(((x) + ALIGN_MASK_(x, align)) & ~ALIGN_MASK_(x, align))
#define IS_ALIGNED(x, align)	(((x) & ALIGN_MASK_(x, align)) == 0)
#define IS_POWER_OF_2(x)	((x) != 0 && ((x) & ((x) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

/* The highest set bit of @x, which is not 0: ilog2(1) = 0, ilog2(4096) = 12. */
static __always_inline unsigned int ilog2(unsigned long x)
{
	return 8 * sizeof(x) - 1 - (unsigned int)__builtin_clzl(x);
}

/* The smallest n with 1 << n not below @x, which is not 0. */
static __always_inline unsigned int ilog2_up(unsigned long x)
{
	return x == 1 ? 0 : ilog2(x - 1) + 1;
}
