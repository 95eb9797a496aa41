// SPDX-License-Identifier: MIT
/*
 * shmem - shared anonymous memory: a mapping with nothing behind it.
 */
#pragma once

#include "mm/mapping.h"

/** shmem_init() - the caches; once, at boot. */
void shmem_init(void);

/**
 * shmem_create() - a mapping of @nr_pages pages of zeros, made on demand.
 *
 * The pages live until the last mapping_put().
 *
 * Context: may sleep.
 * Return:  a mapping with one reference; NULL when memory is short.
 */
struct mapping *shmem_create(uint32_t nr_pages);
