// SPDX-License-Identifier: MIT
/* Any bytes as an archive: the hooks are called in order, and as promised. */
#include "tests/host/test_lib_cpio.c"

#include "fuzz.h"

void fuzz(void)
{
	size_t taken;
	int err;

	begin();
	err = push_all(fuzz_input, fuzz_left, fuzz_piece(), &taken);
	EXPECT(!disorder);
	EXPECT(err == 0 || err == -EINVAL);
	EXPECT(!err == !cpio->error);
	EXPECT(!err || !cpio_is_done(cpio));
}
