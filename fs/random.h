// SPDX-License-Identifier: MIT
#pragma once

#include <stddef.h>

/**
 * random_bytes() - fill @buf with what nobody can guess, as far as the moments
 * of the calls, by the time-stamp counter, are hard to guess.
 *
 * Context: any.
 */
void random_bytes(void *buf, size_t size);
