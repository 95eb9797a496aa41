// SPDX-License-Identifier: MIT
#pragma once

/**
 * mm_check() - every module walks its own structures; a broken invariant
 * stops at its assertion (in debug builds).
 *
 * Context: a thread that holds no lock.
 */
void mm_check(void);

/**
 * mm_settle() - give back what is free but still held for speed (magazines,
 * lazily unmapped ranges, kmap slots), so that free pages can be compared.
 */
void mm_settle(void);
