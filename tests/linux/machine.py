# SPDX-License-Identifier: MIT
"""Debian's Linux for i386 in QEMU, beside Atlas.

    boot(image, log, ...)   boots it with an initramfs; QEMU's status, the text
    program_image(...)      an initramfs whose /init is one program
    ended(text)             how init ended, as a shell would say it

The kernel is build/i386/vmlinuz (user/rootfs/rootfs.mk): without PAE, with
HIGHMEM4G, as Atlas.  What Debian adds for safety is switched off, so that the
costs can be compared: memory zeroed at each allocation, mitigations, the
accounting of memory by groups.
"""
import os
import re
import subprocess

VMLINUZ = 'build/i386/vmlinuz'
APPEND = ('console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off '
          'init_on_alloc=0 cgroup_disable=memory debug.exception-trace=0')
ICOUNT = ('-icount', 'shift=0,sleep=off')

# Init may not end: that is a panic, which says what it ended with.
PANIC = re.compile(r'^\[ *\d+\.\d+\] Kernel panic - not syncing: Attempted to '
                   r'kill init! exitcode=0x([0-9a-f]+)', re.MULTILINE)
LOG = re.compile(r'^\[ *\d+\.\d+\] .*\n?', re.MULTILINE)


def program_image(out, program, *more):
    """more: PATH=FILE, or directories, as tools/initramfs takes them."""
    subprocess.run(['tools/initramfs', out, *more, f'init={program}'],
                   check=True)
    return out


def command(image, serial, mem=1536, append='', machine=()):
    return ['qemu-system-i386', '-M', 'pc', '-cpu', 'qemu32', '-m', str(mem),
            '-display', 'none', '-monitor', 'none', '-no-reboot',
            '-serial', serial, '-kernel', VMLINUZ, '-initrd', image,
            '-append', f'{APPEND} {append}'.strip(), *machine]


def boot(image, log, limit=120, **options):
    """QEMU's status (None: too late), and what the serial line said."""
    open(log, 'w').close()
    with open(f'{log}.qemu', 'w') as errors:
        try:
            status = subprocess.run(command(image, f'file:{log}', **options),
                                    stdin=subprocess.DEVNULL, stderr=errors,
                                    timeout=limit).returncode
        except subprocess.TimeoutExpired:
            status = None
    with open(log, 'rb') as file:
        text = file.read().decode('utf-8', 'replace')
    return status, text.replace('\r', '')


def ended(text):
    """Init's status as a shell has it; None if it did not end."""
    panic = PANIC.search(text)
    if not panic:
        return None
    code = int(panic[1], 16)
    return 128 + (code & 0x7f) if code & 0x7f else code >> 8


def said(text):
    """What the programs said: the kernel's own lines start with "["."""
    panic = PANIC.search(text)
    return LOG.sub('', text[:panic.start()] if panic else text)


BUSYBOX = 'build/i386/busybox/bin/busybox'
SESSION = '''#!/bin/sh
stty rows 25 cols 80
run() {
	key=$1
	shift
	echo "@@ begin $key"
	timeout -s KILL %(each)d env -i setsid "$@"
	printf '\\n@@ end %%s %%d\\n' "$key" $?
}
%(commands)s
'''
RESULT = re.compile(r'^@@ begin (\S+)\n(.*?)\n?^@@ end \1 (\d+)$',
                    re.MULTILINE | re.DOTALL)


def session(name, files, commands, each=120, limit=600, **options):
    """Runs commands on Linux, one after the other, in one boot.

    files: PATH=FILE each, what the busybox userland has besides.
    commands: pairs of a key and a command line of the shell.
    options: boot()'s.
    Returns {key: (status as the shell has it, output)} of those that ended.
    """
    folder = 'build/linux'
    os.makedirs(folder, exist_ok=True)
    script = f'{folder}/{name}.sh'
    with open(script, 'w') as file:
        file.write(SESSION % {'each': each, 'commands': '\n'.join(
            f'run {key} {command}' for key, command in commands)})
    os.chmod(script, 0o755)
    image = f'{folder}/{name}.cpio'
    subprocess.run(['tools/initramfs', image, '--busybox', BUSYBOX,
                    'user/rootfs/all', f'etc/session={script}', *files],
                   check=True)
    _, text = boot(image, f'{folder}/{name}.log', limit, **options)
    os.unlink(image)
    return {key: (int(status), said(output))
            for key, output, status in RESULT.findall(text)}


def make(*arguments):
    """What make says; None if it fails.  As if no make were around us."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith('MAKE') and name != 'MFLAGS'}
    done = subprocess.run(['make', '-s', '--no-print-directory', *arguments],
                          env=env, stdout=subprocess.PIPE, text=True)
    return None if done.returncode else done.stdout


def available():
    """Is there a Linux, and a shell for it?  Fetches them, once."""
    return make(VMLINUZ, BUSYBOX) is not None
