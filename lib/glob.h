// SPDX-License-Identifier: MIT
#pragma once

#include "lib/util.h"

/* Does the whole of @text fit @pattern?  * is any text, ? any character. */
bool glob_match(const char *pattern, const char *text);
