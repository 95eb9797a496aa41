// SPDX-License-Identifier: MIT
/*
 * archive - reads what Linux takes for an initramfs: cpio archives one behind
 * the other, each plain or in gzip, with zeros between them.
 *
 * It joins inflate.h and cpio.h.  Give it a source of bytes and hooks for what
 * comes out:
 *
 *	archive_init(archive);
 *	err = archive_read(archive, &source, &ops, context);
 */
#pragma once

#include "lib/cpio.h"
#include "lib/inflate.h"

/* About 120 KiB. */
struct archive {
	const char	*error;		/* what is wrong with the input */
	uint32_t	 nr_entries;	/* that were handed on */

	/* Private. */
	const struct cpio_ops *ops;
	void		*context;
	bool		 inside;	/* an archive has begun and is not done */
	struct cpio	 cpio;
	struct inflate	 inflate;
};

void archive_init(struct archive *archive);

/**
 * archive_read() - read all of @source.
 *
 * Return: 0; -EINVAL for input that is wrong and -EIO for one that ends too
 *         early, and archive->error says how; or what a hook returned, and
 *         archive->error is NULL.  byte_source_offset() tells where it was.
 *         What the hooks had by then stays theirs.
 */
int archive_read(struct archive *archive, struct byte_source *source,
		 const struct cpio_ops *ops, void *context);
