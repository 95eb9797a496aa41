// SPDX-License-Identifier: MIT
/*
 * That a test can fail: `fail=NAME` on the command line makes one do so, and
 * tests/run looks whether it is told.
 */
#include "tests/ktap.h"

#include "boot/boot_info.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "mm/buddy.h"

static bool shall_fail(const char *name)
{
	char value[16];

	return cmdline_get(boot_info.cmdline, "fail", value, sizeof(value)) &&
	       !strcmp(value, name);
}

TEST(ktap, a_false_expectation_fails)
{
	EXPECT(!shall_fail("expect"));
	EXPECT_EQ(shall_fail("expect"), false);
}

TEST(ktap, a_lost_page_fails)
{
	if (shall_fail("leak"))
		alloc_page(GFP_KERNEL);
}

/* The next test finds it disarmed. */
TEST(ktap, injected_failures_end_with_their_test)
{
	EXPECT(!alloc_fail_armed);
	alloc_fail_after(0);
	EXPECT(!alloc_page(GFP_KERNEL));
}
