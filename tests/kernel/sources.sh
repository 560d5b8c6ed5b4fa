#!/bin/bash
# Lays out Linux 6.12 and 6.1 from Debian's packages, and a default configuration for each architecture, in the folder $1.
# What is there already stays.
set -eu
folder=$1
mkdir -p "$folder/config"
folder=$(cd "$folder" && pwd)

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
# The last two are what objtool and certificates need, which x86 builds before anything else.
packages=(flex bison bc gcc make clang lld llvm libelf-dev libssl-dev)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${packages[@]}" >/dev/null
fi

for version in 6.12 6.1; do
    [ -d "$folder/linux-source-$version" ] && continue
    scratch=$(mktemp -d)
    (cd "$scratch" && apt-get -o APT::Sandbox::User=root download -qq "linux-source-$version" && dpkg-deb -x linux-source-*.deb .)
    tar -C "$folder" -xf "$scratch"/usr/src/linux-source-*.tar.xz
    rm -rf "$scratch"
done

# NAME ARCH TARGET
while read -r name arch target; do
    [ -f "$folder/config/$name" ] && continue
    make -s -C "$folder/linux-source-6.12" O="$folder/out" ARCH="$arch" "$target" >"$folder/make.log" 2>&1 ||
        { tail -5 "$folder/make.log"; exit 1; }
    mv "$folder/out/.config" "$folder/config/$name"
done <<'CONFIGURATIONS'
x86_64 x86_64 x86_64_defconfig
x86_32 i386 i386_defconfig
arm64 arm64 defconfig
riscv64 riscv defconfig
riscv32 riscv rv32_defconfig
s390 s390 defconfig
arm arm multi_v7_defconfig
powerpc-book3s64 powerpc ppc64le_defconfig
powerpc-book3s32 powerpc pmac32_defconfig
nios2 nios2 10m50_defconfig
loongarch loongarch loongson3_defconfig
mips64 mips 64r6el_defconfig
sparc64 sparc64 sparc64_defconfig
sparc32 sparc sparc32_defconfig
parisc64 parisc64 generic-64bit_defconfig
openrisc openrisc or1ksim_defconfig
CONFIGURATIONS
