# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
#
# The builds by name, how each is configured, and how one is compiled.

# shellcheck disable=SC2034 # read by ./dev
build_names=(demo debug address thread bench)

# What one checkout compiled, another finds again: paths count from the root of the tree.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
# Where there is no home, the cache lives beside the builds.
[[ -w ${HOME:-/} ]] || export CCACHE_DIR=${CCACHE_DIR:-$build/ccache}

# What stacks need, and no more: describing every variable takes as long as compiling.
lines_only=-g1

# All test files are compiled each time: six as one take a third of the time (tests/together.py).
together=-Dtest_files_together=6

# sanitized SANITIZERS: what both sanitizer builds share. Unoptimised, because instrumented templates take
# three times as long to optimise as the tests take longer to run; frame pointers keep stacks readable;
# undefined behaviour ends the program, else a test would pass over it.
sanitized()
{
    printf '%s\n' -Ddebug=true -Doptimization=0 "$together" "-Db_sanitize=$1" -Db_lundef=false \
        "-Dcpp_args=$lines_only -fno-omit-frame-pointer -fno-sanitize-recover=all"
}

# build_options NAME: Meson's options, one a line.
build_options()
{
    case $1 in
    demo) printf '%s\n' -Dbuildtype=release -Dtests=false ;;
    # Unoptimised: it compiles in a third of the time. What optimisers get wrong has tests of its own.
    debug) printf '%s\n' -Ddebug=true -Doptimization=0 "$together" "-Dcpp_args=$lines_only" -Dcheck_level=1 ;;
    address) sanitized address,undefined && printf '%s\n' -Dcheck_level=2 ;;
    thread) sanitized thread && printf '%s\n' -Dcheck_level=1 ;;
    bench) printf '%s\n' -Dbuildtype=release -Dtests=false -Dexamples=false -Dbenchmarks=true ;;
    esac
}

build_compiler()
{
    case $1 in
    address | thread) echo 'ccache clang++-19' ;;
    *) echo 'ccache g++' ;;
    esac
}

# configure NAME: does nothing when the build directory was configured in this way before.
# (Ninja itself configures again when a meson.build changes.)
configure()
{
    local directory=$build/$1 options compiler wanted
    mapfile -t options < <(build_options "$1")
    compiler=$(build_compiler "$1")
    wanted=$(printf '%s\n' "$root" "$compiler" "${options[@]}")
    if [[ -f $directory/build.ninja && -f $directory/configured && $(<"$directory/configured") == "$wanted" ]]; then
        return 0
    fi
    say "configuring $directory"
    rm -rf -- "$directory"
    mkdir -p -- "$directory"
    if ! CXX=$compiler meson setup "${options[@]}" "$directory" "$root" </dev/null >"$directory/setup.log" 2>&1; then
        cat "$directory/setup.log" >&2
        return 1
    fi
    printf '%s\n' "$wanted" >"$directory/configured"
}

# compile NAME [TARGET...]: Ninja's progress on a terminal, only what compilers say elsewhere.
compile()
{
    local quiet=()
    [[ -t 1 ]] || quiet=(--quiet)
    ninja -C "$build/$1" -j "$(nproc)" "${quiet[@]}" "${@:2}" </dev/null
}
