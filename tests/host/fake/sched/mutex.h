// SPDX-License-Identifier: MIT
/* mutex - for fuzz_elf.c, where nobody else is. */
#pragma once

struct mutex {
	int unused;
};
