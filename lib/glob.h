// SPDX-License-Identifier: MIT
#ifndef LIB_GLOB_H
#define LIB_GLOB_H

#include "lib/util.h"

/* Does the whole of @text fit @pattern?  * is any text, ? any character. */
bool glob_match(const char *pattern, const char *text);

#endif
