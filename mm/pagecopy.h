// SPDX-License-Identifier: MIT
/*
 * pagecopy - zero and copy whole pages, as fast as the CPU can.
 *
 * Context: any, interrupts too; the FPU state of whoever runs is untouched.
 */
#pragma once

#include <stddef.h>

struct page;

/* @page, @to and @from are page-aligned and mapped. */
void clear_page(void *page);
void copy_page(void *to, const void *from);

/* The same for pages that may have no address. */
void clear_highpage(struct page *page);
void copy_highpage(struct page *to, struct page *from);

/* Parts of a page that may have no address: @offset + @size <= PAGE_SIZE. */
void memzero_page(struct page *page, size_t offset, size_t size);
void copy_to_page(struct page *page, size_t offset, const void *from,
		  size_t size);
void copy_from_page(void *to, struct page *page, size_t offset, size_t size);
