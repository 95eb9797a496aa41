#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols - make the kernel's table of its own function names.

Reads `nm -n` of the linked kernel and writes assembler source, whose format
lib/symbols.c describes.  With empty input it writes an empty table, for the
first link.

    nm -n atlas.elf | tools/symbols.py > symbols.S
"""
import collections
import os
import sys

SHARED_MAX = 15     # of the bytes that a name shares with the one before


def functions(lines):
    """Yield (address, name) where functions start, '' where they stop.

    At an address with several names the first function's counts.  What gcc
    appends to the name of a clone (f.constprop.0) is left out.
    """
    names = {}
    for line in lines:
        fields = line.split()
        if len(fields) != 3:
            continue                    # undefined: no address
        addr, kind, name = int(fields[0], 16), fields[1], fields[2]
        name = name if kind in "tTwW" else ""
        names[addr] = names.get(addr) or name

    in_hole = True
    for addr, name in sorted(names.items()):
        if addr and (name or not in_hole):
            yield addr, name if name.endswith(".cold") else name.split(".")[0]
            in_hole = not name


def distance_bytes(number):
    """Encode a distance: as short as its length tells, all long ones in five.

    So the table's size does not depend on how far apart two sections are,
    which the table itself can change.
    """
    if number < 0xf0:
        return [number]
    if number < 0xf00:
        return [0xf0 | number >> 8, number & 0xff]
    return [0xff, *number.to_bytes(4, "little")]


def front_code(names):
    """Each name as how much of the one before it begins with, and the rest."""
    text, before = b"", ""
    for name in names:
        shared = min(len(os.path.commonprefix([before, name])), SHARED_MAX)
        text += bytes([shared + 1]) + name[shared:].encode()
        before = name
    return text + bytes([1])


def pack(text):
    """Pairs of bytes that are frequent become one byte that is not in the text.

    Returns the pair of each byte, None for one that stands for itself, and the
    text in terms of them.
    """
    pairs = [None] * 256
    for byte in sorted(set(range(SHARED_MAX + 2, 256)) - set(text)):
        counts = collections.Counter(zip(text, text[1:]))
        best = max(counts, key=lambda pair: (counts[pair], pair), default=None)
        if not best or counts[best] < 3:
            break
        text = text.replace(bytes(best), bytes([byte]))
        pairs[byte] = best
    return pairs, text


def show(numbers):
    if numbers:
        print("\t.byte " + ", ".join("%#04x" % number for number in numbers))


def main():
    print("# Made by tools/symbols.py.")
    print("\t.section .rodata.symbols_table, \"a\"")
    print("\t.globl symbols_table")
    print("symbols_table:")
    found = list(functions(sys.stdin))
    pairs, text = pack(front_code(name for _, name in found))
    for pair in pairs:
        show(pair or [0, 0])
    before = 0
    for addr, _ in found:
        show(distance_bytes(addr - before))
        before = addr
    show([0])
    show(text)
    print("\t.section .note.GNU-stack, \"\", @progbits")


if __name__ == "__main__":
    main()
