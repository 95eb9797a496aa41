// SPDX-License-Identifier: MIT
/*
 * futex - sleep while a word of user memory has a certain value.
 */
#pragma once

#include "x86/mmu.h"

struct task;

/**
 * futex_wake_word() - wake one who waits, by a shared futex, for the word at
 * @addr of the current address space.  May sleep.
 */
void futex_wake_word(vaddr_t addr);

/**
 * futex_release_robust() - the current task ends or gets other memory: mark
 * the locks of its robust list as those of a dead owner.  May sleep.
 */
void futex_release_robust(struct task *task);
