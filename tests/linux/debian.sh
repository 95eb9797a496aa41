#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A session in Debian's dynamically linked programs, for Linux and Atlas: see
# busybox.sh.

it() {
	echo "@@ $*"
}

shape() {
	sed -e 's/[0-9][0-9]*/N/g' -e 's/[ 	][ 	]*/ /g'
}

cd /
it 'bash'
echo "$BASH_VERSION"; a=(1 2 3); echo ${#a[@]} "${a[@]:1}" $((2 ** 40))
declare -A m=([x]=1 [y]=2); echo ${m[y]}; printf '%05d|%-5s|%x\n' 42 ab 255
[[ hello =~ l+ ]] && echo ${BASH_REMATCH[0]}; echo {1..5}; diff <(seq 3) <(seq 4)
it 'what ld.so maps'
sed -e 's/^[0-9a-f-]* //' /proc/self/maps | awk '{ print $1, $2, $5 }' |
	grep -v -e vvar -e vdso
it 'coreutils'
seq 1 1000 | shuf --random-source=/bin/bash | sort -n | md5sum
ls -1 /usr/bin | LC_ALL=C sort | md5sum; stat -c '%a %F %s' /etc/passwd
factor 1234567890; seq 10 | paste -sd+ ; echo aGVsbG8= | base64 -d; echo
sha256sum /usr/bin/python3.11 /lib/i386-linux-gnu/libc.so.6
od -An -tx1 -N4 /bin/bash; nl /etc/group; tac /etc/group; comm <(seq 3) <(seq 2 4)
split -b 100 /etc/passwd /tmp/x; cat /tmp/x?? | cmp - /etc/passwd && echo same
mktemp -u /tmp/XXX | wc -c; truncate -s 1G /tmp/sparse; stat -c '%s %b' /tmp/sparse
dd if=/dev/zero bs=1k count=2000 2> /dev/null | sha1sum; env -i /usr/bin/env X=1
it 'findutils, grep, sed, gzip, tar'
find /etc -name '*.conf' | sort | xargs grep -l include; grep -c . /etc/passwd
sed -E 's/(root):x/\1/' /etc/passwd | head -1; gzip -c /bin/bash | gunzip | cmp - /bin/bash
tar cf - -C / etc 2> /dev/null | tar tf - | wc -l
it 'mawk'
awk 'BEGIN { x = 0; for (i = 0; i < 100000; i++) x += i; print x; printf "%.3f\n", exp(1) }'
it 'python'
python3 -c 'print(sum(range(1000)), 2 ** 200, [x * x for x in range(5)])'
python3 -c 'import sys, os; print(sys.version_info[:3], os.uname()[4], sys.maxsize)'
python3 -c 'import re, struct; print(re.findall(r"\d+", "a1b22"), struct.pack("<I", 258))'
python3 -c 'import math; print(math.pi, math.factorial(30))'
python3 -c 'raise ValueError("x")' 2>&1; echo $?
it 'python: processes and threads'
python3 - <<'END'
import os, signal, subprocess, sys, threading, time
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, b'from the child')
    os._exit(3)
print(os.read(r, 100), os.waitstatus_to_exitcode(os.wait()[1]))
total, lock = 0, threading.Lock()
def add():
    global total
    for _ in range(1000):
        with lock:
            total += 1
threads = [threading.Thread(target=add) for _ in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(total)
signal.signal(signal.SIGALRM, lambda *a: print('alarm'))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
print(subprocess.run(['echo', 'sub'], stdout=subprocess.PIPE).stdout)
print(subprocess.run(['sh', '-c', 'kill -11 $$']).returncode)
END
it 'python: files'
python3 - <<'END'
import os, stat
os.makedirs('/tmp/p/q', exist_ok=True)
with open('/tmp/p/f', 'w+b') as f:
    f.write(b'x' * 100000); f.seek(50000); f.write(b'y'); f.truncate(60000)
s = os.stat('/tmp/p/f')
print(s.st_size, oct(s.st_mode), s.st_nlink, sorted(os.listdir('/tmp/p')))
for call in (lambda: os.rmdir('/tmp/p'), lambda: os.open('/none', 0),
             lambda: os.mkdir('/tmp/p'), lambda: os.listdir('/tmp/p/f'),
             lambda: os.readlink('/tmp/p/f'), lambda: os.rename('/none', '/x'),
             lambda: os.open('/tmp/p/f/x', 0), lambda: os.close(999),
             lambda: os.link('/tmp/p', '/tmp/z'), lambda: os.chdir('/tmp/p/f')):
    try:
        print(call())
    except OSError as error:
        print(error.errno, error.strerror)
END
it 'many libraries'
for p in /usr/bin/*; do [ -L "$p" ] || ldd "$p" 2> /dev/null; done |
	sed -e '/linux-gate/d' -e 's/(0x.*//' | sort | uniq -c | sort -rn | head -5
it 'procps: free'
free | shape
it 'procps: ps'
ps -o pid,comm -p 1 | shape; ps aux | head -1
it 'procps: vmstat #'
vmstat
it 'procps: top #'
top -b -n1 | head -5
it 'procps: pmap'
pmap $$ | awk 'NR > 1 && !/total|\[ anon|stack|vdso|vvar/ { print $2, $3, $4 }'
it 'util-linux'
mkdir /mnt; mount -t tmpfs none /mnt
findmnt -n -o FSTYPE /mnt; umount /mnt; echo $?; getopt ab: -a -b x y
it 'limits'
(ulimit -v 20000; python3 -c 'x = bytearray(100 << 20)' 2>&1 | tail -1)
(ulimit -n 10; bash -c 'exec 20< /etc/passwd' 2>&1 | sed 's/^.*: //'); ulimit -s
it 'the end'
