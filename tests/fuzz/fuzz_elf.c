// SPDX-License-Identifier: MIT
/*
 * Any bytes as a program: whatever its headers say, no byte is read that the
 * file does not have, nothing is mapped or cleared where it may not be, and
 * what is taken lies as the model of the host test has it.
 */
#include "tests/host/test_elf.c"

#include "fuzz.h"

static void expect_path(void)
{
	EXPECT(path_size == -ENOEXEC || path_size == -EIO ||
	       (path_size >= 0 && path_size < (long)sizeof(path)));
	if (path_size > 0)
		EXPECT(!path[path_size]);
}

void fuzz(void)
{
	int err;

	if (fuzz_left > ELF_FILE_MAX)
		return;
	memcpy(&file, fuzz_input, fuzz_left);
	hint = fuzz_left % 2 ? PIE : 0;
	is_loader = fuzz_left % 4 >= 2;
	path_size = 0;
	err = load_sized(fuzz_left);
	EXPECT(err <= 0 && err > -200);
	expect_path();
	if (err)
		return;
	EXPECT(image.base % PAGE_SIZE == 0);
	/* The model looks for headers where good files have them. */
	if (file.header.phoff != PHDRS || !model_knows())
		return;
	EXPECT(model_is_good(image.base, fuzz_left));
	expect_as_modelled(fuzz_left);
}
