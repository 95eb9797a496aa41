// SPDX-License-Identifier: MIT
/*
 * samples - the files that tests/host/samples.py made, and sources of bytes
 * whose pieces the sanitizers watch.
 */
#pragma once

#include "lib/inflate.h"

struct bytes {
	uint8_t	*at;
	size_t	 size;
};

/* Read build/host/samples/@name; free(.at) it.  Ends the program if it cannot. */
struct bytes sample_read(const char *name);

/*
 * A source that gives @size bytes at @at in pieces of @piece, each in memory
 * of its own that is gone when the next is asked for.
 */
struct piece_source {
	struct byte_source source;
	const uint8_t	*at;
	size_t		 left, piece;
	uint8_t		*copy;
};

void piece_source_init(struct piece_source *pieces, const void *at,
		       size_t size, size_t piece);
void piece_source_end(struct piece_source *pieces);
