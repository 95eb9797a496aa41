// SPDX-License-Identifier: MIT
/* Any bytes as an initramfs. */
#include "tests/host/test_lib_archive.c"

#include "fuzz.h"

/* Names are what they are here. */
static int fuzz_entry(void *context, const struct cpio_entry *entry)
{
	EXPECT(context == story && entry->name[0]);
	return 0;
}

static const struct cpio_ops fuzz_ops = { fuzz_entry, on_data, on_end,
					  on_done };

void fuzz(void)
{
	int err;

	if (fuzz_left > sizeof(input))
		return;
	begin();
	add_bytes(fuzz_input, fuzz_left);
	err = read_pieces_with(&fuzz_ops, fuzz_piece());
	EXPECT(err == 0 || err == -EINVAL || err == -EIO);
	EXPECT(err || offset == size);
}
