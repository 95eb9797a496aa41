# SPDX-License-Identifier: MIT
"""Programs that process 1 cannot be, and some odd ones that it can.

    PROGRAMS[name] = (what makes the file, its arguments, how it ends)
    ARCHIVES[name] = (what makes an initramfs, how it ends)

A maker gets the bytes of build/loader/args, a static program for the i386, and
returns those of the file; a path instead of a maker is used as it is.
"""
import gzip
import struct

REFUSED = 35, r'^main: cannot run ".*": not an ELF program for the i386'
UNUSABLE = 35, r'^main: cannot run ".*": '
TOO_BIG = 35, r'^main: cannot run ".*": out of memory'
MISSING = 35, r'^main: cannot run ".*": it, or what is to load it, is missing'
CRASHES = 35, r'^init was killed by signal 11$'
NO_PAGE = 35, r'^init was killed by signal 7$'

LOAD = 1
OFFSET, VADDR, FILESZ, MEMSZ = 1, 2, 4, 5       # words of a program header


def headers(elf):
    """Of each program header that is loaded: where it is, and its 8 words."""
    phoff, = struct.unpack_from('<I', elf, 28)
    phnum, = struct.unpack_from('<H', elf, 44)
    for at in range(phoff, phoff + 32 * phnum, 32):
        words = struct.unpack_from('<8I', elf, at)
        if words[0] == LOAD:
            yield at, words


def loaded(elf):
    """How many bytes of the file are mapped; what follows is for debuggers."""
    return max(words[OFFSET] + words[FILESZ] for _, words in headers(elf))


def cut(size):
    """The first bytes; counted from the end of what is mapped if not > 0."""
    return lambda elf: elf[:size if size > 0 else loaded(elf) + size]


def header(offset, layout, value):
    def make(elf):
        elf = bytearray(elf)
        struct.pack_into(layout, elf, offset, value)
        return elf
    return make


def last_segment(**words):
    """Sets words of the last header; an address keeps its bits below a page."""
    def make(elf):
        elf = bytearray(elf)
        at, old = list(headers(elf))[-1]
        for name, value in words.items():
            word = globals()[name.upper()]
            if word in (OFFSET, VADDR):
                value |= old[word] & 0xfff
            struct.pack_into('<I', elf, at + 4 * word, value)
        return elf
    return make


def misaligned(elf):
    elf = bytearray(elf)
    at, old = list(headers(elf))[-1]
    struct.pack_into('<I', elf, at + 4 * VADDR, old[VADDR] ^ 1)
    return elf


def nothing_loaded(elf):
    elf = bytearray(elf)
    for at, _ in headers(elf):
        struct.pack_into('<I', elf, at, 4)
    return elf


def runs(count, size):
    """args has to count as many arguments and bytes of them."""
    return 33, rf'^args: {count} arguments, {size} bytes, then NULL$'


def args(path, *rest):
    return runs(1 + len(rest), len(path) + 1 + sum(len(a) + 1 for a in rest))


def entry(name, mode=0o100755, data=b'', **fields):
    """One of a newc archive; fields change the header's numbers."""
    name = name.encode() + b'\0'
    numbers = {'ino': 0, 'mode': mode, 'uid': 0, 'gid': 0, 'nlink': 1,
               'mtime': 0, 'filesize': len(data), 'devmajor': 0,
               'devminor': 0, 'rdevmajor': 0, 'rdevminor': 0,
               'namesize': len(name), 'check': 0, **fields}
    head = b'070701' + b''.join(b'%08x' % n for n in numbers.values()) + name
    return (head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))


def archive(*entries, end=entry('TRAILER!!!'), pack=bytes):
    """The program as /init, behind other entries (bytes)."""
    return lambda elf: pack(b''.join(entries) +
                            entry('init', data=bytes(elf)) + end)


def cut_archive(size, pack=bytes):
    return lambda elf: pack(archive()(elf))[:size]


def flip(at):
    """A packed archive of which one byte is another."""
    def make(elf):
        packed = bytearray(gzip.compress(archive()(elf), mtime=0))
        packed[at] ^= 0x55
        return bytes(packed)
    return make


def deep(depth):
    """Directories in directories, as deep as a path may be long, and more."""
    return [entry('/'.join('d' * n), 0o40755) for n in range(1, depth)]


DAMAGED = 35, r'^initramfs: .*, at byte \d+$'
LEFT_OUT = 33, r'^warning: initramfs: .*: left out'
FROM_ARCHIVE = runs(1, len('/init') + 1)

ARCHIVES = {
    'plain': (archive(), FROM_ARCHIVE),
    'no-end': (archive(end=b''), DAMAGED),
    'zeros-behind': (archive(end=entry('TRAILER!!!') + bytes(5000)),
                     FROM_ARCHIVE),
    'junk-behind': (archive(end=entry('TRAILER!!!') + b'junk' * 100),
                    DAMAGED),
    'two': (archive(end=entry('TRAILER!!!') + bytes(512) + entry('x') +
                    entry('TRAILER!!!')), FROM_ARCHIVE),
    'gzip': (archive(pack=gzip.compress), FROM_ARCHIVE),
    'no-init': (lambda elf: entry('x') + entry('TRAILER!!!'),
                (35, r'^main: cannot run "/init": it, or what is to load it, '
                 'is missing')),
    **{f'cut-{n}': (cut_archive(n), DAMAGED) for n in (7, 109, 111, 115)},
    'cut-data': (cut_archive(5000), DAMAGED),
    **{f'gzip-cut-{n}': (cut_archive(n, gzip.compress), DAMAGED)
       for n in (9, 11, 5000)},
    'gzip-damaged': (flip(3000), DAMAGED),
    'gzip-checksum': (flip(-6), DAMAGED),
    'gzip-size': (flip(-1), DAMAGED),
    'magic': (archive(b'070702' + entry('x')[6:]), (33, r'^args: ')),
    'old-magic': (archive(b'070707' + entry('x')[6:]), DAMAGED),
    'not-hex': (archive(entry('x').replace(b'00000000', b'0000g000', 1)), DAMAGED),
    'name-0': (archive(entry('x', namesize=0)), DAMAGED),
    'name-4G': (archive(entry('x', namesize=0xffffffff)), DAMAGED),
    'name-64K': (archive(entry('x' * 65535)), DAMAGED),
    'name-without-end': (archive(entry('xyz', namesize=3)), DAMAGED),
    'size-4G': (archive(entry('x', filesize=0xffffffff)), DAMAGED),
    'link-64K': (archive(entry('l', 0o120777, b'x' * 65536)), DAMAGED),
    'name-255': (archive(entry('n' * 255)), FROM_ARCHIVE),
    'name-256': (archive(entry('n' * 256)), LEFT_OUT),
    'no-parent': (archive(entry('no/parent')), LEFT_OUT),
    'above-root': (archive(entry('../../above'), entry('/slash'),
                           entry('./././x')), FROM_ARCHIVE),
    'twice': (archive(entry('x', data=b'a' * 9000), entry('x', data=b'b'),
                      entry('init', 0o120777, b'nowhere')), FROM_ARCHIVE),
    'directory-over-file': (archive(entry('x'), entry('x', 0o40755),
                                    entry('x/y')), LEFT_OUT),
    'file-over-directory': (archive(entry('x', 0o40755), entry('x/y'),
                                    entry('x', data=b'text')), LEFT_OUT),
    'data-of-directory': (archive(entry('x', 0o40755, b'some')),
                          FROM_ARCHIVE),
    'no-kind': (archive(entry('x', 0o755)), LEFT_OUT),
    'all-kinds': (archive(*(entry(f'k{kind}', kind << 12)
                            for kind in (3, 5, 7, 9, 11, 13, 15))),
                  LEFT_OUT),
    'loop': (archive(entry('l', 0o120777, b'l'), entry('l/x')), LEFT_OUT),
    'link-storm': (archive(*(entry(f'h{i}', ino=7, nlink=5000)
                             for i in range(5000))), FROM_ARCHIVE),
    'deep': (archive(*deep(2000)), FROM_ARCHIVE),
    'too-deep': (archive(*deep(3000)), DAMAGED),
    'wide': (archive(*(entry(f'w{i}') for i in range(20000))),
             FROM_ARCHIVE),
    'devices': (archive(entry('n', 0o20666, rdevmajor=1, rdevminor=3),
                        entry('o', 0o20666, rdevmajor=0xffffffff,
                              rdevminor=0xffffffff),
                        entry('p', 0o10666), entry('q', 0o140666)),
                FROM_ARCHIVE),
}

ARGS = 'build/loader/args'
PIE = 'build/loader/args-pie'
SIXTY = [str(i) for i in range(60)]
LONG = 'x' * 3000

PROGRAMS = {
    'empty': (lambda elf: b'', '', REFUSED),
    'text': (lambda elf: b'echo hello\n' * 20, '', REFUSED),
    'script': (lambda elf: b'#!/bin/sh\necho hello\n' * 20, '', MISSING),
    'script-blank': (lambda elf: b'#! \t\necho hello\n', '', REFUSED),
    'zeros': (lambda elf: bytes(10000), '', REFUSED),
    **{f'cut-{size}': (cut(size), '', REFUSED)
       for size in (1, 4, 51, 52, 53, 84)},
    **{f'cut-{size}': (cut(size), '', NO_PAGE)
       for size in (4095, 4096, 100000)},
    'cut-data': (cut(-5000), '', NO_PAGE),
    'cut-last-byte': (cut(-1), '', CRASHES),
    'cut-symbols': (cut(0), '', (33, r'^args: 1 arguments, ')),
    '64-bit': ('/bin/true', '', REFUSED),
    'dynamic': ('build/loader/args-dynamic', '', MISSING),
    'object': ('build/loader/args.o', '', REFUSED),
    'big-endian': (header(5, 'B', 2), '', (33, r'^args: 1 arguments, ')),
    'arm': (header(18, '<H', 40), '', REFUSED),
    'core': (header(16, '<H', 4), '', REFUSED),
    'phoff-wraps': (header(28, '<I', 0xfffffff0), '', REFUSED),
    'phnum-0': (header(44, '<H', 0), '', REFUSED),
    'phnum-65535': (header(44, '<H', 65535), '', REFUSED),
    'phentsize-1': (header(42, '<H', 1), '', REFUSED),
    'nothing-loaded': (nothing_loaded, '', CRASHES),
    'entry-0': (header(24, '<I', 0), '', CRASHES),
    'entry-kernel': (header(24, '<I', 0xc0100000), '', UNUSABLE),
    'asks-2G': (last_segment(memsz=0x80000000), '', TOO_BIG),
    'asks-3G': (last_segment(memsz=0xc0000000), '', UNUSABLE),
    'asks-4G': (last_segment(memsz=0xffffffff), '', UNUSABLE),
    'file-3G': (last_segment(memsz=0xb0000000, filesz=0xb0000000), '',
                TOO_BIG),
    'file-over-memory': (last_segment(memsz=1), '', UNUSABLE),
    'offset-wraps': (last_segment(offset=0xfffff000), '', UNUSABLE),
    'at-0': (last_segment(vaddr=0), '', CRASHES),
    'at-kernel': (last_segment(vaddr=0xc0000000), '', UNUSABLE),
    'at-end': (last_segment(vaddr=0xfffff000), '', UNUSABLE),
    'at-stack': (last_segment(vaddr=0xbfff0000), '', (35, r'^(main|init) ')),
    'over-code': (last_segment(vaddr=0x08049000), '', CRASHES),
    'misaligned': (misaligned, '', UNUSABLE),

    'static': (ARGS, '', args(ARGS)),
    'static-pie': (PIE, '', args(PIE)),
    'arguments-60': (ARGS, ' '.join(SIXTY), args(ARGS, *SIXTY)),
    'pie-arguments-60': (PIE, ' '.join(SIXTY), args(PIE, *SIXTY)),
    'arguments-200': (ARGS, 'y ' * 200, args(ARGS, *['y'] * 200)),
    'argument-3000': (ARGS, LONG, args(ARGS, LONG)),
    'argument-6000': (ARGS, 2 * LONG,
                      (33, r'^warning: multiboot: a command line of 6018 ')),
    'arguments-blanks': (ARGS, '  a,b   c  ', args(ARGS, 'a,b', 'c')),
    **{f'initramfs-{name}': (make, '', end)
       for name, (make, end) in ARCHIVES.items()},
}

# Command lines of the kernel: how the machine ends (None: it runs on), what is
# said, and what is not.  128 MiB, and the tour as process 1.
ENDS_WELL = r'^init exited with status 0$'
COMMAND_LINES = {
    'mem=4M': (33, r'^memblock: 3 MiB of RAM, ', None),
    'mem=64M': (33, r'^memblock: 63 MiB of RAM, ', None),
    'mem=3000K': (33, r'^memblock: RAM 00100000-002edfff, 1976 KiB', None),
    'mem=8G': (33, r'^memblock: 127 MiB of RAM, ', r'^warning|left unused'),
    'mem=0': (33, r'^warning: init: mem=0 is no size .*: ignored', 'unused'),
    'mem=abc': (33, r'^warning: init: mem=abc is no size .*: ignored',
                'unused'),
    'mem=64M mem=32M': (33, r'^memblock: 31 MiB of RAM, ', None),
    'loglevel=0': (33, ENDS_WELL, r'^(main|memblock|zone):'),
    'loglevel=8': (33, r'^zone: ', None),
    'loglevel=9': (33, r'^warning: main: loglevel=9 is none of 0 to 8', None),
    'quiet': (33, ENDS_WELL, r'^(main|memblock|zone):|the 4 GiB of this'),
    'halt': (None, r'^init exited with status 0\nhalted$', None),
    'crash=unknown': (33, r'^error: crash: there is no crash=unknown', None),
    'test=kmalloc.kfree*': (33, r'^1\.\.1\nok 1 - kmalloc\.kfree_of_null',
                            r'^ok 2|Hello'),
    'test=ktap': (33, r'^1\.\.3$', r'^not ok'),
    'test=ktap fail=expect': (
        35, r'^not ok \d - ktap\.a_false_expectation_fails$', r'^1\.\.0'),
    'test=ktap fail=leak': (
        35, r'^# free pages: .*\n(#.*\n)*not ok \d - ktap\.a_lost_page_fails$',
        r'^not ok .*expect'),
    'test=nothing.*': (35, r'^1\.\.0\n# nothing matches nothing\.\*$',
                       r'^ok|Hello'),
}
