# SPDX-License-Identifier: MIT
"""What a stranger types first: make run, debug, bench, help, and the doctor.

    CELLS[name] = a function that is given a check() of results
"""
import json
import os
import re
import shutil
import subprocess
import tempfile


def run(*command, typed='', **env):
    """Status and output, as if no make were running around us."""
    env = {'LC_ALL': 'C', 'PATH': os.environ['PATH'], **env}
    done = subprocess.run(command, input=typed.encode(), env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


def make_run(check):
    status, text = run('make', 'run', 'MEM=64', 'INIT=build/loader/args',
                       'ARGS=one two,three', 'APPEND=quiet')
    check(status == 0, 'make run ends well', status, text)
    check('args: 3 arguments, ' in text, 'with INIT, and ARGS given to it',
          text)
    status, text = run('make', 'run', 'MEM=64',
                       'INIT=build/loader/args-dynamic')
    check(status != 0, 'make run fails when its program cannot run', text)
    check('the 4 GiB of this boot' in text, 'after it drew the map', text)


def make_shell(check):
    """What is typed before the shell has its terminal is lost."""
    status, text = run('make', 'run', 'MEM=512', typed='\n\n\n'
                       'echo $((6 * 7)) words\nls -l / | wc\nexit\n')
    check(status == 0, 'make run ends as its shell does', status, text)
    for words in ('BusyBox v', '\n42 words'):
        check(words in text.replace('\r', ''), f'it says "{words.strip()}"',
              text)
    check(re.search(r'^ +\d+ +\d+ +\d+\s*$', text, re.MULTILINE),
          'ls -l / | wc counts', text)


def make_fuzz(check):
    """Two sequences of each random program, far from those of make test."""
    status, text = run('make', 'fuzz', 'FUZZ=2', 'FIRST=70001')
    if 'there is no Linux to compare with' in text:
        return
    check(status == 0 and text.count('2 of 2 sequences') == 3,
          'make fuzz compares sequences of three programs', status, text)


def make_debug(check):
    status, text = run('make', 'debug', 'MEM=64', typed='break page_fault\n'
                       'continue\nbt 1\nkill\nquit\n')
    check(status == 0, 'make debug ends when gdb does', status, text)
    for words in ('To step through the first page fault of process 1:',
                  'Breakpoint 1 at 0x', '#0  page_fault (frame=0x'):
        check(words in text, f'it says "{words}"', text)


def make_help(check):
    with open('Makefile') as file:
        text = file.read().replace('\\\n', ' ')
    targets = set(re.search(r'^\.PHONY: (.*)', text, re.MULTILINE)[1].split())
    _, text = run('make', 'help')
    told = set(re.findall(r'^  make (\S+) +\S.*', text, re.MULTILINE))
    untold = targets - told - {'FORCE'}
    check(not untold, 'make help has a line for each target', untold)


def doctor(check):
    status, text = run('tools/doctor')
    check(status == 0 and 'MISSING' not in text,
          'the doctor finds what is there', text)
    with tempfile.TemporaryDirectory() as path:
        for name in re.findall(r'^ok +\S+ +([^/\s]+)$', text, re.MULTILINE) + \
                ['bash', 'id']:
            if name != 'mformat':
                os.symlink(shutil.which(name), f'{path}/{name}')
        reported = run('tools/doctor', PATH=path)
        tried = run('/usr/bin/env', 'bash', 'tools/doctor', '--install',
                    PATH=path)
    check(reported[0] == 1 and re.search(
        r'^MISSING +mtools +mformat$', reported[1], re.MULTILINE),
        'it names what is missing', reported)
    check('apt-get install -y' in reported[1] and
          reported[1].endswith(' mtools\n') and 'multilib' not in reported[1],
          'and the line to type', reported)
    check(tried[0] == 1 and 'cannot install here' in tried[1] and
          tried[1].endswith(' mtools\n'),
          'which is all it can do where there is no apt', tried)


def bench(check):
    status, text = run('tests/bench/run')
    check(status == 0, 'every row of make bench is there', text)
    with open('build/bench.json') as file:
        rows = json.load(file)['rows']
    with open('tests/bench/anchors.json') as file:
        anchors = {row['name'] for row in json.load(file)['rows']}
    check(anchors <= {row['name'] for row in rows},
          'build/bench.json has the row of each anchor', anchors)
    keys = {'name', 'instructions', 'must', 'aim', 'linux', 'tlb_flushes',
            'cr3_loads'}
    for row in rows:
        if row.get('must'):
            check(keys <= set(row) and row['instructions'] <= row['must'],
                  f'{row["name"]} costs what it may', row)


CELLS = {'run': make_run, 'shell': make_shell, 'fuzz': make_fuzz,
         'debug': make_debug, 'help': make_help, 'doctor': doctor,
         'bench': bench}
