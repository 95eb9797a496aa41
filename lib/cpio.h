// SPDX-License-Identifier: MIT
/*
 * cpio - reads an archive in the format of an initramfs: "newc", 070701, and
 * the same with sums of its data, 070702.
 *
 * The bytes are pushed in as they come, in pieces of any size; entries come
 * out through hooks, the data of a file in runs as long as the pieces allow.
 * Nothing is allocated or kept but one name and one link's target.
 *
 *	cpio_begin(cpio, &ops, context);
 *	while (there is a piece and !cpio_is_done(cpio))
 *		err = cpio_push(cpio, piece, size, &taken);
 *
 * Hard links: files of one dev and inode number with nr_links > 1 are one
 * file.  Archivers give its data with the last name only, the others have
 * size 0; but any may have it.  So the first creates, the others link, and
 * whichever has a size above 0 is written.
 */
#pragma once

#include "lib/util.h"

#define CPIO_PATH_MAX		4096	/* a name or target, with its NUL */
#define CPIO_HEADER_SIZE	110

/* What kind of file a mode says: those of a struct stat. */
#define CPIO_TYPE_MASK		0170000
#define CPIO_LINK		0120000
#define CPIO_FILE		0100000

/* One file, as its header describes it. */
struct cpio_entry {
	const char	*name;		/* never empty; may start with / or . */
	const char	*target;	/* of a symbolic link, else NULL */
	uint32_t	 mode;		/* type and permissions, as in stat */
	uint32_t	 uid, gid;
	uint32_t	 nr_links;
	uint32_t	 inode;
	uint32_t	 mtime;		/* seconds since 1970 */
	uint32_t	 dev_major, dev_minor;	/* where it was */
	uint32_t	 rdev_major, rdev_minor;/* what a device node means */
	uint32_t	 size;		/* of a file's data; 0 for all others */
};

/*
 * What is done with the entries.  An error that one returns ends the parsing
 * and comes out of cpio_push().
 */
struct cpio_ops {
	/* A file begins; @entry and its strings are gone when it returns. */
	int (*entry)(void *context, const struct cpio_entry *entry);
	/* The next bytes of the regular file that began, @size > 0 of them. */
	int (*data)(void *context, const uint8_t *bytes, size_t size);
	/* That regular file is whole, its sum right if there is one. */
	int (*end)(void *context);
	/* The archive is whole; the next has inode numbers of its own. */
	int (*done)(void *context);
};

/* Private, but for the first three. */
struct cpio {
	uint32_t	 position;	/* bytes taken since cpio_begin() */
	uint32_t	 nr_entries;	/* that were handed on */
	const char	*error;		/* what is wrong with the archive */

	const struct cpio_ops *ops;
	void		*context;
	int		 err;		/* all further pushes return it */
	int		 stage;
	uint32_t	 left;		/* bytes of this stage to come */
	uint8_t		*collect;	/* where they are kept, or NULL */
	bool		 has_sum;
	uint32_t	 sum, expected_sum;
	uint32_t	 body_size;	/* what follows the name, for any type */
	uint32_t	 name_size;
	struct cpio_entry entry;
	uint8_t		 header[CPIO_HEADER_SIZE];
	char		 name[CPIO_PATH_MAX];
	char		 target[CPIO_PATH_MAX];
};

/* Expect the first header of an archive.  @ops and @context outlive it. */
void cpio_begin(struct cpio *cpio, const struct cpio_ops *ops, void *context);

/**
 * cpio_push() - go on with the next @size bytes of the archive.
 * @taken: how many of them belong to it: all, unless it ends before
 *
 * Return: 0; -EINVAL for what is no archive, or a broken one, which
 *         cpio->error then explains; or what a hook returned.  In an error
 *         cpio->position is that of the part that was refused, or behind it,
 *         and nothing but that error comes from now on.
 */
int cpio_push(struct cpio *cpio, const void *bytes, size_t size,
	      size_t *taken);

/* Has its trailer come?  What follows is not of this archive. */
bool cpio_is_done(const struct cpio *cpio);
