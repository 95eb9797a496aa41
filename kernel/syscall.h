// SPDX-License-Identifier: MIT
/*
 * syscall - the table of Linux's i386 system calls.
 *
 * A call is `long sys_name(struct trap_frame *frame)`: arguments are in
 * frame->ebx, ecx, edx, esi, edi, ebp; the return value, or -Exxx, goes to eax.
 *
 * Context: the calling thread, interrupts on, may sleep.
 */
#pragma once

#include "x86/trap.h"

/* number, name: every call that exists; syscall.c makes the table of it. */
#define SYSCALLS(X)							\
	X(0, restart_syscall) X(1, exit) X(2, fork) X(3, read)		\
	X(4, write) X(5, open) X(6, close) X(7, waitpid) X(13, time)	\
	X(11, execve)							\
	X(19, lseek) X(20, getpid) X(24, getuid) X(29, pause)		\
	X(23, setuid)							\
	X(33, access) X(37, kill) X(41, dup) X(42, pipe) X(45, brk)	\
	X(46, setgid)							\
	X(47, getgid) X(48, signal) X(49, geteuid) X(50, getegid)	\
	X(54, ioctl) X(55, fcntl) X(57, setpgid) X(60, umask) X(63, dup2) \
	X(64, getppid) X(65, getpgrp) X(66, setsid) X(67, sigaction)	\
	X(70, setreuid)							\
	X(71, setregid)							\
	X(72, sigsuspend) X(73, sigpending) X(75, setrlimit)		\
	X(76, getrlimit)						\
	X(77, getrusage) X(78, gettimeofday) X(85, readlink)		\
	X(80, getgroups)						\
	X(81, setgroups)						\
	X(90, mmap) X(91, munmap) X(114, wait4) X(116, sysinfo)		\
	X(119, sigreturn) X(120, clone) X(122, uname) X(125, mprotect)	\
	X(126, sigprocmask) X(132, getpgid) X(140, _llseek)		\
	X(138, setfsuid)						\
	X(139, setfsgid)						\
	X(142, _newselect) X(144, msync)				\
	X(145, readv) X(146, writev) X(147, getsid)			\
	X(150, mlock) X(151, munlock)					\
	X(152, mlockall) X(153, munlockall) X(158, sched_yield)		\
	X(162, nanosleep) X(163, mremap) X(168, poll)			\
	X(170, setresgid)						\
	X(171, getresgid)						\
	X(164, setresuid)						\
	X(165, getresuid)						\
	X(173, rt_sigreturn) X(174, rt_sigaction)			\
	X(175, rt_sigprocmask) X(176, rt_sigpending)			\
	X(177, rt_sigtimedwait) X(179, rt_sigsuspend) X(183, getcwd)	\
	X(178, rt_sigqueueinfo)						\
	X(186, sigaltstack) X(190, vfork) X(191, ugetrlimit)		\
	X(192, mmap2) X(195, stat64) X(196, lstat64) X(197, fstat64)	\
	X(199, getuid32) X(200, getgid32) X(201, geteuid32)		\
	X(202, getegid32) X(218, mincore)				\
	X(203, setreuid32)						\
	X(204, setregid32)						\
	X(205, getgroups32)						\
	X(206, setgroups32)						\
	X(208, setresuid32)						\
	X(209, getresuid32)						\
	X(210, setresgid32)						\
	X(211, getresgid32)						\
	X(213, setuid32)						\
	X(214, setgid32)						\
	X(215, setfsuid32)						\
	X(216, setfsgid32)						\
	X(219, madvise) X(221, fcntl64)					\
	X(224, gettid) X(238, tkill)					\
	X(240, futex)							\
	X(243, set_thread_area) X(244, get_thread_area)			\
	X(252, exit_group) X(258, set_tid_address)			\
	X(265, clock_gettime) X(266, clock_getres)			\
	X(267, clock_nanosleep) X(270, tgkill) X(295, openat)		\
	X(284, waitid)							\
	X(305, readlinkat) X(307, faccessat) X(308, pselect6)		\
	X(309, ppoll) X(311, set_robust_list) X(330, dup3) X(331, pipe2) \
	X(312, get_robust_list)						\
	X(335, rt_tgsigqueueinfo)					\
	X(340, prlimit64) X(355, getrandom) X(376, mlock2) X(383, statx)\
	X(358, execveat)						\
	X(403, clock_gettime64) X(406, clock_getres_time64)		\
	X(407, clock_nanosleep_time64) X(413, pselect6_time64)		\
	X(414, ppoll_time64)						\
	X(421, rt_sigtimedwait_time64)					\
	X(422, futex_time64)						\
	X(435, clone3)

#define X(number, name) long sys_##name(struct trap_frame *frame);
SYSCALLS(X)
#undef X
