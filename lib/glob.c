// SPDX-License-Identifier: MIT
/*
 * glob - matches a text with a pattern of * and ?.
 *
 * Only the last * that was met can still be given more to swallow: whatever
 * an earlier one could, it can too.  So there is one place to come back to,
 * no recursion, and at most length x length steps.
 */
#include "lib/glob.h"

bool glob_match(const char *pattern, const char *text)
{
	const char *after_star = NULL;	/* where to come back to, and with */
	const char *retry = NULL;	/* which text */

	while (*text) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (after_star) {
			pattern = after_star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
