// SPDX-License-Identifier: MIT
/*
 * areas - when are two areas one?  Programs see it in /proc/PID/maps, and find
 * out by mremap(), which takes no more than one; so the answer is Linux's.
 *
 *	    prev	 range		next
 *	[ - - - - - - |=================| - - - - - ]
 *
 * A range with new properties, be it mapped, moved or changed, becomes part of
 * the area below it, or of the one above, or joins the two, if they continue
 * its file (or anonymous memory), have its flags, and a fitting history.
 *
 * The history, vma->anon, is that of an area's private pages.  It is 0 until
 * the first write fault, which makes a number up, or takes that of a neighbour
 * that differs in rights at most.  Parts of what was one area have the same
 * number.  In a child each area with a number gets another one, marked
 * VMA_FORKED.  Linux needs all this to find those who map an anonymous page
 * (its name is anon_vma); Atlas has no use for it but to join what Linux joins:
 *
 *	a range without a history joins an area without one, or whose number is
 *	not marked; a range with one joins areas that have the same, only.  To
 *	make one of three, both ends' numbers must be equal, or one be 0
 *
 * Areas are visited and joined one by one, from below.  An area that has the
 * flags already is left alone, even if by now it could be joined.
 *
 * A change may need an area more at each end of its range.  Those are had
 * before anything is changed.
 */
#include "lib/errno.h"
#include "mm/mmap_internal.h"

static uint32_t last_anon;

static uint32_t new_anon(void)
{
	return __atomic_add_fetch(&last_anon, 2, __ATOMIC_RELAXED);
}

uint32_t vma_child_anon(const struct vma *vma)
{
	return vma->anon ? new_anon() | VMA_FORKED : 0;
}

/* Is @b the rest of what @a begins, but for the rights? */
static bool continues(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->file == b->file &&
	       !((a->flags ^ b->flags) & ~VM_ACCESS) &&
	       vma_index(a, b->start) == b->pgoff;
}

static bool has_plain_anon(const struct vma *vma)
{
	return vma->anon && !(vma->anon & VMA_FORKED);
}

void vma_start_anon(struct vma *vma)
{
	const struct vma *prev = vma->prev, *next = vma->next;

	if (next && has_plain_anon(next) && continues(vma, next))
		vma->anon = next->anon;
	else if (prev && has_plain_anon(prev) && continues(prev, vma))
		vma->anon = prev->anon;
	else
		vma->anon = new_anon();
}

/* ------------------------------------------------------------------ joins */

/* Would [@start, @end) of @vma with @flags be part of the area below? */
static bool joins_prev(const struct vma *vma, vaddr_t start, uint32_t flags)
{
	return vma->start == start && vma->prev &&
	       vma_can_follow(vma->prev, start, flags, vma->file, vma->pgoff,
			      vma->anon);
}

static bool joins_next(const struct vma *vma, vaddr_t end, uint32_t flags)
{
	return vma->end == end && vma->next &&
	       vma_can_precede(vma->next, end, flags, vma->file,
			       vma_index(vma, end), vma->anon);
}

static void swallow_next(struct mm *mm, struct vma *vma)
{
	vma_put(vma_swallow_next(&mm->vmas, vma));
}

/* @vma's part that @other got brings its history along. */
static void import_anon(struct vma *other, const struct vma *vma)
{
	if (!other->anon)
		other->anon = vma->anon;
}

struct vma *mmap_join_around(struct mm *mm, struct vma *vma)
{
	struct vma *prev = vma->prev;
	bool down = joins_prev(vma, vma->start, vma->flags);
	bool up = joins_next(vma, vma->end, vma->flags);

	if (down && up && !vma_anons_agree(prev, vma->next))
		up = false;
	if (up)
		swallow_next(mm, vma);
	if (!down)
		return vma;
	swallow_next(mm, prev);
	return prev;
}

/* ---------------------------------------------------------------- changes */

static struct vma *split(struct mm *mm, struct vma *vma, vaddr_t addr,
			 struct mmap_spares *spares)
{
	struct vma *upper;

	assert(spares->nr);
	upper = spares->vmas[--spares->nr];
	vma_get_file(vma);
	vma_split(&mm->vmas, vma, addr, upper);
	return upper;
}

/* The first, the last part of @vma becomes part of its neighbour. */
static struct vma *give_to_prev(struct vma *vma, vaddr_t end)
{
	struct vma *prev = vma->prev;

	vma_resize(vma, end, vma->end);
	vma_resize(prev, prev->start, end);
	import_anon(prev, vma);
	return prev;
}

static struct vma *give_to_next(struct vma *vma, vaddr_t start)
{
	struct vma *next = vma->next;

	vma_resize(vma, vma->start, start);
	vma_resize(next, start, next->end);
	import_anon(next, vma);
	return next;
}

struct vma *mmap_change_area(struct mm *mm, struct vma *vma, vaddr_t start,
			     vaddr_t end, uint32_t flags,
			     struct mmap_spares *spares)
{
	start = max(start, vma->start);
	end = min(end, vma->end);
	if (flags == vma->flags)
		return vma;
	if (start > vma->start) {
		if (joins_next(vma, end, flags))
			return give_to_next(vma, start);
		vma = split(mm, vma, start, spares);
	} else if (end < vma->end && joins_prev(vma, start, flags)) {
		return give_to_prev(vma, end);
	}
	if (end < vma->end)
		split(mm, vma, end, spares);
	vma->flags = flags;
	return mmap_join_around(mm, vma);
}

/* How many cuts does that take? */
static unsigned int nr_cuts(const struct vma *vma, vaddr_t start, vaddr_t end,
			    uint32_t flags)
{
	bool low = vma->start < start, high = vma->end > end;

	if (flags == vma->flags)
		return 0;
	if (low && !high)
		return !joins_next(vma, vma->end, flags);
	if (high && !low)
		return !joins_prev(vma, vma->start, flags);
	return low + high;
}

int mmap_get_spares(struct mm *mm, const struct vma *first, vaddr_t start,
		    vaddr_t end, struct mmap_flags_of *flags_of,
		    struct mmap_spares *spares)
{
	const struct vma *last = first;
	unsigned int nr = nr_cuts(first, start, end,
				  flags_of->flags(flags_of, first));

	spares->nr = 0;
	if (first->end < end) {
		last = vma_find(&mm->vmas, end - 1);
		if (last && last->start < end)
			nr += nr_cuts(last, start, end,
				      flags_of->flags(flags_of, last));
	}
	if (likely(!nr))
		return 0;
	if (mm->vmas.nr + nr > max_maps())
		return -ENOMEM;
	for (; spares->nr < nr; spares->nr++) {
		spares->vmas[spares->nr] = vma_alloc();
		if (!spares->vmas[spares->nr]) {
			mmap_put_spares(spares);
			return -ENOMEM;
		}
	}
	return 0;
}

void mmap_put_spares(struct mmap_spares *spares)
{
	while (spares->nr)
		vma_free(spares->vmas[--spares->nr]);
}

/* ------------------------------------------------------------------ flags */

static uint32_t changed_flags(struct mmap_flags_of *of, const struct vma *vma)
{
	const struct mmap_change *change =
		container_of(of, struct mmap_change, of);

	if (vma->flags & change->except)
		return vma->flags;
	return (vma->flags & ~change->clear) | change->set;
}

int __small mmap_change_flags(struct mm *mm, vaddr_t start, vaddr_t end,
			      struct mmap_change *change)
{
	struct vma *vma = vma_find(&mm->vmas, start);
	struct mmap_spares spares;
	int err;

	change->of.flags = changed_flags;
	if (!vma || vma->start >= end)
		return 0;
	err = mmap_get_spares(mm, vma, start, end, &change->of, &spares);
	if (err)
		return err;

	/* From here on nothing fails. */
	for (; vma && vma->start < end; vma = vma->next)
		vma = mmap_change_area(mm, vma, start, end,
				       changed_flags(&change->of, vma),
				       &spares);
	mmap_put_spares(&spares);
	return 0;
}
