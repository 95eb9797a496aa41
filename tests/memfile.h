// SPDX-License-Identifier: MIT
/*
 * memfile - a file in memory for tests: an opening and its mapping in one.
 */
#pragma once

#include "mm/mapping.h"

struct memfile {
	struct vm_file file;
	struct mapping mapping;
	unsigned int nr_released;
};

/** memfile_open() - @nr_pages pages, page i full of the 32-bit number i + 1. */
void memfile_open(struct memfile *file, uint32_t nr_pages);

/** memfile_page() - page @index, for a look; no reference is left to give. */
struct page *memfile_page(struct memfile *file, uint32_t index);

/** memfile_word() - the first 32 bits of page @index; 0 for a hole. */
uint32_t memfile_word(struct memfile *file, uint32_t index);

/** memfile_close() - expect that nobody maps it any more, and drop the pages. */
void memfile_close(struct memfile *file);
