// SPDX-License-Identifier: MIT
#pragma once

#include "lib/util.h"

#define SYMBOL_NAME	64	/* bytes of a name, its NUL included */
#define SYMBOL_PAIRS	512	/* bytes of the table's first part */

/**
 * symbol_find() - name the function that an address lies in.
 * @offset: gets the distance of @addr from its start, if there is one
 * @buf:    where the name is written
 *
 * Context: any, and safe in a panic: reads constant data alone.
 * Return:  the name; NULL when there is none, or no table was linked in.
 */
const char *symbol_find(uint32_t addr, uint32_t *offset,
			char buf[SYMBOL_NAME]);
