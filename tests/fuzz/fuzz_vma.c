// SPDX-License-Identifier: MIT
/* Any row of calls agrees with the array of pages of the host test. */
#include "tests/host/test_vma.c"

#include "fuzz.h"

void fuzz(void)
{
	setup();
	for (int i = 1; fuzz_left && i < 500; i++) {
		operations[host_random_below(ARRAY_SIZE(operations))]();
		if (i % 8 == 0)
			expect_equal();
	}
	expect_equal();
	teardown();
}
