# SPDX-License-Identifier: MIT
#
# Atlas is built by this one Makefile; nothing here calls make again.
#
#   make                       build/atlas.elf, the debug kernel, and the tour
#   make RELEASE=1             build/release/atlas.elf
#   make run               a shell in Debian's busybox
#   make run INIT=build/rootfs/debian.cpio   in its bash, with python3
#   make run INIT=a.out ARGS="1 2"
#                              any static ELF for Linux i386 as process 1
#   make test T=buddy          the tests whose name has "buddy" in it
#   make V=1                   shows the commands
#   make CROSS_COMPILE=i686-elf-     or x86_64-elf-: another toolchain
#
# Objects live in build/debug and build/release.  build/<variant>/flags holds
# the command line that made them: when it changes, they are all made anew.
# MAP: tools installed by tools/doctor - kernel - user programs - run - test.

VARIANT		:= $(if $(RELEASE),release,debug)
CROSS_COMPILE	?= i686-linux-gnu-
CC		:= $(CROSS_COMPILE)gcc
NM		:= $(CROSS_COMPILE)nm
HOSTCC		?= gcc
QEMU		?= qemu-system-i386
GDB		?= gdb
MEM		?= 1536
INIT		?= $(if $(filter debug,$(MAKECMDGOALS)),build/user/tour,$\
		   build/rootfs/busybox.cpio)
KERNEL		:= build/$(VARIANT)/atlas.elf
Q		:= $(if $(V),,@)
say		= $(if $(V),,@printf '  %-7s %s\n' $(1) $@)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# ----------------------------------------------------------------- the tools
# Whatever the goal, what it needs is there before the first command runs.

ifneq ($(filter-out help clean doctor,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell CROSS_COMPILE=$(CROSS_COMPILE) tools/doctor --install >&2 || \
	echo missing),)
$(error some tools are missing: see above)
endif
endif

# ---------------------------------------------------------------- the kernel

SRC := $(sort $(foreach dir,boot lib x86 sched drivers mm fs kernel tests,\
	$(wildcard $(dir)/*.c $(dir)/*.S)) $(wildcard tests/bench/*bench*.c))
IN_TEST := $(filter tests/%,$(SRC))

# Arguments go in eax, edx, ecx, so nothing of libgcc can be linked.
CFLAGS := -std=gnu11 -ffreestanding -m32 -march=i686 -mtune=generic \
	-mno-sse -mno-mmx -mno-80387 -mpreferred-stack-boundary=2 -mregparm=3 \
	-freg-struct-return -fno-pic -fno-pie -fno-stack-protector \
	-fno-strict-aliasing -fno-asynchronous-unwind-tables -fno-common \
	-ffunction-sections \
	-Wall -Wextra -Werror -iquote . -g
CFLAGS_debug	:= -Og -DDEBUG -fno-omit-frame-pointer
CFLAGS_release	:= -DNDEBUG

# The release build is small where it may be and fast where it counts: what a
# fault, a fork or a read goes through.  make bench tells when a file belongs
# into FAST, or into INLINE, whose functions gcc may also inline where that makes
# them longer.
INLINE := $(addprefix mm/,mmap.c pgtable.c vma.c)
FAST := $(INLINE) $(addsuffix .c,\
	$(addprefix mm/,highmem kmalloc pagecopy tlb) \
	$(addprefix fs/,file pipe) \
	$(addprefix kernel/,sys_file sys_mm) \
	lib/string \
	$(addprefix sched/,sched switch wait mutex fpu) \
	$(addprefix x86/,trap uaccess)) \
	tests/%
FLAGS_SMALL := -Oz -Wno-maybe-uninitialized $(addprefix -fno-,\
	expensive-optimizations tree-dominator-opts shrink-wrap if-conversion \
	tree-switch-conversion tree-pta tree-fre ipa-sra tree-loop-im \
	tree-loop-ivcanon move-loop-invariants)
FLAGS_FAST := -O2 $(foreach at,functions jumps loops labels,-falign-$(at)=1)
FLAGS_OUTLINE := -fno-inline-functions -fno-ipa-cp-clone
optimize_release = $(if $(filter $(FAST),$(1)),$(FLAGS_FAST) \
	$(if $(filter $(INLINE),$(1)),,$(FLAGS_OUTLINE)),$(FLAGS_SMALL))
LDFLAGS := -m32 -nostdlib -static -no-pie \
	-Wl,--build-id=none,--gc-sections,--no-warn-rwx-segments \
	-Wl,-z,noexecstack,-T,linker.ld

all: $(KERNEL) ## build the kernel (RELEASE=1: the release variant) and the tour

# write FILE TEXT: as a recipe line, renews FILE only if its text changes.
write = @mkdir -p $(dir $(1)); printf '%s\n' '$(2)' | cmp -s - $(1) || \
	printf '%s\n' '$(2)' > $(1)

# The rules of one variant, $(1).
define variant_rules
build/$(1)/%.c.o: %.c build/$(1)/flags
	$$(call say,CC)
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CFLAGS) $(CFLAGS_$(1)) $$(call optimize_$(1),$$<) \
		-MMD -MP -c -o $$@ $$<

build/$(1)/%.S.o: %.S build/$(1)/flags
	$$(call say,AS)
	$(Q)mkdir -p $$(@D)
	$(Q)$(CC) $(CFLAGS) $(CFLAGS_$(1)) -MMD -MP -c -o $$@ $$<

build/$(1)/flags: FORCE
	$$(call write,$$@,$(CC) $(CFLAGS) $(CFLAGS_$(1)) $(FLAGS_FAST) \
		$(FLAGS_OUTLINE) $(FLAGS_SMALL) $(FAST))

build/$(1)/inputs: FORCE
	$$(call write,$$@,$(LDFLAGS) $(SRC))

-include $(SRC:%=build/$(1)/%.d)
endef
$(foreach v,debug release,$(eval $(call variant_rules,$(v))))

# An image, $(1), of a variant, $(2), from the sources $(3).  It carries a table
# of its own symbols for backtraces, which cannot be known before it is linked:
# link with an empty table, then with a table of the right size, then with the
# right addresses; the last two must agree.
define image_rules
$(1): $(3:%=build/$(2)/%.o) build/$(2)/inputs linker.ld \
		tools/symbols.py
	$$(call say,LINK)
	$(Q): > $$@.nm; for pass in 1 2 3; do \
		mv $$@.nm $$@.nm.last && \
		python3 tools/symbols.py < $$@.nm.last > $$@.syms.S && \
		$(CC) $(CFLAGS) -c -o $$@.syms.o $$@.syms.S && \
		$(CC) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) $$@.syms.o && \
		$(NM) -n $$@ > $$@.nm || exit 1; \
	done; \
	cmp $$@.nm $$@.nm.last
	$(Q)grub-file --is-x86-multiboot $$@ || \
		{ echo '$$@: no multiboot header in the first 8 KiB' >&2; false; }
endef

# The release image leaves the in-kernel suites and benchmarks out.  They are
# run against the same objects, linked into an image of their own.
$(eval $(call image_rules,build/debug/atlas.elf,debug,$(SRC)))
$(eval $(call image_rules,build/release/atlas.elf,release,\
	$(filter-out $(IN_TEST),$(SRC))))
$(eval $(call image_rules,build/release/atlas-test.elf,release,$(SRC)))

build/atlas.elf: build/debug/atlas.elf
	$(Q)ln -f $< $@

all: $(if $(filter debug,$(VARIANT)),build/atlas.elf)

image-size: build/release/atlas.elf ## bytes of memory that the release image takes
	@tools/image-size $<

# ---------------------------------------------------------- what runs on it
# Each file adds its targets here:
#   user/user.mk          build/user/tour
#   user/rootfs/rootfs.mk ROOTFS, Debian's programs for i386; VMLINUZ, its Linux
#   tests/guest/guest.mk  GUEST_BINS, the programs that run on Linux and Atlas
#   tests/host/host.mk    HOST_BINS, the units under sanitizers; host-tests
#   tests/loader/loader.mk  LOADER_BINS: strange maps, strange programs
#   tests/bench/bench.mk  build/bench/user
#   tests/fuzz/fuzz.mk    fuzz-host, fuzz-syscalls

-include user/user.mk user/rootfs/rootfs.mk
-include tests/guest/guest.mk tests/host/host.mk
-include tests/loader/loader.mk tests/bench/bench.mk
-include tests/fuzz/fuzz.mk
TOUR	:= $(if $(wildcard user/user.mk),build/user/tour)
all: $(TOUR)

# --------------------------------------------------------------------- run it
# 33 is what isa-debug-exit makes of the kernel's "all went well".

comma	:= ,
MACHINE	:= -m $(MEM) $(if $(CPU),-cpu $(CPU)) -no-reboot \
	-device isa-debug-exit,iobase=0xf4,iosize=0x04
MODULE	= $(if $(INIT),-initrd \
	'$(subst $(comma),$(comma)$(comma),$(strip $(INIT) $(ARGS)))')
CONSOLE	:= -display none -serial mon:stdio

run: $(KERNEL) $(filter $(TOUR) $(ROOTFS),$(INIT)) ## boot it into a shell on this terminal: MEM=1536 INIT=program-or-cpio ARGS="..." APPEND="..." CPU=qemu32 (ctrl-a x ends it)
	@$(QEMU) $(MACHINE) $(CONSOLE) -kernel $(KERNEL) $(MODULE) \
		-append '$(APPEND)'; test $$? -eq 33

iso: build/atlas.iso ## a CD image that boots through GRUB

build/atlas.iso: $(KERNEL) $(TOUR) boot/grub.cfg build/iso.flags
	$(call say,ISO)
	$(Q)rm -rf build/iso && mkdir -p build/iso/boot/grub
	$(Q)cp $(KERNEL) $(TOUR) build/iso/boot/
	$(Q)cp boot/grub.cfg build/iso/boot/grub/
	$(Q)grub-mkrescue -o $@ build/iso > build/iso.log 2>&1 || \
		{ cat build/iso.log >&2; false; }

build/iso.flags: FORCE
	$(call write,$@,$(VARIANT))

run-iso: build/atlas.iso ## boot the CD image on this terminal
	@$(QEMU) $(MACHINE) $(CONSOLE) -cdrom $<; test $$? -eq 33

debug: $(KERNEL) $(filter $(TOUR),$(INIT)) ## stop it at its first instruction, under gdb: type "atlas" there
	@tools/gdb/debug '$(GDB)' $(KERNEL) '$(INIT)' $(QEMU) $(MACHINE) $(MODULE) \
		-append '$(APPEND)'

# ------------------------------------------------------------ test and measure

test: ## run every test, or those that match: T=buddy
test: build/debug/atlas.elf build/release/atlas.elf \
		build/release/atlas-test.elf $(TOUR) build/atlas.iso \
		$(GUEST_BINS) $(HOST_BINS) $(LOADER_BINS) $(BENCH_BINS) \
		build/linux/judge $(GUESTS_ALONE:%=build/guest/%)
	@tests/run $(if $(T),-k '$(T)') --guests '$(GUEST_BINS)' \
		--hosts '$(HOST_BINS)'

FUZZ	?= 20000
FIRST	?= 1
fuzz: build/release/atlas.elf $(RAND_BINS) $(BUSYBOX) $(VMLINUZ) ## random sequences of the mmap family, of files and of executables on Linux and Atlas, an hour or two: FUZZ=20000 FIRST=1
	@for program in $(notdir $(RAND_BINS)); do \
		tests/linux/differential.py $$program --first $(FIRST) \
			--count $(FUZZ) --shrink || status=1; \
	done; exit $$status

bench: build/release/atlas.elf build/release/atlas-test.elf $(BENCH_BINS) $(TOUR) ## count what each operation costs, in guest instructions
	@tests/bench/run

bench-linux: build/release/atlas.elf $(BENCH_BINS) $(VMLINUZ) ## the same program on Debian's Linux for i386 too: both columns, and the ratio
	@tests/bench/run --linux

bench-record: build/release/atlas.elf build/release/atlas-test.elf $(BENCH_BINS) $(TOUR) ## the same, and keep the figures in tests/bench/recorded.json
	@tests/bench/run --record

doctor: ## say which tools are missing, and what would install them
	@CROSS_COMPILE=$(CROSS_COMPILE) tools/doctor

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' \
		$(filter %akefile %.mk,$(MAKEFILE_LIST)) | expand -t 20

FORCE:
.PHONY: all run iso run-iso debug test fuzz bench bench-linux bench-record \
	doctor clean help image-size FORCE
