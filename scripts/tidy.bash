#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Runs clang-tidy over one unit, unless it passed when everything it reads, comments included, was the same.
#
# usage: tidy.bash ROOT STAMPS UNIT

set -euo pipefail

root=$1 stamps=$2 unit=$3
options=(-std=c++20 "-I$root/include" "-I$root/lib" -DSTILL_CHECK_LEVEL=2)

read -r key _ < <({
    clang-tidy-19 --version
    cat "$root/.clang-tidy" "$0"
    clang++-19 "${options[@]}" -E -C "$unit"
} | sha256sum)
[[ ! -f $stamps/$key ]] || exit 0

# Findings go to standard output; standard error has a count of those in others' headers.
if ! clang-tidy-19 --quiet "--config-file=$root/.clang-tidy" "$unit" -- "${options[@]}" 2>"$stamps/$key.log"; then
    grep -v 'warnings\? .*generated\|^Suppressed\|^Use -header-filter' "$stamps/$key.log" >&2 || true
    exit 1
fi
rm -f "$stamps/$key.log"
: >"$stamps/$key"
