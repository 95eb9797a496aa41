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
 * mm_settle() - give back what is free but still held for speed (stacks and
 * page tables of the dead, kmap slots, lazily unmapped ranges, magazines, hot
 * lists), so that free pages can be compared.
 *
 * Context: a thread that holds no lock.
 */
void mm_settle(void);
