// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/fmt.h"
#include "samples.h"

struct bytes sample_read(const char *name)
{
	char path[200] = "build/host/samples/";
	struct bytes bytes;
	FILE *file;
	long size;

	snprintf(path + sizeof("build/host/samples"),
		 sizeof(path) - sizeof("build/host/samples"), "%s", name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0) {
		printf("Bail out! no %s: make host-tests makes it\n", path);
		exit(1);
	}
	rewind(file);
	bytes.at = malloc(size + !size);
	bytes.size = fread(bytes.at, 1, size, file);
	fclose(file);
	return bytes;
}

static bool more(struct byte_source *source)
{
	struct piece_source *pieces = container_of(source, struct piece_source,
						   source);
	size_t size = min(pieces->piece, pieces->left);

	free(pieces->copy);
	pieces->copy = NULL;
	if (!size) {
		/* A reader that looks there falls into nothing. */
		source->next = source->end = NULL;
		return false;
	}
	pieces->copy = malloc(size);
	for (size_t i = 0; i < size; i++)
		pieces->copy[i] = pieces->at[i];
	pieces->at += size;
	pieces->left -= size;
	source->next = pieces->copy;
	source->end = pieces->copy + size;
	source->end_offset += size;
	return true;
}

void piece_source_init(struct piece_source *pieces, const void *at,
		       size_t size, size_t piece)
{
	*pieces = (struct piece_source){
		.source = { .more = more },
		.at = at,
		.left = size,
		.piece = piece,
	};
}

void piece_source_end(struct piece_source *pieces)
{
	free(pieces->copy);
	pieces->copy = NULL;
}
