// SPDX-License-Identifier: MIT
/*
 * cred - identities: counted, shared, and constant once they are shared.
 *
 * Locking: none; refs is atomic.
 */
#include "fs/cred.h"

#include "lib/assert.h"
#include "mm/slab.h"
#include "x86/atomic.h"

static struct kmem_cache *cred_cache;
static struct cred root = { .refs = 1 };	/* never freed */

void cred_init(void)
{
	cred_cache = kmem_cache_create("cred", sizeof(struct cred), 0, NULL);
	assert_always(cred_cache);
}

struct cred *cred_get(struct cred *cred)
{
	assert(cred->refs > 0);
	atomic_inc(&cred->refs);
	return cred;
}

void cred_put(struct cred *cred)
{
	if (atomic_dec_is_zero(&cred->refs))
		kmem_cache_free(cred_cache, cred);
}

struct cred *cred_root(void)
{
	return cred_get(&root);
}

struct cred *cred_copy(const struct cred *cred)
{
	struct cred *copy = kmem_cache_alloc(cred_cache, GFP_KERNEL);

	if (!copy)
		return NULL;
	*copy = *cred;
	copy->refs = 1;
	return copy;
}

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
	if (cred->fsgid == gid)
		return true;
	for (unsigned int i = 0; i < cred->nr_groups; i++)
		if (cred->groups[i] == gid)
			return true;
	return false;
}
