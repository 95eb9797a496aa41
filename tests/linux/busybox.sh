#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A session in busybox, for Linux and Atlas: what follows each "@@" line has to
# be the same on both, but behind " #", where it only has to be something.

it() {
	echo "@@ $*"
}

# Numbers to N, runs of blanks to one: what depends on the machine goes.
shape() {
	sed -e 's/[0-9][0-9]*/N/g' -e 's/[ 	][ 	]*/ /g'
}

cd /
it 'ls of a directory'
mkdir /tmp/d && cd /tmp/d
echo one > a; echo two > b; mkdir c; ln -s a link; ln a hard
ls -F
it 'ls -l of it'
touch -d '2001-02-03 04:05:06' a b c; chmod 640 b; chmod 1777 c
ls -ln a b hard | awk '{ print $1, $2, $3, $4, $5, $NF }'
ls -ld c | awk '{ print $1, $2 }'; readlink link; date -r a -u
cd /
it 'ls -l / | wc #'
ls -l / | wc
it 'permissions, as nobody'
echo secret > /tmp/secret; chmod 600 /tmp/secret
su -s /bin/sh nobody -c 'cat /tmp/secret; id -u; touch /tmp/d/x; echo $?' 2>&1
it 'pipes and redirections'
seq 1 1000 | grep 7 | sort -rn | head -3 | tr '\n' ' '; echo
(echo out; echo err >&2) 2>&1 | sort
cat <<END | tr a-z A-Z
here document
END
it 'a long pipe'
seq 1 20000 | cat | cat | md5sum
it 'what the archive made'
stat -c '%n %a' / /tmp /dev /proc /etc /bin; stat -c '%n %Y' /etc /bin /etc/passwd
find /etc -newer /etc/passwd
it 'exit codes and signals'
false; echo $?; sh -c 'exit 7'; echo $?; sh -c 'kill -9 $$'; echo $?
sh -c 'kill -SEGV $$'; echo $?; sh -c 'trap "echo got it" USR1; kill -USR1 $$'
sleep 100 & kill $!; wait $!; echo $?
it 'what cannot be run'
nonesuch; echo $?; /tmp/d; echo $?; echo '#!/nonesuch' > /tmp/s; chmod 755 /tmp/s
/tmp/s; echo $?; : > /tmp/e; chmod 755 /tmp/e; /tmp/e; echo $?
it 'scripts with #!'
printf '#!/bin/cat\nhello\n' > /tmp/s; /tmp/s
printf '#!/bin/echo a b\n' > /tmp/s; /tmp/s c d
it 'dd'
dd if=/dev/zero of=/tmp/zeros bs=4096 count=300 2>&1 | head -2
md5sum < /tmp/zeros; ls -l /tmp/zeros | awk '{ print $5 }'
echo middle | dd of=/tmp/zeros bs=1 seek=5000 conv=notrunc 2> /dev/null
md5sum < /tmp/zeros; dd if=/tmp/zeros bs=1 skip=5000 count=6 2> /dev/null
truncate -s 5003 /tmp/zeros; md5sum < /tmp/zeros
it 'devices'
head -c 5 /dev/zero | od -c | head -1; echo x > /dev/null; echo $?
echo x 2>&1 > /dev/full; echo $?; head -c 16 /dev/urandom | wc -c
ls -l /dev/null /dev/zero /dev/full /dev/urandom /dev/random |
	awk '{ print $1, $5, $6, $NF }'
it 'find'
mkdir -p /tmp/f/a/b /tmp/f/c; touch /tmp/f/a/1 /tmp/f/a/b/2 /tmp/f/c/3
find /tmp/f | sort; find /tmp/f -type d | wc -l; find /tmp/f -name '[12]' | sort
find /tmp/f -name 3 -exec echo found {} \;; rm -r /tmp/f; ls /tmp/f 2>&1
it 'mv, cp, rm, rmdir'
mkdir /tmp/g; cp /bin/busybox /tmp/g/b1; mv /tmp/g/b1 /tmp/g/b2
cmp /bin/busybox /tmp/g/b2 && echo same; rmdir /tmp/g 2>&1; rm -r /tmp/g; ls /tmp/g 2>&1
mkdir /tmp/h /tmp/h/i; mv /tmp/h /tmp/h/i 2>&1; rm -rf /tmp/h
it 'awk'
awk 'BEGIN { for (i = 1; i < 11; i++) s += i * i; print s, s / 7, int(s / 7), s % 7 }'
seq 1 100 | awk '{ n[$1 % 7] += $1 } END { for (i = 0; i < 7; i++) print n[i] }'
it 'md5sum and others'
md5sum /bin/busybox | cut -c 1-32 | wc -c; sha256sum < /etc/passwd; sha1sum < /etc/group
seq 1 5000 | gzip | gunzip | md5sum; seq 1 5000 | bzip2 | bunzip2 | md5sum
tar cf - /etc/passwd /etc/group 2> /dev/null | tar tf -
it 'sed, sort, uniq, cut, tr, xargs'
seq 1 30 | sed -n '/3/p' | sort | uniq -c | awk '{ print $1 $2 }' | xargs echo
echo a:b:c | cut -d: -f2; echo hello | rev; expr 6 \* 7; seq 1 9 | xargs -n 3
it 'vi, by a script'
printf 'first\nsecond\n' > /tmp/v
(printf 'ddp:%%s/first/FIRST/\nGoadded\033'; sleep 1; printf ':wq\n') |
	vi /tmp/v > /dev/null 2>&1
cat /tmp/v
it 'the shell'
f() { local x=$1; [ "$x" -le 1 ] && echo 1 || echo $((x * $(f $((x - 1))))); }
f 7; x='a b'; set -- $x; echo $# ${x#a } ${x%b}; case abc in a*c) echo yes;; esac
for i in 1 2 3; do echo $i; done | while read n; do echo "<$n>"; done
echo $(( (1 << 31) - 1 )) "$(echo sub)" `echo old`; umask; umask 027; umask
it 'the environment'
env -i A=1 B=2 env; HOME=/x sh -c 'echo $HOME'; cd /tmp; pwd; cd - > /dev/null; pwd
it 'process groups and background'
sleep 1 & jobs | wc -l; wait; echo done
(sleep 0.1; echo later) & wait; sh -c 'echo $PPID' | grep -c .
it 'time-outs'
timeout 1 sleep 100; echo $?; usleep 1000; echo $?
it '/proc/self/maps'
sed -e 's/^[0-9a-f-]* //' /proc/self/maps | awk '{ print $1, $2, $5 }' |
	grep -v -e vvar -e vdso | uniq
it '/proc/meminfo'
grep -E '^(MemTotal|MemFree|MemAvailable|Cached|Buffers|SwapTotal|Committed_AS):' \
	/proc/meminfo | shape
it '/proc/self/status'
grep -E '^(Name|State|Tgid|PPid|Uid|Gid|VmSize|VmRSS|VmPeak|Threads):' \
	/proc/self/status | shape
it 'the formats of /proc'
for f in stat statm cmdline limits; do cat /proc/self/$f | wc -l; done
wc -w < /proc/self/stat; wc -w < /proc/self/statm; cut -d' ' -f 4 /proc/loadavg | shape
cat /proc/uptime | shape; tr '\0' ' ' < /proc/self/cmdline; echo
readlink /proc/self/exe; readlink /proc/self/cwd; ls /proc/self/fd | wc -l
it 'free'
free | shape
it 'top #'
top -b -n1 | head -4
it 'ps'
ps | head -1; ps | grep -c '[i]nit'
it 'mount and df'
mkdir -p /tmp/m; mount -t tmpfs none /tmp/m; echo x > /tmp/m/x
grep -c ' /tmp/m tmpfs ' /proc/mounts; df /tmp/m | wc -l; umount /tmp/m; ls /tmp/m
umount /tmp/m 2>&1 | sed 's/^.*: //'
it 'mount #'
mount
it 'shared memory'
echo shared > /dev/shm/x; cat /dev/shm/x; rm /dev/shm/x
it 'uname'
uname -s; uname -m
it 'large files in memory'
dd if=/dev/zero of=/tmp/big bs=1M count=64 2> /dev/null; ls -l /tmp/big | awk '{ print $5 }'
md5sum < /tmp/big; rm /tmp/big
it 'many processes'
i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i + 1)); done; echo $i
it 'the end'
