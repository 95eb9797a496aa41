# SPDX-License-Identifier: MIT
"""The memory maps that shim.c can make, and what Atlas has to make of each.

The shim prints the entries that it hands over; Atlas prints the RAM it found.
expected_ram() works the second out from the first, in another way than
mm/memblock.c: it cuts the line of frames at every border of every entry and
asks for each piece whether all of it is RAM.
"""
import re

PAGE = 4096
RAM = 1
FRAMES_4G = 1 << 20
END_OF_WORLD = (1 << 32) - 1            # in frames; memblock counts no further

# How it ends: QEMU's status, and what is said.
BOOTS = 33, r'^init exited with status 0$'
TOO_LITTLE = 37, r'^\*\*\* panic: .*: this machine has too little memory'
NO_MAP = 37, r'^\*\*\* panic: multiboot: the loader gave no memory map'
NO_REACH = 37, r'^\*\*\* panic: multiboot: structure at 0x3e800000 is out of'
NO_PROGRAM = 35, r'^main: no program was given to run'
NO_RAM = 35, r'^main: cannot run ".*": it lies where Atlas uses no RAM'
NO_ELF = 35, r'^main: cannot run ".*": not an ELF program'

# The suites that run on a map; MOST want 16 MiB and every zone that can be.
SOME = ('memblock',)
MOST = ('memblock', 'zone', 'buddy', 'directmap')

# Map: the machine's memory in MiB, how it ends, and the suites.
MAPS = {
    'plain': (256, BOOTS, SOME),
    'unsorted': (256, BOOTS, MOST),
    'overlap': (256, BOOTS, SOME),
    'overlap_firmware': (256, BOOTS, MOST),
    'empty': (1100, BOOTS, SOME),
    'wrap': (256, BOOTS, SOME),
    'beyond': (1100, BOOTS, SOME),
    'ragged': (64, BOOTS, MOST),
    'holes_small': (256, BOOTS, SOME),
    'holes_large': (256, BOOTS, MOST),
    'firmware_128': (256, BOOTS, SOME),
    'firmware_200': (256, BOOTS, SOME),
    'firmware_1000': (256, BOOTS, SOME),
    'ram_200': (256, BOOTS, SOME),
    'ram_1000': (256, BOOTS, SOME),
    'mixed_200': (256, BOOTS, SOME),
    'types': (64, BOOTS, SOME),
    'extended': (64, BOOTS, SOME),
    'bad_size': (64, BOOTS, SOME),
    'bad_length': (64, BOOTS, SOME),
    'hole_dma': (256, BOOTS, MOST),
    'hole_dma_edge': (256, BOOTS, MOST),
    'hole_896': (1100, BOOTS, MOST),
    'hole_to_896': (1100, BOOTS, SOME),
    'hole_over_896': (1100, BOOTS, MOST),
    'no_low': (256, BOOTS, SOME),
    'no_dma': (256, BOOTS, SOME),
    'only_high': (256, BOOTS, SOME),
    'far': (2048, BOOTS, MOST),
    'pieces': (1536, BOOTS, SOME),
    'pieces_equal': (1536, BOOTS, SOME),
    'tiny_4m': (64, BOOTS, SOME),
    'tiny_3m': (64, BOOTS, SOME),
    'tiny_2m': (64, BOOTS, SOME),
    'tiny_image': (64, BOOTS, SOME),
    'no_free': (64, TOO_LITTLE, ()),
    'no_ram': (64, TOO_LITTLE, ()),
    'empty_map': (64, TOO_LITTLE, ()),
    'sizes': (64, BOOTS, SOME),
    'nothing': (64, NO_MAP, ()),
    'module_last': (256, BOOTS, SOME),
    'module_high': (1100, BOOTS, SOME),
    'module_border': (1100, BOOTS, SOME),
    'module_behind_image': (64, BOOTS, SOME),
    'module_low': (64, BOOTS, SOME),
    'module_firmware': (256, BOOTS, SOME),
    'module_hole': (256, BOOTS, SOME),
    'module_no_ram': (256, NO_RAM, ()),
    'module_unaligned': (256, NO_RAM, ()),
    'module_backwards': (256, NO_RAM, ()),
    'module_endless': (256, NO_RAM, ()),
    'module_on_image': (256, NO_ELF, ()),
    'no_module': (64, NO_PROGRAM, ()),
    'no_modules_flag': (64, NO_PROGRAM, ()),
    'modules_20': (64, BOOTS, SOME),
    'cmdline_5000': (64, BOOTS, SOME),
    'no_cmdline': (64, BOOTS, ()),
    'info_high': (1100, NO_REACH, ()),
    **{f'random_{seed}': (96 + 16 * seed, BOOTS, SOME) for seed in range(1, 9)},
}


def entries(text):
    """(first byte, one past the last, type) of each entry the shim made."""
    for line in re.findall(r'^loader: (\w{16}) (\w{16}) (\w{16})$', text,
                           re.MULTILINE):
        start, length, kind = (int(word, 16) for word in line)
        yield start, (start + length) % (1 << 64), kind


def frames(start, end, kind):
    """The frames of an entry: RAM rounds inward, the rest outward."""
    if kind == RAM:
        return min(-(-start // PAGE), END_OF_WORLD), \
            min(end // PAGE, END_OF_WORLD)
    if start == end:
        return 0, 0
    last = END_OF_WORLD if end < start else min(-(-end // PAGE), END_OF_WORLD)
    return min(start // PAGE, END_OF_WORLD), last


def expected_ram(text):
    """The RAM of the shim's map, as rising pairs of frames."""
    ram, other = [], []
    for start, end, kind in entries(text):
        first, last = frames(start, end, kind)
        if first < last:
            (ram if kind == RAM else other).append((first, last))
    borders = sorted({border for pair in ram + other for border in pair})
    found = []
    for first, last in zip(borders, borders[1:]):
        if any(a <= first and last <= b for a, b in ram) and \
                not any(a < last and first < b for a, b in other):
            if found and found[-1][1] == first:
                found[-1] = found[-1][0], last
            else:
                found.append((first, last))
    return found


def cut(ranges, start, end):
    """What of the ranges lies in [start, end)."""
    return [(max(a, start), min(b, end)) for a, b in ranges
            if a < end and b > start]


def count(ranges):
    return sum(b - a for a, b in ranges)


def found_ram(text):
    """The RAM that Atlas says it uses."""
    return [(int(a, 16) // PAGE, (int(b, 16) + 1) // PAGE) for a, b in
            re.findall(r'memblock: RAM (\w{8})-(\w{8}), ', text)]


def number(text, pattern):
    match = re.search(pattern, text)
    return int(match[1]) if match else 0


def judge(check, text):
    """Compares what Atlas found with what was there."""
    there, found = expected_ram(text), found_ram(text)
    lost = number(text, r'memblock: (\d+) entries of the memory map found no')
    unused = number(text, r'memblock: (\d+) MiB of RAM are left unused')
    beyond = number(text, r'memblock: (\d+) MiB of RAM at 4 GiB and above')
    total = number(text, r'memblock: (\d+) MiB of RAM, ')
    low = cut(there, 0, FRAMES_4G)
    top = found[-1][1] if found else 0

    if lost:
        check(all(cut(there, a, b) == [(a, b)] for a, b in found),
              'what is used of a map that is too long is RAM',
              f'there: {low}', f'found: {found}')
    else:
        check(found == cut(low, 0, top) and found,
              'the RAM that is found is the RAM that is there',
              f'there: {low}', f'found: {found}')
        left = count(cut(low, top, FRAMES_4G))
        check(unused == left // 256, 'RAM that is left unused is named',
              f'{unused} MiB named, {left // 256} MiB left')
        check(beyond == count(cut(there, FRAMES_4G, END_OF_WORLD)) // 256,
              'RAM out of reach is named', f'{beyond} MiB named')
    check(total == count(found) // 256, 'the total is that of the ranges',
          f'{total} MiB told')
