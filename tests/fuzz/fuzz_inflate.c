// SPDX-License-Identifier: MIT
/* Any bytes as a gzip member: all that can be seen is what went to the sink. */
#include "tests/host/test_lib_inflate.c"

#include "fuzz.h"

void fuzz(void)
{
	int err = unpack(fuzz_input, fuzz_left, fuzz_piece());

	EXPECT(err == 0 || err == -EINVAL || err == -EIO);
	EXPECT(err != -EIO || not_read == 0);
}
