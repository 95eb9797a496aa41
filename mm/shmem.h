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
 *
 * Context: may sleep.
 * Return:  a file with one reference; NULL when memory is short.
 */
struct vm_file *shmem_create(uint32_t nr_pages);
