# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
#
# What machine this is, and what it has installed.

# `a|b>=1`: a where this release of Debian has it, else b; what is installed already must be that new.
# shellcheck disable=SC2034 # read by ./dev
build_packages=(g++ ccache meson ninja-build pkg-config 'libboost1.81-dev|libboost-dev>=1.81'
    libjemalloc-dev libxxhash-dev libfmt-dev libcli11-dev)
# shellcheck disable=SC2034 # read by ./dev
test_packages=(libgtest-dev librapidcheck-dev libtbb-dev liblua5.4-dev cmake gdb shellcheck doxygen
    clang-19 libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19)
# shellcheck disable=SC2034 # read by ./dev
bench_packages=(libbenchmark-dev libabsl-dev libtbb-dev)
# What rivals in other languages need; without it the report says that they are missing.
# shellcheck disable=SC2034 # read by ./dev
rival_packages=('ocaml-nox|ocaml')

say() { printf 'dev: %s\n' "$*"; }

# fail STATUS SENTENCE
fail()
{
    printf 'dev: %s\n' "$2" >&2
    exit "$1"
}

# refuse_arguments VERB [ARGUMENT...]
refuse_arguments()
{
    [[ $# -le 1 ]] || fail 2 "./dev $1 doesn't know the argument '$2' (./dev lists the verbs)"
}

# release_field NAME FILE: the value, without quotes.
release_field() { sed -n "s/^$1=//p" "$2" | tr -d "\"'"; }

# Effect: ends with status 2 and one sentence where Still can't be built.
require_system()
{
    local needs='Still needs Debian 12 or later on x86-64 or arm64 Linux'
    local kernel machine id='' version=''
    kernel=$(uname -s)
    machine=$(uname -m)
    [[ $kernel == Linux ]] || fail 2 "$needs; this is $kernel."
    case $machine in
    x86_64 | aarch64) ;;
    *) fail 2 "$needs; this machine is $machine." ;;
    esac
    local release=${STILL_OS_RELEASE:-/etc/os-release}
    if [[ -r $release ]]; then
        id=$(release_field ID "$release")
        version=$(release_field VERSION_ID "$release")
    fi
    # Debian's testing release has no number.
    if [[ $id != debian ]] || { [[ -n $version ]] && ((${version%%.*} < 12)); }; then
        fail 2 "$needs; this is ${id:-an unknown system}${version:+ $version} (with the packages of scripts/system.bash at hand, Meson builds it elsewhere too)."
    fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail 2 "$needs, with apt and dpkg; they are missing here."
    fi
}

# has_package NAME[>=VERSION]: true when installed.
has_package()
{
    local name=${1%%>=*} least=
    [[ $1 == "$name" ]] || least=${1#*>=}
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || return 1
    [[ -z $least ]] || dpkg --compare-versions "$(dpkg-query -W -f='${Version}' "$name")" ge "$least"
}

# as_root COMMAND...
as_root()
{
    if ((EUID == 0)); then
        "$@"
    elif [[ -t 0 ]]; then
        sudo -- "$@"
    else
        # Nobody is there to type a password.
        sudo -n -- "$@"
    fi
}

# require_packages NAME...: installs those that are missing, and says which.
require_packages()
{
    local wanted name missing=()
    for wanted in "$@"; do
        for name in ${wanted//|/ }; do
            has_package "$name" && continue 2
        done
        missing+=("$wanted")
    done
    ((${#missing[@]} > 0)) || return 0

    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        fail 1 "these Debian packages are missing, and neither root nor sudo is at hand to install them: ${missing[*]}"
    fi
    say "updating the package lists"
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null ||
        fail 1 "apt-get update failed; to install by hand: ${missing[*]}"
    local chosen=()
    for wanted in "${missing[@]}"; do
        for name in ${wanted//|/ }; do
            name=${name%%>=*}
            apt-cache show "$name" >/dev/null 2>&1 && break
        done
        chosen+=("$name")
    done
    say "installing: ${chosen[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "${chosen[@]}" </dev/null >/dev/null ||
        fail 1 "apt-get could not install: ${chosen[*]}"
}
