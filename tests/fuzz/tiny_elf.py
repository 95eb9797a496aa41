#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a small program for i386, with an interpreter and bss, to begin with."""
import struct
import sys

AT = 0x8048000
segments = [
    (1, 0, AT, AT, 200, 200, 5, 4096),			# text
    (1, 0x60, AT + 0x2060, 0, 60, 9000, 6, 4096),	# data and bss
    (3, 148, AT + 148, 0, 8, 8, 4, 1),			# interpreter
]
header = struct.pack('<16sHHIIIIIHHHHHH', b'\x7fELF\1\1\1', 2, 3, 1, AT + 160,
                     52, 0, 0, 52, 32, len(segments), 40, 0, 0)
body = b''.join(struct.pack('<8I', *segment) for segment in segments)
image = (header + body).ljust(148, b'\0') + b'/ld.so.\0'
sys.stdout.buffer.write(image.ljust(400, b'\x90'))
