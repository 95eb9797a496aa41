// SPDX-License-Identifier: MIT
/*
 * uaccess - the only way for kernel code to touch a user address.
 *
 * Each access may fault: a page that is not there yet is brought in, and an
 * address that nothing maps ends the copy early instead of the kernel.  That
 * works by a table of (faulting instruction, where to go on), which the page
 * fault handler asks through uaccess_fixup().
 *
 * Context: may sleep (it may fault), so no spin lock and no mm->lock held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/layout.h"

struct trap_frame;

/** user_range_ok() - does [addr, addr + size) lie below TASK_SIZE? */
static inline bool user_range_ok(vaddr_t addr, size_t size)
{
	return size <= TASK_SIZE && addr <= TASK_SIZE - size;
}

/**
 * copy_from_user(), copy_to_user(), clear_user()
 * Return: the number of bytes that could NOT be handled; 0 is success.
 * copy_from_user() leaves the rest of @to untouched.
 */
size_t copy_from_user(void *to, vaddr_t from, size_t size);
size_t copy_to_user(vaddr_t to, const void *from, size_t size);
size_t clear_user(vaddr_t to, size_t size);

/**
 * get_user_u32(), put_user_u32() - one word, which need not be aligned.
 * Return: 0, or -EFAULT: then @to of a get may be 0 or unchanged.
 */
int get_user_u32(uint32_t *to, vaddr_t from);
int put_user_u32(vaddr_t to, uint32_t value);

/**
 * strncpy_from_user() - copy a string with its terminator.
 * Return: its length without the terminator; -EFAULT; @size when there is no
 *	   terminator in the first @size bytes.
 */
long strncpy_from_user(char *to, vaddr_t from, size_t size);

/**
 * uaccess_fixup() - if @frame faulted inside one of the functions above, let
 * it go on at that function's error exit, and say so.
 */
bool uaccess_fixup(struct trap_frame *frame);
