// SPDX-License-Identifier: MIT
/*
 * cpio - the parser of cpio.h.
 *
 * An archive is a row of entries, each of five stages; numbers are eight
 * hexadecimal digits:
 *
 *	header		110 bytes: "070701", then thirteen numbers
 *	name		as many bytes as the header says, the last one NUL
 *	padding		to a multiple of 4, counted from the archive's start
 *	body		data of a file, target of a link; else there is none
 *	padding		the same
 *
 * and the entry named TRAILER!!! is its end.
 *
 * The parser is always inside a stage: `left' bytes of it are still to come,
 * and they are collected, handed on or ignored.  When none is left, the stage
 * is finished and the next begins, which may be empty and finish at once.
 *
 *   C1  between calls left > 0, unless the archive is done or has failed
 *   C2  what is collected fits: a stage that collects begins with left not
 *       above the size of its buffer
 *
 * Data cost one hook call a piece, plus a sum of bytes in 070702.
 */
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/string.h"

enum stage {
	STAGE_HEADER,
	STAGE_NAME,
	STAGE_NAME_PADDING,
	STAGE_BODY,
	STAGE_BODY_PADDING,
	STAGE_DONE,
};

/* The numbers of a header, in their order. */
enum {
	H_INODE, H_MODE, H_UID, H_GID, H_NR_LINKS, H_MTIME, H_SIZE,
	H_DEV_MAJOR, H_DEV_MINOR, H_RDEV_MAJOR, H_RDEV_MINOR, H_NAME_SIZE,
	H_SUM, NR_NUMBERS
};

#define MAGIC_SIZE	6
#define DIGITS		8

static_assert(MAGIC_SIZE + NR_NUMBERS * DIGITS == CPIO_HEADER_SIZE,
	      "thirteen numbers");

static int fail(struct cpio *cpio, const char *error)
{
	cpio->error = error;
	return -EINVAL;
}

/* Bytes from @size on to the next multiple of 4. */
static uint32_t padding(uint32_t size)
{
	return -size & 3;
}

static void begin_stage(struct cpio *cpio, enum stage stage, uint32_t size,
			void *collect)
{
	cpio->stage = stage;
	cpio->left = size;
	cpio->collect = collect;
}

static bool is_of_type(const struct cpio *cpio, uint32_t type)
{
	return (cpio->entry.mode & CPIO_TYPE_MASK) == type;
}

/* Eight digits, as a number.  Return: whether they were digits all. */
static bool read_number(const uint8_t *digits, uint32_t *number)
{
	uint32_t value = 0;

	for (int i = 0; i < DIGITS; i++) {
		uint32_t digit = (uint32_t)digits[i] - '0';

		if (digit > 9) {
			digit = ((uint32_t)digits[i] | 0x20) - 'a' + 10;
			if (digit - 10 > 5)
				return false;
		}
		value = value << 4 | digit;
	}
	*number = value;
	return true;
}

static int check_magic(struct cpio *cpio)
{
	const char *magic = (const char *)cpio->header;

	if (strncmp(magic, "070707", MAGIC_SIZE) == 0)
		return fail(cpio, "an old cpio format, not newc");
	if (strncmp(magic, "07070", MAGIC_SIZE - 1) != 0 ||
	    (magic[5] != '1' && magic[5] != '2'))
		return fail(cpio, "no cpio header");
	cpio->has_sum = magic[5] == '2';
	return 0;
}

static int finish_header(struct cpio *cpio)
{
	uint32_t number[NR_NUMBERS];
	int err = check_magic(cpio);

	if (err)
		return err;
	for (int i = 0; i < NR_NUMBERS; i++)
		if (!read_number(cpio->header + MAGIC_SIZE + i * DIGITS,
				 &number[i]))
			return fail(cpio, "a header with a bad digit");
	if (number[H_NAME_SIZE] == 0 || number[H_NAME_SIZE] > CPIO_PATH_MAX)
		return fail(cpio, "a name of no or too great length");

	cpio->entry = (struct cpio_entry){
		.name		= cpio->name,
		.mode		= number[H_MODE],
		.uid		= number[H_UID],
		.gid		= number[H_GID],
		.nr_links	= number[H_NR_LINKS],
		.inode		= number[H_INODE],
		.mtime		= number[H_MTIME],
		.dev_major	= number[H_DEV_MAJOR],
		.dev_minor	= number[H_DEV_MINOR],
		.rdev_major	= number[H_RDEV_MAJOR],
		.rdev_minor	= number[H_RDEV_MINOR],
	};
	cpio->body_size = number[H_SIZE];
	cpio->name_size = number[H_NAME_SIZE];
	cpio->sum = 0;
	cpio->expected_sum = number[H_SUM];
	begin_stage(cpio, STAGE_NAME, cpio->name_size, cpio->name);
	return 0;
}

static int hand_on(struct cpio *cpio)
{
	cpio->nr_entries++;
	return cpio->ops->entry(cpio->context, &cpio->entry);
}

static int finish_name(struct cpio *cpio)
{
	if (cpio->name[cpio->name_size - 1])
		return fail(cpio, "a name without its end");
	if (!cpio->name[0])
		return fail(cpio, "an empty name");
	begin_stage(cpio, STAGE_NAME_PADDING,
		    padding(CPIO_HEADER_SIZE + cpio->name_size), NULL);
	return 0;
}

static bool is_trailer(const struct cpio *cpio)
{
	return strcmp(cpio->name, "TRAILER!!!") == 0;
}

/* The body of a link is kept, that of a file handed on, others ignored. */
static int begin_body(struct cpio *cpio)
{
	uint8_t *collect = NULL;

	if (is_trailer(cpio)) {
		cpio->entry.mode = 0;
	} else if (is_of_type(cpio, CPIO_LINK)) {
		if (cpio->body_size >= CPIO_PATH_MAX)
			return fail(cpio, "a target of too great length");
		collect = (uint8_t *)cpio->target;
	}
	begin_stage(cpio, STAGE_BODY, cpio->body_size, collect);
	if (is_trailer(cpio) || collect)
		return 0;
	if (is_of_type(cpio, CPIO_FILE))
		cpio->entry.size = cpio->body_size;
	return hand_on(cpio);
}

static int finish_body(struct cpio *cpio)
{
	int err = 0;

	if (is_of_type(cpio, CPIO_LINK)) {
		cpio->target[cpio->body_size] = '\0';
		if (!cpio->target[0])
			return fail(cpio, "an empty target");
		cpio->entry.target = cpio->target;
		err = hand_on(cpio);
	} else if (is_of_type(cpio, CPIO_FILE)) {
		if (cpio->has_sum && cpio->entry.size &&
		    cpio->sum != cpio->expected_sum)
			return fail(cpio, "a file with a wrong sum");
		err = cpio->ops->end(cpio->context);
	}
	begin_stage(cpio, STAGE_BODY_PADDING, padding(cpio->body_size), NULL);
	return err;
}

static int finish_entry(struct cpio *cpio)
{
	if (is_trailer(cpio)) {
		cpio->stage = STAGE_DONE;
		return cpio->ops->done(cpio->context);
	}
	begin_stage(cpio, STAGE_HEADER, CPIO_HEADER_SIZE, cpio->header);
	return 0;
}

/* The present stage has all its bytes: on to the next. */
static int finish_stage(struct cpio *cpio)
{
	switch (cpio->stage) {
	case STAGE_HEADER:	 return finish_header(cpio);
	case STAGE_NAME:	 return finish_name(cpio);
	case STAGE_NAME_PADDING: return begin_body(cpio);
	case STAGE_BODY:	 return finish_body(cpio);
	default:		 return finish_entry(cpio);
	}
}

/* Use @size bytes of the present stage, which has as many left. */
static int take(struct cpio *cpio, const uint8_t *bytes, size_t size)
{
	cpio->left -= size;
	cpio->position += size;
	if (cpio->collect) {
		memcpy(cpio->collect, bytes, size);
		cpio->collect += size;
		return 0;
	}
	if (cpio->stage != STAGE_BODY || !is_of_type(cpio, CPIO_FILE))
		return 0;
	for (size_t i = 0; cpio->has_sum && i < size; i++)
		cpio->sum += bytes[i];
	return cpio->ops->data(cpio->context, bytes, size);
}

void cpio_begin(struct cpio *cpio, const struct cpio_ops *ops, void *context)
{
	cpio->position = 0;
	cpio->nr_entries = 0;
	cpio->error = NULL;
	cpio->ops = ops;
	cpio->context = context;
	cpio->err = 0;
	begin_stage(cpio, STAGE_HEADER, CPIO_HEADER_SIZE, cpio->header);
}

int cpio_push(struct cpio *cpio, const void *bytes, size_t size,
	      size_t *taken)
{
	const uint8_t *next = bytes;
	const uint8_t *end = next + size;

	while (!cpio->err && next < end && cpio->stage != STAGE_DONE) {
		size_t run = min((size_t)cpio->left, (size_t)(end - next));

		cpio->err = take(cpio, next, run);
		next += run;
		while (!cpio->err && !cpio->left && cpio->stage != STAGE_DONE)
			cpio->err = finish_stage(cpio);
	}
	*taken = next - (const uint8_t *)bytes;
	return cpio->err;
}

bool cpio_is_done(const struct cpio *cpio)
{
	return cpio->stage == STAGE_DONE;
}
