// SPDX-License-Identifier: MIT
/*
 * archive - the reader of archive.h.
 *
 * Between archives the next byte decides: 0 is skipped, '0' begins a cpio
 * header, 0x1f a gzip member, and anything else is an error.  The same is
 * true of what comes out of a member, but for gzip inside gzip.  An archive
 * ends where it began: a member does not carry on one from outside.
 */
#include "lib/archive.h"
#include "lib/errno.h"

static int fail(struct archive *archive, int err, const char *error)
{
	archive->error = error;
	return err;
}

/* Up to the end of an archive.  The first byte of one is '0'. */
static int push(struct archive *archive, const uint8_t *bytes, size_t size,
		size_t *taken)
{
	struct cpio *cpio = &archive->cpio;
	uint32_t before = archive->inside ? cpio->nr_entries : 0;
	int err;

	if (!archive->inside) {
		cpio_begin(cpio, archive->ops, archive->context);
		archive->inside = true;
	}
	err = cpio_push(cpio, bytes, size, taken);
	archive->nr_entries += cpio->nr_entries - before;
	if (err)
		archive->error = cpio->error;
	if (cpio_is_done(cpio))
		archive->inside = false;
	return err;
}

static int read_plain(struct archive *archive, struct byte_source *source)
{
	size_t taken;
	int err;

	do {
		if (!byte_source_has(source))
			return fail(archive, -EIO, "the archive is cut short");
		err = push(archive, source->next, source->end - source->next,
			   &taken);
		source->next += taken;
	} while (!err && archive->inside);
	return err;
}

/* What a gzip member unpacks to. */
static int unpacked(void *context, const uint8_t *bytes, size_t size)
{
	struct archive *archive = context;
	size_t taken;
	int err = 0;

	for (; !err && size; bytes += taken, size -= taken) {
		taken = 1;
		if (archive->inside || *bytes == '0')
			err = push(archive, bytes, size, &taken);
		else if (*bytes)
			err = fail(archive, -EINVAL, "no cpio in gzip");
	}
	return err;
}

static int read_packed(struct archive *archive, struct byte_source *source)
{
	int err = inflate_gzip(&archive->inflate, source, unpacked, archive);

	if (archive->inflate.error)
		archive->error = archive->inflate.error;
	if (!err && archive->inside)
		err = fail(archive, -EIO, "the packed archive is cut short");
	return err;
}

void archive_init(struct archive *archive)
{
	inflate_init(&archive->inflate);
}

int archive_read(struct archive *archive, struct byte_source *source,
		 const struct cpio_ops *ops, void *context)
{
	int err = 0;

	archive->error = NULL;
	archive->nr_entries = 0;
	archive->ops = ops;
	archive->context = context;
	archive->inside = false;
	while (!err && byte_source_has(source)) {
		switch (*source->next) {
		case 0:
			source->next++;
			break;
		case '0':
			err = read_plain(archive, source);
			break;
		case 0x1f:
			err = read_packed(archive, source);
			break;
		default:
			err = fail(archive, -EINVAL, "neither cpio nor gzip");
		}
	}
	return err;
}
