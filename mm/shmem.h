// SPDX-License-Identifier: MIT
/*
 * shmem - shared anonymous memory: a mapping with nothing behind it.
 */
#pragma once

#include "mm/mapping.h"

/** shmem_init() - the cache; once, at boot. */
void shmem_init(void);

/**
 * shmem_create() - @nr_pages pages of zeros, made on demand, which live until
 * the last vm_file_put().
 * @prepaid: all of them are promised now (account.h), not each when it is made
 *
 * Context: may sleep.
 * Return:  a file with one reference; NULL when memory is short, or there are
 *	    too many promises.
 */
struct vm_file *shmem_create(uint32_t nr_pages, bool prepaid);
