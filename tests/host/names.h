// SPDX-License-Identifier: MIT
/*
 * names - lets Atlas's string functions live beside the C library's.
 *
 * Each file of a host test begins with it, by the compiler's -include: libc's
 * own headers first, then new names for what both have.  So lib/string.c
 * defines atlas_memcpy(), its users call that, and libc and the sanitizers
 * keep theirs.  A test that compares the two #undefs a name to mean libc's.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define memcpy		atlas_memcpy
#define memmove		atlas_memmove
#define memset		atlas_memset
#define memcmp		atlas_memcmp
#define strlen		atlas_strlen
#define strnlen		atlas_strnlen
#define strcmp		atlas_strcmp
#define strncmp		atlas_strncmp
#define strchr		atlas_strchr
#define strrchr		atlas_strrchr
#define strstr		atlas_strstr
#define strlcpy		atlas_strlcpy
#define snprintf	atlas_snprintf
#define vsnprintf	atlas_vsnprintf
