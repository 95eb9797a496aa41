// SPDX-License-Identifier: MIT
/*
 * cred - who somebody is, when files ask whether he may.
 *
 * A struct cred that two tasks can see is never changed: who wants another
 * identity copies it, changes the copy and puts that in its place.  So a
 * reader needs no lock, and one look-up sees one identity.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CRED_GROUPS	32		/* supplementary ones, at most */

struct cred {
	int32_t	 refs;			/* atomic */
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	unsigned int nr_groups;
	uint32_t groups[CRED_GROUPS];
};

/** cred_is_root() - may pass every check that a file has for others? */
static inline bool cred_is_root(const struct cred *cred)
{
	return cred->fsuid == 0;
}

/** cred_is_admin() - may change the tree of mounts, and limits for all? */
static inline bool cred_is_admin(const struct cred *cred)
{
	return cred->euid == 0;
}

/** cred_in_group() - is @gid the file-system group, or a supplementary one? */
bool cred_in_group(const struct cred *cred, uint32_t gid);

/** cred_root() - root's, for process 1; one reference. */
struct cred *cred_root(void);

/** cred_copy() - one of one's own, to be changed; NULL: no memory. */
struct cred *cred_copy(const struct cred *cred);

struct cred *cred_get(struct cred *cred);
void cred_put(struct cred *cred);

/** cred_init() - the cache; once. */
void cred_init(void);
