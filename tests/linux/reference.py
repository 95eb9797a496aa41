# SPDX-License-Identifier: MIT
"""What programs say on Linux, from one boot in QEMU, kept until they change.

    outputs(programs)       {path: (status, text)} of each
    has_32_bit(program)     could this machine run it as well?

build/linux/<name>-<digest>.json has what one program said.
"""
import errno
import functools
import hashlib
import json
import os
import re
import subprocess
import threading

from linux import machine

FOLDER = 'build/linux'
LOCK = threading.Lock()
JUDGE = f'{FOLDER}/judge'       # tests/guest/guest.mk makes it
LIMIT = 900
RESULT = re.compile(r'^@@begin (\S+)\n(.*?)\n@@end \1 (-?\d+)$',
                    re.MULTILINE | re.DOTALL)


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            total.update(file.read())
    return total.hexdigest()[:16]


def place_of(program):
    name = os.path.basename(program)
    return f'{FOLDER}/{name}-{digest(program)}.json'


def load(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def save(path, what):
    os.makedirs(FOLDER, exist_ok=True)
    with open(path + '.new', 'w') as file:
        json.dump(what, file, indent=1)
    os.replace(path + '.new', path)


def run_all(programs):
    """{name: (status, text)} of all that ended, in one boot: judge.c."""
    image = machine.program_image(
        f'{FOLDER}/guests.cpio', JUDGE,
        *[f'guests/{name}={path}' for name, path in programs])
    _, text = machine.boot(image, f'{FOLDER}/guests.log', LIMIT, mem=256,
                           append='loglevel=1')
    return {name: (int(status), machine.LOG.sub('', said))
            for name, said, status in RESULT.findall(text)}


def outputs(programs):
    """None where there is no Linux; a program that did not end is left out."""
    with LOCK:
        todo = [path for path in programs if not load(place_of(path))]
        if todo:
            if not machine.available():
                return None
            names = [os.path.basename(path) for path in todo]
            said = run_all(zip(names, todo))
            for name, path in zip(names, todo):
                if name in said:
                    save(place_of(path), said[name])
        found = {path: load(place_of(path)) for path in programs}
        return {path: what for path, what in found.items() if what}


@functools.lru_cache
def has_32_bit(program):
    try:
        subprocess.Popen([program], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL).kill()
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return False
    return True
