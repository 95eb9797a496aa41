# SPDX-License-Identifier: MIT
"""What the guest programs print on Linux, where this machine cannot run them.

    Judge(programs).ask('build/guest/hello')    the status, the text

A host whose kernel runs 32-bit programs is a judge itself (tests/run).  Any
other boots Debian's Linux for i386 in QEMU once, with judge.c as process 1 and
all programs that are asked for, and keeps what each printed beside a sum of the
program, so that the next run boots it only for what has changed.
"""
import hashlib
import os
import re
import subprocess
import threading

from linux import machine

KEPT = 'build/test/linux'
LIMIT = 900


def can_run(program):
    """Does this machine's kernel run 32-bit programs?"""
    try:
        return subprocess.run([program], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              timeout=60).returncode not in (126, 127)
    except (OSError, subprocess.TimeoutExpired):
        return False


class Judge:
    def __init__(self, programs):
        self.programs = programs
        self.lock = threading.Lock()

    def kept(self, program):
        with open(program, 'rb') as file:
            digest = hashlib.sha256(file.read()).hexdigest()[:16]
        return f'{KEPT}/{os.path.basename(program)}-{digest}'

    def boot(self):
        """Runs all programs of which nothing is kept."""
        os.makedirs(KEPT, exist_ok=True)
        missing = [program for program in self.programs
                   if not os.path.exists(self.kept(program))]
        image = machine.program_image(
            'build/linux/judge.cpio', 'build/linux/judge',
            *[f'guests/{os.path.basename(p)}={p}' for p in missing])
        _, text = machine.boot(image, 'build/test/linux.log', LIMIT, mem=512)
        for program in missing:
            name = re.escape(os.path.basename(program))
            found = re.search(rf'^@@begin {name}\n(.*?)\n@@end {name} (-?\d+)$',
                              text, re.MULTILINE | re.DOTALL)
            if found:
                with open(self.kept(program), 'w') as file:
                    file.write(f'{found[2]}\n{machine.LOG.sub("", found[1])}')

    def ask(self, program):
        with self.lock:
            if not os.path.exists(self.kept(program)):
                self.boot()
        try:
            with open(self.kept(program)) as file:
                status, _, text = file.read().partition('\n')
            return int(status), text
        except FileNotFoundError:
            return None, ''
