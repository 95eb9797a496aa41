// SPDX-License-Identifier: MIT
/*
 * inflate - unpacks gzip (RFC 1952, with deflate as in RFC 1951).
 *
 * Bytes are pulled out of a source, piece by piece, and what they unpack to
 * is pushed into a sink in runs of about 64 KiB.  Nothing is allocated: all
 * tables and the output that matches may refer to are in struct inflate, about
 * 110 KiB, which the caller provides.
 */
#pragma once

#include "lib/util.h"

/*
 * Where bytes come from: those in [next, end), then what more() finds.  Who
 * reads moves `next'.  The owner embeds it, and sets next == end at first.
 */
struct byte_source {
	const uint8_t	*next, *end;
	uint32_t	 end_offset;	/* the place of `end' in the whole */
	/*
	 * Set [next, end) to a piece that is not empty, and add its size to
	 * end_offset; the last one is not needed any more.  False: there is no
	 * more, and nothing changes.
	 */
	bool (*more)(struct byte_source *source);
};

/* Is there a byte at source->next?  It calls more() if it must. */
static inline bool byte_source_has(struct byte_source *source)
{
	return source->next < source->end || source->more(source);
}

/* How many bytes have been read. */
static inline uint32_t byte_source_offset(const struct byte_source *source)
{
	return source->end_offset - (uint32_t)(source->end - source->next);
}

/* Takes @size > 0 bytes.  An error of its own ends the unpacking. */
typedef int (*inflate_sink)(void *context, const uint8_t *bytes, size_t size);

#define INFLATE_WINDOW		32768u	/* how far back a match may refer */
#define INFLATE_RUN		65536u	/* new output that is gathered */
#define INFLATE_MAX_MATCH	258u

/*
 * Tables are indexed by the next bits of input, codes that are longer go on
 * in a second one.  No code that deflate allows takes more than this.
 */
#define INFLATE_ROOT_BITS	9	/* of literals and lengths */
#define INFLATE_DISTANCE_BITS	6
#define INFLATE_NR_ENTRIES	852
#define INFLATE_NR_DISTANCES	592
#define INFLATE_NR_SYMBOLS	(288 + 32)

/* Private. */
struct inflate {
	struct byte_source *source;
	inflate_sink	 sink;
	void		*context;
	const char	*error;		/* what is wrong with the input */
	uint32_t	 hold;		/* bits that were read and not used */
	uint32_t	 nr_bits;	/* so many */
	uint8_t		*out;		/* in window: where output goes on */
	uint8_t		*flushed;	/* what lies below is in the sink */
	uint8_t		*oldest;	/* a match may not refer below it */
	uint32_t	 crc, size;	/* of what is flushed */
	uint32_t	 entry[INFLATE_NR_ENTRIES];
	uint32_t	 distance[INFLATE_NR_DISTANCES];
	uint8_t		 length[INFLATE_NR_SYMBOLS];	/* of codes, in bits */
	uint32_t	 crc_table[4][256];
	uint8_t		 window[INFLATE_WINDOW + INFLATE_RUN +
				INFLATE_MAX_MATCH + 4];
};

/* Make the tables that need to be made once.  Before anything else. */
void inflate_init(struct inflate *inflate);

/**
 * inflate_gzip() - unpack one gzip member.
 *
 * Reads @source exactly to the end of the member: look there for another.
 *
 * Return: 0; -EINVAL for what is no gzip, or broken, or does not fit its
 *         check sum, and -EIO when the source ended too early: then
 *         inflate->error explains; or what @sink returned.  The sink may have
 *         had a part of the output, and a wrong one.
 */
int inflate_gzip(struct inflate *inflate, struct byte_source *source,
		 inflate_sink sink, void *context);
