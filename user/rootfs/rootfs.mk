# SPDX-License-Identifier: MIT
#
# Userlands of Debian for i386 as initramfs, and Linux itself: packages come
# through tools/debian, images are made by tools/initramfs.
#
#   build/rootfs/busybox.cpio	one static program with 270 names
#   build/rootfs/debian.cpio	bash, coreutils, python3: dynamically linked
#   build/i386/vmlinuz		Debian's linux-image-686, which knows no PAE
#
# user/rootfs/all lies over both, user/rootfs/debian over the second.
# MAP: packages - images.

DEBIAN_PACKAGES := usr-is-merged bash coreutils dash diffutils findutils grep \
	gzip libc-bin mawk mount ncurses-base procps python3-minimal sed \
	util-linux
# Read by people, or by packages that are not there.
DEBIAN_WITHOUT := boot usr/games usr/include usr/share/bash-completion \
	usr/share/bug usr/share/debconf usr/share/doc usr/share/doc-base \
	usr/share/info usr/share/lintian usr/share/locale usr/share/man \
	usr/share/perl5 usr/share/polkit-1 usr/src var/cache \
	usr/lib/i386-linux-gnu/gconv

BUSYBOX	:= build/i386/busybox/bin/busybox
VMLINUZ	:= build/i386/vmlinuz
ROOTFS	:= build/rootfs/busybox.cpio build/rootfs/debian.cpio

$(BUSYBOX): tools/debian
	$(call say,DEBIAN)
	$(Q)tools/debian build/i386/busybox busybox-static && touch $@

$(VMLINUZ): tools/debian
	$(call say,DEBIAN)
	$(Q)tools/debian --alone build/i386/linux linux-image-686
	$(Q)cp build/i386/linux/boot/vmlinuz-* $@ && rm -rf build/i386/linux

# What the packages' own scripts would do: the cache of ld.so.
build/i386/debian.unpacked: tools/debian user/rootfs/rootfs.mk \
		$(wildcard user/rootfs/debian/etc/*)
	$(call say,DEBIAN)
	$(Q)tools/debian build/i386/debian $(DEBIAN_PACKAGES)
	$(Q)cp user/rootfs/debian/etc/ld.so.conf build/i386/debian/etc/
	$(Q)/sbin/ldconfig -X -r build/i386/debian
	$(Q)touch $@

ROOTFS_FILES := tools/initramfs user/rootfs/rootfs.mk \
	$(shell find user/rootfs -type f)

# What tools/initramfs makes each of; the tests add a script to that.
RECIPE_busybox	:= --busybox $(BUSYBOX) user/rootfs/all
RECIPE_debian	:= $(DEBIAN_WITHOUT:%=--without %) build/i386/debian \
	bin/busybox=$(BUSYBOX) user/rootfs/all user/rootfs/debian

build/rootfs/busybox.cpio: $(BUSYBOX)
build/rootfs/debian.cpio: build/i386/debian.unpacked $(BUSYBOX)
$(ROOTFS): build/rootfs/%.cpio: $(ROOTFS_FILES)
	$(call say,CPIO)
	$(Q)mkdir -p $(@D)
	$(Q)tools/initramfs $@ $(RECIPE_$*)

recipe-busybox recipe-debian: recipe-%:
	@echo '$(RECIPE_$*)'

build/rootfs/%.cpio.gz: build/rootfs/%.cpio
	$(call say,GZIP)
	$(Q)gzip -9 -n -c $< > $@

rootfs: $(ROOTFS) ## fetch Debian's programs for i386 and make file systems of them
.PHONY: rootfs recipe-busybox recipe-debian
