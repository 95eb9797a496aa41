#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs samples with Python's zlib and gzip, for the tests of lib/inflate.

    tests/host/samples.py DIRECTORY

leaves there, the same bytes each time:

    NAME.raw, NAME.gz   data, and one gzip member that unpacks to them
    names               all NAMEs, one a line
    verdicts            streams of deflate, most of them damaged, and what zlib
                        says of each: rows of four 32-bit numbers (verdict: 1 is
                        good; size packed, size unpacked, CRC of that), each
                        row followed by the packed bytes
"""
import gzip
import io
import os
import random
import struct
import sys
import zlib

rng = random.Random(1951)


def words(size):
    """Text with repetitions near and far."""
    stock = [bytes(rng.choices(b'etaoinshrdlu', k=rng.randint(1, 12)))
             for _ in range(400)]
    out = bytearray()
    while len(out) < size:
        out += rng.choice(stock) + b' '
        if rng.random() < 0.02 and len(out) > 10:
            at = max(0, len(out) - rng.randint(1, 40000))
            out += out[at:at + rng.randint(3, 600)]
    return bytes(out[:size])


def far(size):
    """Matches from as far back as zlib looks for them."""
    block = rng.randbytes(32768 - 262)
    return (block * (size // len(block) + 1))[:size]


def runs(size):
    """Patterns that repeat after 1 to 9 bytes, for matches that overlap."""
    out = bytearray()
    while len(out) < size:
        out += rng.randbytes(rng.randint(1, 9)) * rng.randint(2, 200)
    return bytes(out[:size])


def deflate(raw, level=6, strategy=zlib.Z_DEFAULT_STRATEGY, flush=None,
            wbits=31, memory=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, wbits, memory, strategy)
    if not flush:
        return packer.compress(raw) + packer.flush()
    out = b''
    for at in range(0, len(raw), 5000):
        out += packer.compress(raw[at:at + 5000]) + packer.flush(flush)
    return out + packer.flush()


def with_header(raw, flags, fields):
    """A member whose header has optional fields."""
    plain = deflate(raw)
    return plain[:3] + bytes([flags]) + plain[4:10] + fields + plain[10:]


def samples():
    text = words(200000)
    small = b'hello, hello, hello, world\n'
    yield 'empty', b'', deflate(b'')
    yield 'byte', b'x', deflate(b'x')
    yield 'small', small, deflate(small)
    yield 'small-stored', small, deflate(small, 0)
    yield 'small-dynamic', text[:1500], deflate(text[:1500], 9)
    yield 'small-fixed', small, deflate(small, strategy=zlib.Z_FIXED)
    yield 'header', small, with_header(
        small, 0x1e, struct.pack('<H', 300) + bytes(300) + b'name\0' +
        b'comment\0' + b'\x12\x34')
    yield 'text-name', small, with_header(small, 0x09, b'file.txt\0')
    out = io.BytesIO()
    with gzip.GzipFile('some.txt', 'wb', fileobj=out, mtime=1) as packer:
        packer.write(text)
    yield 'gzip', text, out.getvalue()
    for level in 1, 3, 6, 9:
        yield f'text-{level}', text, deflate(text, level)
    yield 'stored', text, deflate(text, 0)
    yield 'fixed', text, deflate(text, strategy=zlib.Z_FIXED)
    yield 'huffman', text, deflate(text, strategy=zlib.Z_HUFFMAN_ONLY)
    yield 'rle', text, deflate(text, strategy=zlib.Z_RLE)
    yield 'sync', text, deflate(text, flush=zlib.Z_SYNC_FLUSH)
    yield 'full', text, deflate(text, flush=zlib.Z_FULL_FLUSH)
    yield 'many-blocks', text, deflate(text, memory=1)
    noise = rng.randbytes(100000)
    yield 'noise', noise, deflate(noise)
    mixed = b''.join(rng.choice((noise, text, bytes(3000)))[at:at + 3000]
                     for at in range(0, 99000, 3000))
    yield 'mixed', mixed, deflate(mixed, 9)
    yield 'zeros', bytes(1000000), deflate(bytes(1000000))
    for name, make in ('far', far), ('runs', runs):
        raw = make(250000)
        yield name, raw, deflate(raw, 9)
    # Each length of match, and all lengths of codes.
    lengths = b''.join(bytes([n % 256]) * n for n in range(3, 270))
    yield 'lengths', lengths, deflate(lengths, 9)
    skewed = b''.join(bytes([n]) * (1 << min(n, 16)) for n in range(24))
    skewed = bytes(rng.sample(skewed, len(skewed)))
    yield 'skewed', skewed, deflate(skewed, strategy=zlib.Z_HUFFMAN_ONLY)
    at_run = words(32768 + 65536)
    for more in -1, 0, 1:
        raw = (at_run + b'!!')[:len(at_run) + more]
        yield f'run{more:+d}', raw, deflate(raw, 0 if more else 6)
    for name, size in ('a', 100), ('b', 70000):
        raw = cpio([f'{name}{n}' for n in range(5)], size)
        yield f'cpio-{name}', raw, deflate(raw)


def cpio(names, size):
    """An archive in newc format, of files that have this size or less."""
    out = bytearray()
    for inode, name in enumerate(names + ['TRAILER!!!']):
        body = b'' if name == 'TRAILER!!!' else words(rng.randint(0, size))
        fields = (inode, 0o100644, 0, 0, 1, 0, len(body), 0, 0, 0, 0,
                  len(name) + 1, 0)
        out += b'070701' + b''.join(b'%08x' % field for field in fields)
        out += name.encode() + b'\0'
        out += bytes(-len(out) % 4) + body
        out += bytes(-len(out) % 4)
    return bytes(out)


def judge(stream):
    """What zlib makes of a stream of deflate."""
    unpacker = zlib.decompressobj(-15)
    try:
        raw = unpacker.decompress(stream) + unpacker.flush()
    except zlib.error:
        return None
    if not unpacker.eof or unpacker.unused_data:
        return None
    return raw


def damage(stream):
    bad = bytearray(stream)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(bad))
        if rng.random() < 0.5:			# most sense is in front
            at = min(at, rng.randrange(80))
        bad[at] ^= 1 << rng.randrange(8)
    return bytes(bad)


def verdicts():
    text = words(600)
    good = [deflate(raw, level, strategy, wbits=-15)
            for raw in (text[:40], text[:200], text, runs(500),
                        bytes(300), rng.randbytes(60))
            for level in (1, 9)
            for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY,
                             zlib.Z_FIXED)]
    streams = good + [damage(rng.choice(good)) for _ in range(20000)]
    # Noise that claims to be a last block with codes of its own.
    streams += [b'\x05' + rng.randbytes(200) for _ in range(2000)]
    for stream in streams:
        raw = judge(stream)
        yield struct.pack('<4I', raw is not None, len(stream), len(raw or b''),
                          zlib.crc32(raw or b'')) + stream


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    names = []
    for name, raw, packed in samples():
        names.append(name)
        for suffix, data in ('raw', raw), ('gz', packed):
            with open(f'{directory}/{name}.{suffix}', 'wb') as file:
                file.write(data)
    with open(f'{directory}/verdicts', 'wb') as file:
        file.write(b''.join(verdicts()))
    with open(f'{directory}/names', 'w', encoding='ascii') as file:
        file.write('\n'.join(names) + '\n')


main()
