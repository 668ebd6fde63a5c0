# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
#
# The checks that `./dev test` is made of, and the tally of their cases.

passed=0
failed=0
failures=()

start_tally()
{
    passed=0
    failed=0
    failures=()
    SECONDS=0
}

# finish_tally: lists what failed; the last line is the sum of all cases in all builds.
finish_tally()
{
    ((passed + failed > 0)) || failures+=("no test was found") failed=1
    local line
    for line in "${failures[@]}"; do
        printf 'FAILED %s\n' "$line"
    done
    say "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

# check NAME FUNCTION: a check that counts as one case.
check()
{
    local start=$SECONDS
    printf '== %s\n' "$1"
    if "$2"; then
        ((passed += 1))
        printf '   passed (%d s)\n' $((SECONDS - start))
    else
        ((failed += 1))
        failures+=("$1")
        printf '   FAILED (%d s)\n' $((SECONDS - start))
    fi
}

# check_build NAME: configures, compiles and tests one build. A step that fails is a failed case.
check_build()
{
    local name=$1 directory=$build/$1 start=$SECONDS built=0 kind line
    printf '== %s: build\n' "$name"
    if ! configure "$name" || ! compile "$name"; then
        ((failed += 1))
        failures+=("$name: the build")
        printf '   FAILED (%d s)\n' $((SECONDS - start))
        return 0
    fi
    built=$SECONDS
    printf '   built (%d s)\n== %s: tests\n' $((built - start)) "$name"

    # GoogleTest's reports of an earlier run would be taken for this one's if a program crashed.
    rm -f -- "$directory"/*.xml "$directory"/meson-logs/testlog*
    local status=0
    test_environment meson test -C "$directory" --no-rebuild --print-errorlogs \
        --timeout-multiplier "$(timeout_multiplier "$name")" </dev/null || status=$?

    local build_passed=0 build_failed=0 build_skipped=0
    while read -r kind line; do
        case $kind in
        passed) build_passed=$line ;;
        failed) build_failed=$line ;;
        skipped) build_skipped=$line ;;
        case) failures+=("$name: $line") ;;
        esac
    done < <(python3 "$root/scripts/tally.py" "$directory" "$status")
    # A tally that said nothing has failed itself.
    if ((build_passed + build_failed == 0)); then
        build_failed=1
        failures+=("$name: no test was found")
    fi
    ((passed += build_passed, failed += build_failed)) || true
    printf '   %d passed, %d failed, %d skipped (%d s)\n' \
        "$build_passed" "$build_failed" "$build_skipped" $((SECONDS - built))
}

# The sanitizers' exit statuses differ from GoogleTest's 1, so that a leak found after the last test
# isn't mistaken for a failed test that was counted already.
test_environment()
{
    local symbolizer=/usr/bin/llvm-symbolizer-19
    ASAN_OPTIONS="exitcode=86:strict_string_checks=1:external_symbolizer_path=$symbolizer" \
        UBSAN_OPTIONS="exitcode=87:print_stacktrace=1:external_symbolizer_path=$symbolizer" \
        TSAN_OPTIONS="exitcode=88:second_deadlock_stack=1:external_symbolizer_path=$symbolizer" \
        "$@"
}

timeout_multiplier()
{
    case $1 in
    address) echo 3 ;;
    thread) echo 5 ;;
    *) echo 1 ;;
    esac
}

# The project's C++ sources, each ended by a null byte. Sorted, so that stamps are the same each time.
sources()
{
    local rooms=() room
    for room in include lib adapters examples tests benchmarks; do
        [[ ! -d $root/$room ]] || rooms+=("$root/$room")
    done
    find "${rooms[@]}" -type f \( -name '*.hpp' -o -name '*.cpp' \) -print0 | sort -z
}

# The build that users get: optimised, where compilers see more and assertions see less.
check_demo() { configure demo && compile demo; }

# Written into build/docs; what Doxygen warns of is a fault, and a public function without documentation.
check_docs()
{
    rm -rf -- "$build/docs/xml"
    mkdir -p -- "$build/docs" && (cd "$root" && STILL_DOCS=$build/docs doxygen docs/Doxyfile) &&
        python3 "$root/scripts/undocumented.py" "$root/include" "$build/docs/xml"
}

check_format() { sources | xargs -0 -r -n 16 -P "$(nproc)" clang-format-19 --dry-run -Werror; }
apply_format() { sources | xargs -0 -r -n 16 -P "$(nproc)" clang-format-19 -i; }

# Sourced files are read, and reported, in the place that sources them.
check_shell() { (cd "$root" && shellcheck --external-sources --check-sourced dev .ci/run scripts/tidy.bash); }

# check_mutants [OPTION...]: plants faults in copies of headers and sources; the tests of the debug build must catch each.
check_mutants()
{
    configure debug && compile debug && python3 "$root/tests/mutants/mutants.py" "$@" "$build/mutants" "$build/debug"
}

# Runs clang-tidy over the library and one unit that includes every public header.
check_tidy()
{
    local directory=$build/tidy
    mkdir -p -- "$directory"
    (cd "$root/include" && find still -name '*.hpp' | sort | sed 's/.*/#include "&"/') >"$directory/all_headers.cpp"
    {
        printf '%s\0' "$directory/all_headers.cpp"
        find "$root/lib" -type f -name '*.cpp' -print0 | sort -z
    } | xargs -0 -n 1 -P "$(nproc)" "$root/scripts/tidy.bash" "$root" "$directory"
}
