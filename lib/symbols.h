// SPDX-License-Identifier: MIT
#pragma once

#include "lib/util.h"

/**
 * symbol_find() - name the function that an address lies in.
 * @offset: gets the distance of @addr from its start, if there is one
 *
 * Context: any, and safe in a panic: reads constant data alone.
 * Return:  the name; NULL when there is none, or no table was linked in.
 */
const char *symbol_find(uint32_t addr, uint32_t *offset);
