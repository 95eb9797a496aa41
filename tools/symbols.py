#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""symbols - make the kernel's table of its own function names.

Reads `nm -n` of the linked kernel and writes assembler source, whose format
lib/symbols.c describes.  With empty input it writes an empty table, for the
first link.

    nm -n atlas.elf | tools/symbols.py > symbols.S
"""
import collections
import sys


def functions(lines):
    """Yield (address, name) where functions start, '' where they stop.

    At an address with several names the first function's counts.
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
            yield addr, name
            in_hole = not name


def uleb128(number):
    """Encode a number: short distances short, all long ones in five bytes.

    So the table's size does not depend on how far apart two sections are,
    which the table itself can change.
    """
    length = 1 if number < 0x80 else 2 if number < 0x4000 else 5
    return [(number >> 7 * i & 0x7f) | (0x80 if i < length - 1 else 0)
            for i in range(length)]


FIRST_TOKEN = 0x80
NR_TOKENS = 0x80


def pack(names):
    """Byte pairs that are frequent become single bytes, from 0x80 on.

    Returns the pairs, and the names in terms of them.
    """
    text = "\0".join(names)
    pairs = []
    while len(pairs) < NR_TOKENS:
        counts = collections.Counter(zip(text, text[1:]))
        best = max((pair for pair in counts if "\0" not in pair),
                   key=lambda pair: (counts[pair], pair), default=None)
        if not best or counts[best] < 4:
            break
        text = text.replace("".join(best), chr(FIRST_TOKEN + len(pairs)))
        pairs.append(best)
    return pairs, text.split("\0") if names else []


def show(numbers):
    if numbers:
        print("\t.byte " + ", ".join("%#04x" % number for number in numbers))


def main():
    print("# Made by tools/symbols.py.")
    print("\t.section .rodata.symbols_table, \"a\"")
    print("\t.globl symbols_table")
    print("symbols_table:")
    found = list(functions(sys.stdin))
    pairs, names = pack([name for _, name in found])
    for i in range(NR_TOKENS):
        show([ord(c) for c in pairs[i]] if i < len(pairs) else [0, 0])
    before = 0
    for (addr, _), name in zip(found, names):
        show(uleb128(addr - before) + [ord(c) for c in name] + [0])
        before = addr
    show([0])
    print("\t.section .note.GNU-stack, \"\", @progbits")


if __name__ == "__main__":
    main()
