# SPDX-License-Identifier: MIT
"""Sessions in Debian's userlands, on Linux and on Atlas.

    SESSIONS[name] = (image, script)    tests/linux/<script>, as /etc/session
    judge(check, name, log, boot)       results of one, by check(ok, test, why)

A script tells what it does next by a line "@@ what" (its function `it`), so
that one boot has many results.  What follows is the same on both, or, behind a
line "@@ what #", only has to be there: figures that differ by nature, such as
those of free, are brought into shape by the script itself.

What Linux said is kept in build/linux until image, script or init change.
"""
import os
import re
import subprocess

from linux import machine, reference

SESSIONS = {'busybox': ('build/rootfs/busybox.cpio', 'busybox.sh'),
            'debian': ('build/rootfs/debian.cpio', 'debian.sh')}
PART = re.compile(r'^@@ (.+)\n((?:(?!@@ ).*\n?)*)', re.MULTILINE)
FOLDER = reference.FOLDER


def available(name):
    """Makes the image and Linux, from packages that are fetched once."""
    return machine.make(SESSIONS[name][0], machine.VMLINUZ) is not None


def image_of(name):
    """The userland with its script for /etc/session."""
    os.makedirs(FOLDER, exist_ok=True)
    script = f'tests/linux/{SESSIONS[name][1]}'
    out = f'{FOLDER}/{name}-session.cpio'
    with reference.LOCK:
        subprocess.run(['tools/initramfs', out, *recipe(name),
                        f'etc/session={script}'], check=True)
    return out


def recipe(name):
    """What make gives tools/initramfs for the image, less its first word."""
    return machine.make(f'recipe-{name}').split()


def parts(text):
    return [(what, said.rstrip()) for what, said in PART.findall(text)]


def on_linux(name, image):
    place = f'{FOLDER}/{name}-session-{reference.digest(image)}.json'
    text = reference.load(place)
    if text is None:
        log = f'{FOLDER}/{name}-session.log'
        # As on Atlas the heap begins where bss ends, not somewhere behind.
        status, text = machine.boot(image, log, 300, mem=512,
                                    append='norandmaps')
        text = machine.said(text)
        if status == 0:
            reference.save(place, text)
    return text


def judge(check, name, log, boot):
    image = image_of(name)
    theirs = parts(on_linux(name, image))
    status, text = boot(image)
    ours = dict(parts(text))
    check(theirs and theirs[-1][0] == 'the end',
          f'the session in {name} ends on Linux', theirs[-1:])
    check('the end' in ours, f'the session in {name} ends on Atlas',
          f'QEMU: {status}', *text.split('\n')[-12:])
    for what, said in theirs:
        got = ours.get(what)
        if what.endswith(' #'):
            check(got, f'{name}: {what[:-2]}', got)
            continue
        check(got == said, f'{name}: {what}', 'Linux:', *said.split('\n')[:12],
              'Atlas:', *(got or '(nothing)').split('\n')[:12])
