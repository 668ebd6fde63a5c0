# SPDX-License-Identifier: BSL-1.0
"""Faults planted in the headers and the library, each of which a named test must catch.

usage: mutants.py [--list] [--only NAME]... SCRATCH_DIRECTORY [BUILD_DIRECTORY]

Each mutant is one replacement in one header, or in one source file of the library. Its test's
translation unit is compiled against the changed header, or linked with the changed library, and the named test must
fail: a crash counts, and so does running on without end; not compiling doesn't. The same tests must pass against the
headers as they are. A replacement whose text doesn't stand exactly once in its header is an error, so that no fault
is forgotten when the code moves on. One case a mutant, in the Test Anything Protocol.

BUILD_DIRECTORY is one of Meson's, compiled: a mutant compiles one file as that build did, and takes all else from it.
Without it, only that the replacements fit is checked.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import typing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import tap


class Mutant(typing.NamedTuple):
    name: str
    header: str  # below include/still; or a source file, lib/...
    before: str
    after: str
    unit: str  # below tests/tree, or with a folder below tests
    test: str  # the case that catches it


EXHAUSTIVE = "exhaustive_test.cpp"
PAGE_RUNS = "radix/run_test.cpp"
REGION_NAMES = "heap/region_names_test.cpp"
REGION_OWNERS = "heap/region_owners_test.cpp"
SCRIPT = "heap/boost_associative_test.cpp"
SCRIPTED = "heap_containers/0.agree_with_a_model_across_snapshots_rollbacks_mappings_and_branches"
PRIVATE_FILE = "heap/private_file_test.cpp"
REGION_APART = "heap/region_apart_test.cpp"
REGION_BUILDS = "heap/region_builds_test.cpp"
REGION_FOREIGN = "heap/region_foreign_test.cpp"
REGION_ELEMENTS = "heap/region_elements_test.cpp"
FORK_THREADS = "heap/fork_threads_test.cpp"
CHECK_TREE = "heap/check_tree_test.cpp"
OWN_MEMORY = "capability/own_memory_test.cpp"
LATE_READS = "heap/late_reads_test.cpp"
ENFORCEMENT = "capability/enforcement_test.cpp"

MUTANTS = [
    Mutant("a shared child isn't counted", "tree/append.hpp",
           "share_each(first, last, [&]", "share_each(first + 1, last, [&]",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("a child beside the one that changed isn't counted", "tree/append.hpp",
           "share_each(0, slot, child_at);", "share_each(slot > 0 ? 1 : 0, slot, child_at);",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("a separator stays when its neighbours are shared out anew", "tree/rewrite.hpp",
           "} else { // two stay two", "} else if (count == 0) {",
           EXHAUSTIVE, "tree_exhaustive/0.edit_in_place_at_every_key_and_gap"),
    Mutant("two nodes are shared out one too far to the left", "tree/pack.hpp",
           "(total + 1) / 2", "(total + 1) / 2 + 1",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("a difference skips one level too many", "tree/compare.hpp",
           "before_.skip(static_cast<unsigned>(level));\n                after_.skip(static_cast<unsigned>(level));",
           "before_.skip(static_cast<unsigned>(level) + 1);\n"
           "                after_.skip(static_cast<unsigned>(level) + 1);",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_descendants"),
    Mutant("sizes above an edit in place aren't adjusted", "tree/rewrite.hpp",
           "passed.child_size(slot) + delta", "passed.child_size(slot)",
           EXHAUSTIVE, "tree_exhaustive/0.edit_in_place_at_every_key_and_gap"),
    Mutant("a branch may have one child too few", "tree/rewrite.hpp",
           "is_root || length >= Schema::branch_minimum", "is_root || length + 1 >= Schema::branch_minimum",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("a branch edited in place may have one child too many", "tree/rewrite.hpp",
           "length <= Schema::branch_capacity", "length <= Schema::branch_capacity + 1",
           EXHAUSTIVE, "tree_exhaustive/0.edit_in_place_at_every_key_and_gap"),
    Mutant("a root may have one child", "tree/rewrite.hpp",
           "is_root && length == 1", "is_root && length == 0",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("of two elements the right one survives", "tree/algebra.hpp",
           "if constexpr (keeps<Both>) {\n            into_.keep(1);",
           "if constexpr (keeps<Both>) {\n            into_.drop(1);\n            into_.add(right, other, other + 1);",
           "identity_test.cpp", "tree_identity.the_documented_operands_element_survives"),
    Mutant("no subtree is seen to be shared", "tree/cursor.hpp",
           "return static_cast<int>(level);", "return -1;",
           "single_edit_test.cpp", "tree_single_edit.a_difference_compares_near_the_change_only"),
    Mutant("a cursor leaves a branch one child early", "tree/cursor.hpp",
           "slot_[above] + 1u == at_[above].root->length", "slot_[above] + 2u >= at_[above].root->length",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("the separator of a child that is taken back stays alive", "tree/builder.hpp",
           "if (from.length > 0)", "if (from.length > 0 && top_ > 0) {\n        } else if (from.length > 0)",
           EXHAUSTIVE, "tree_exhaustive/0.a_short_tail_behind_every_tree_of_counted_keys"),
    Mutant("a dropped branch keeps its first child", "tree/node.hpp",
           "drop_each(0, dying.length,", "drop_each(1, dying.length,",
           EXHAUSTIVE, "tree_exhaustive/0.shapes_are_all_there_and_legal"),
    Mutant("a window beyond the end isn't moved back", "tree/search.hpp",
           "from = std::min(from, length - window);", "from = std::min(from, length);",
           "numbers_test.cpp", "tree_numbers.are_found_in_nodes_of_every_capacity_at_every_length"),
    Mutant("sorted numbers are compared from the second of a leaf on", "tree/ascending.hpp",
           "for (std::size_t index = 1; index < some; ++index)", "for (std::size_t index = 2; index < some; ++index)",
           "ascending_test.cpp", "tree_ascending.a_number_out_of_order_is_refused_wherever_it_is"),
    Mutant("sorted numbers are not compared with the leaf before", "tree/ascending.hpp",
           "auto ascends = follows(before, keys[0], less);", "auto ascends = true;",
           "ascending_test.cpp", "tree_ascending.a_number_out_of_order_is_refused_wherever_it_is"),
    Mutant("numbers are compared before they are what they will be in the tree", "tree/ascending.hpp",
           "return static_cast<Key>(std::forward<Source>(source));", "return std::forward<Source>(source);",
           "ascending_test.cpp", "tree_ascending.numbers_that_become_one_in_the_tree_are_refused"),
    Mutant("of two numbers the greater goes first", "tree/mixture.hpp",
           "keys[length] = above != 0 ? other : one;", "keys[length] = above == 0 ? other : one;",
           "numbers_test.cpp", "tree_of_numbers/0.set_algebra_is_the_standard_librarys"),
    Mutant("numbers that differ in more than a bit are the same", "tree/same_run.hpp",
           "if (different != Number{})", "if (different == Number{ 1 })",
           "numbers_test.cpp", "tree_numbers.the_same_run_ends_at_the_first_difference"),
    Mutant("every node seems to have one owner", "core/count.hpp",
           "bool unique() const noexcept { return owners_ == 1; }", "bool unique() const noexcept { return true; }",
           EXHAUSTIVE, "tree_exhaustive/0.edit_in_place_at_every_key_and_gap"),
    Mutant("the last owner but one frees", "core/count.hpp",
           "return --owners_ == 0;", "return --owners_ <= 1;",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("a node below a shared one is edited in place", "tree/path.hpp",
           "editable(level) && next->references.unique()", "next->references.unique()",
           EXHAUSTIVE, "tree_exhaustive/0.insert_and_erase_at_every_key_and_gap"),
    Mutant("ranks forget the subtrees on the left", "tree/find.hpp",
           "before += size_before(from, slot);", "before += slot;",
           EXHAUSTIVE, "tree_exhaustive/0.shapes_are_all_there_and_legal"),
    Mutant("a cut keeps its child on both sides", "tree/join.hpp",
           "auto const next = way.slot(level) + 1;", "auto const next = way.slot(level);",
           EXHAUSTIVE, "tree_exhaustive/0.split_at_every_key_and_gap"),
    Mutant("a short tree is hung beside full ones", "tree/join.hpp",
           "low->length >= least && high->length >= least", "low->length >= least",
           EXHAUSTIVE, "tree_exhaustive/1.join_of_every_two"),
    Mutant("a result is taken for the left operand although something came in", "tree/assemble.hpp",
           "is_base_ && kept_ == size_of(base_)", "kept_ == size_of(base_)",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("the builder doesn't hold back a left neighbour", "tree/builder.hpp",
           "open->length >= minimum_length<Schema>(level) || held || level < top_", "true",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("an edit stays at the element that went", "tree/editor.hpp",
           "into_.drop(1);\n        at_.advance(1);", "into_.drop(1);",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("a seek counts what it had passed before", "tree/cursor.hpp",
           "size_before(above, above.length) - size_before(above, slot_[level_ + 1])",
           "size_before(above, above.length)",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("overlapping subtrees seem to lie apart", "tree/algebra.hpp",
           "!less_(*high.low(), *low.high())", "less_(*high.low(), *low.high())",
           EXHAUSTIVE, "tree_exhaustive/0.algebra_of_every_two_over_five_keys"),
    Mutant("what goes is forgotten where something stays behind it", "tree/assemble.hpp",
           "if (dropped_ > 0)\n            follow();", "dropped_ = 0;",
           "merge_test.cpp", "tree_merge.of_maps_agrees_with_a_model"),
    Mutant("a merge doesn't look into what both share, whatever the combiner", "tree/tactics.hpp",
           "!is_tactic<Tactic, filtering> && !is_tactic<Tactic, combining>", "true",
           "merge_test.cpp", "tree_merge.of_maps_agrees_with_a_model"),
    Mutant("a cursor that seeks miscounts what it passes", "tree/cursor.hpp",
           "return size_before(above, slot + count) - size_before(above, slot);",
           "return size_before(above, slot + count) - size_before(above, slot) + (count > 1 ? 1u : 0u);",
           "batch_test.cpp", "tree_batches.of_sets_agree_with_a_model"),
    Mutant("of equivalent keys in a batch the first value is assigned", "tree/batch.hpp",
           "visitor(at(first), at(next - 1));", "visitor(at(first), at(first));",
           "batch_test.cpp", "tree_batches.of_maps_agree_with_a_model"),
    Mutant("a batch is sorted without keeping the order of equivalent items", "tree/sort.hpp",
           "std::upper_bound", "std::lower_bound",
           "batch_test.cpp", "tree_batches.are_sorted_stably"),
    Mutant("an assigned element stays as well", "tree/editor.hpp",
           "std::forward<ValueSource>(value) });\n        at_.advance(1);", "std::forward<ValueSource>(value) });",
           "patch_test.cpp", "tree_patches.of_maps_make_the_later_version"),
    Mutant("a patch takes the same key twice", "tree/patch.hpp",
           "!less(*before, key)", "less(key, *before)",
           "patch_test.cpp", "tree_patch.changes_out_of_order_are_refused"),
    Mutant("what both sides removed is a conflict", "tree/merge3.hpp",
           "same_value((*our).second, (*their).second) : !their)", "same_value((*our).second, (*their).second) : false)",
           "merge3_test.cpp", "tree_merges3.of_maps_agree_with_a_model"),
    Mutant("only one of our changes before theirs is passed", "tree/merge3.hpp",
           "while (our_ != std::default_sentinel && less_", "if (our_ != std::default_sentinel && less_",
           "merge3_test.cpp", "tree_merges3.of_maps_agree_with_a_model"),
    Mutant("a slice is looked for in a child that it reaches out of", "tree/slice.hpp",
           "last > before + from.child_size(slot)", "last > before + from.child_size(slot) + 1",
           "slice_test.cpp", "tree_slice.sets_agree_with_the_model"),
    Mutant("a run that stays is one element too short", "tree/assemble.hpp",
           "built_.add(in, first, first + kept);", "built_.add(in, first, first + kept - (kept > 1 ? 1 : 0));",
           "filter_test.cpp", "tree_filter.sets_agree_with_the_model"),
    Mutant("an element that goes is forgotten", "tree/sieve.hpp",
           "into_.drop(1);", "",
           "filter_test.cpp", "tree_filter.sets_agree_with_the_model"),
    Mutant("of equivalent results all come in", "tree/transform.hpp",
           "less(*last, *result)", "!less(*result, *last)",
           "transform_test.cpp", "tree_transform.the_first_of_equivalent_results_stays"),
    Mutant("a value is moved out of a leaf that others share", "tree/alter.hpp",
           "may_move && way.editable(0)", "may_move",
           "alter_test.cpp", "tree_alter.the_value_of_our_own_is_moved"),
    Mutant("of what both share one tree's part is left too late", "tree/relation.hpp",
           "other_.skip(static_cast<unsigned>(level));\n                return piece::both;",
           "other_.skip(static_cast<unsigned>(level) + 1);\n                return piece::both;",
           "relation_test.cpp", "tree_relation.sets_relate_as_the_model_does"),
    Mutant("the turning point isn't looked for at a leaf's beginning", "tree/bisect.hpp",
           "bisect(0, in.length", "bisect(1, in.length",
           "reading_test.cpp", "tree_reading.the_partition_point_is_found_with_few_calls_on_keys_that_are_there"),
    Mutant("a child is measured whole, and then to its edge", "tree/aggregate.hpp",
           "else if (first < end)", "if (first < end && last < end + child.size)",
           "measure_test.cpp", "measures.of_any_part_is_the_fold_of_its_elements"),
    Mutant("an assignment in place leaves the measures above it", "tree/rewrite.hpp",
           "if constexpr (Schema::has_measure)\n            passed",
           "if (Schema::has_measure && delta != 0)\n            passed",
           "measure_test.cpp", "measures.stay_right_in_maps"),
    Mutant("a separator is cut too short", "tree/append.hpp",
           "static_cast<std::size_t>(differs - whole.begin()) + 1", "static_cast<std::size_t>(differs - whole.begin())",
           "separators_test.cpp", "tree_separators.part_strings_that_begin_alike"),
    Mutant("a separator isn't cut", "tree/append.hpp",
           "if (whole.size() <= key().capacity())", "if (whole.size() <= whole.max_size())",
           "separators_test.cpp", "tree_separators.are_cut_however_a_tree_is_made"),
    Mutant("a box that another node takes isn't counted", "tree/box.hpp",
           "link_.set(owned<box_type>::share(found).release());", "link_.set(found);",
           "boxed_test.cpp", "boxed.versions_share_an_element_and_where_it_lies"),
    Mutant("the second halves aren't compared", "tree/content_comparison.hpp",
           "return compare(parts_before.first, parts_after.first) && compare(parts_before.second, parts_after.second);",
           "return compare(parts_before.first, parts_after.first);",
           "content_hash_test.cpp", "content_hash.finds_what_differs_between_sets_of_any_shape"),
    Mutant("a node taken apart keeps its last child", "tree/dismantle.hpp",
           "return of.level == 0 ? 0 : of.length;", "return of.level == 0 ? 0 : of.length - 1u;",
           "reclaimer_test.cpp", "tree_reclaimer.lets_go_of_as_many_nodes_as_it_is_told"),
    Mutant("a page written with what it holds is made anew", "segment/writing.hpp",
           "    if (now.changes_nothing())\n        return;", "",
           "segment/write_test.cpp", "segment_write.equal_bytes_change_and_allocate_nothing"),
    Mutant("a page of zeros keeps its frame", "segment/writing.hpp",
           "all_zero(written) && all_zero(before.first(from))", "written.empty() && all_zero(before.first(from))",
           "segment/write_test.cpp", "segment_write.a_page_of_zeros_is_a_hole"),
    Mutant("a frame that others hold is edited", "core/memory_frames.hpp",
           " || !held.references.unique()", "",
           "segment/write_test.cpp", "segment_write.a_frame_that_somebody_holds_is_not_edited"),
    Mutant("a page that another bank paid for is edited", "core/memory_frames.hpp",
           "|| static_cast<record&>(held).payer != payer ", "",
           "segment/write_test.cpp",
           "segment_write.a_page_that_another_bank_paid_for_is_bought_even_if_nobody_else_has_it"),
    Mutant("a slot is edited below nodes that others read", "page_table.hpp",
           "if (!way.end_is_unshared() || !end.is_leaf()", "if (!end.is_leaf()",
           "segment/write_test.cpp", "segment_write.given_up_it_is_edited_where_it_lies"),
    Mutant("a longer write is done in part when memory ends", "segment/version.hpp",
           "segments::write(next.content_, supplied, offset, source);", "segments::write(content_, supplied, offset, source);\n        next = *this;",
           "segment/write_test.cpp", "segment_write.a_full_bank_leaves_all_as_it_was"),
    Mutant("a read-only mount may be written", "segment/writing.hpp",
           "if (read_only(held))", "if (held != nullptr && page_bytes == 0)",
           "segment/mount_test.cpp", "segment_mount.for_reading_refuses_stores_and_changes_nothing"),
    Mutant("a mount forgets where it starts", "segment/content.hpp",
           "return page - start + first;", "return page - start;",
           "segment/mount_test.cpp", "segment_mount.shows_the_pages_of_another"),
    Mutant("mounts may be nested without end", "segment/mounting.hpp",
           "inner.mount_depth >= most_mounts", "inner.mount_depth > 200",
           "segment/mount_test.cpp", "segment_mount.leads_through_so_many_segments_and_no_more"),
    Mutant("a keeper may answer with another size", "segment/asking.hpp",
           "if (answer.size() % page_bytes != 0 || answer.size() - page_bytes >= kept_from_here)",
           "answer.resize(page_bytes);\n    if (answer.size() != page_bytes)",
           "segment/keeper_test.cpp", "segment_keeper.that_answers_with_another_size_fails"),
    Mutant("a keeper is asked while the reader's bytes are being written", "segment/reading.hpp",
           "if (of.may_have_keepers) {", "if (target.empty()) {",
           "segment/keeper_test.cpp", "segment_keeper.that_throws_reaches_its_caller_alone"),
    Mutant("a keeper may ask itself without end", "segment/asking.hpp",
           "if (depth_ > most)", "if (depth_ > 1'000'000)",
           "segment/keeper_test.cpp", "segment_keeper.that_asks_for_the_page_it_is_asked_for_fails"),
    Mutant("an observer's veto is ignored", "segment/watching.hpp",
           "if (!one.who->before_store({ first, before, after }))", "if (!one.who->before_store({ first, before, after }) && offset > 1'000'000)",
           "segment/watch_test.cpp", "segment_watch.a_veto_stops_the_store"),
    Mutant("a page that is written is no longer watched", "segment/writing.hpp",
           "put(pages, piece.page, now.slot(payer).with_watch(watched));", "put(pages, piece.page, now.slot(payer));",
           "segment/watch_test.cpp", "segment_watch.goes_along_with_versions_and_stays_out_of_comparisons"),
    Mutant("several pages are written where they lie, watched or not", "segment/writing.hpp",
           "own->frame() == nullptr || own->watched()", "own->frame() == nullptr",
           "segment/write_test.cpp", "segment_write.several_pages_of_its_own_are_edited_where_they_lie"),
    Mutant("pages written where they lie may become zeros", "segment/writing.hpp",
           "from, written }.is_zero();", "from, written }.is_zero() || from < page_bytes;",
           "segment/write_test.cpp", "segment_write.several_pages_of_its_own_are_edited_where_they_lie"),
    Mutant("a keeper behind a mount isn't seen", "segment/mounting.hpp",
           "found = found || there.held->keeper() != nullptr;", "found = found || (there.held->keeper() != nullptr && slot.mount() == nullptr);",
           "segment/hostile_test.cpp", "segment_hostile.long_runs_cost_their_ends"),
    Mutant("a mark of a watch stays behind a cut", "segment/version.hpp",
           "if (!last_is_watched && size() % page_bytes != 0)", "if (!last_is_watched && size() == 0)",
           "segment/hostile_test.cpp", "segment_hostile.no_mark_of_a_watch_stays_behind_a_cut"),
    Mutant("a cut page stays with its keeper behind a mount", "segment/writing.hpp",
           "if (!now.changes_nothing() || place.kept != nullptr)", "if (!now.changes_nothing() || held->keeper() != nullptr)",
           "segment/hostile_test.cpp",
           "segment_hostile.a_keeper_that_answers_otherwise_later_shows_nothing_past_a_cut"),
    Mutant("records of one keeper are told apart", "segment/reading.hpp",
           "return page_kept(*one.kept, one.page) == page_kept(*other.kept, other.page);",
           "return one.kept == other.kept && one.page == other.page;",
           "segment/hostile_test.cpp", "segment_hostile.one_keeper_named_twice_is_the_same_keeper"),
    Mutant("an observer is told of its own looks", "segment/watching.hpp",
           "if (open->whom_ == &whom)", "if (open->whom_ == &whom && open->outer_ != nullptr)",
           "segment/hostile_test.cpp", "segment_hostile.an_observer_may_look_at_what_it_watches"),
    Mutant("a watch's mark is missed on the last page of all", "segment/version.hpp",
           "range.end == next.page_end() ? next.size : range.end * page_bytes", "range.end * page_bytes",
           "segment/hostile_test.cpp", "segment_hostile.what_is_put_over_the_last_watched_page_is_watched"),
    Mutant("an operation ends with watches that a callback put there", "segment/version.hpp",
           "segments::fetch(next.content_, supplied, range.first, range.end);\n            *this = std::move(next);",
           "segments::fetch(next.content_, supplied, range.first, range.end);\n            content_ = std::move(next.content_);",
           "segment/hostile_test.cpp", "segment_hostile.a_keeper_that_replaces_the_segment_leaves_its_watches_in_step"),
    Mutant("what is read isn't held against what the other wrote", "segment/meld.hpp",
           "segments::intersect(first.read_set(), second_written", "segments::intersect(first_written, second_written",
           "segment/meld_test.cpp", "segment_meld.names_what_conflicts"),
    Mutant("a meld takes the pages of one side whole", "segment/meld.hpp",
           "if (same_slot(base.pages().find(page), result.pages().find(page))) {", "if (page < radix::index_end) {",
           "segment/meld_test.cpp", "segment_meld.of_bytes_in_one_page"),
    Mutant("a change that is asked for ahead takes another's place", "segment/coming_changes.hpp",
           "queue_[(next_ + waiting_) % most_ahead];", "queue_[(next_ + waiting_ / 2) % most_ahead];",
           "segment/patch_test.cpp", "segment_patch_test.tells_each_of_few_changes_and_of_many"),
    Mutant("slots of leaves that have others in use are the same", "radix/node.hpp",
           "auto apart = static_cast<bitmap>(present_ ^ other.present_);", "auto apart = bitmap{ 0 };",
           "segment/patch_test.cpp", "segment_patch_test.tells_each_of_few_changes_and_of_many"),
    Mutant("bytes that differ are joined over one that agrees", "segment/diff.hpp",
           "if ((one[i] != other[i]) == wanted)\n                return i;", "if ((one[i] != other[i]) == wanted && (wanted || i % 8 == 0))\n                return i;",
           "segment/patch_test.cpp", "segment_patch_test.bytes_are_exact"),
    Mutant("a chunk is edited below nodes that others read", "sequence/version.hpp",
           "way.end_is_unshared() && found->references.unique()", "found->references.unique()",
           "sequence/model_test.cpp", "vector_model.agrees_with_a_vector_over_a_long_life"),
    Mutant("a last chunk that others read is appended to", "sequence/version.hpp",
           "!last->full() && last->references.unique()", "!last->full()",
           "sequence/model_test.cpp", "vector_model.agrees_with_a_vector_over_a_long_life"),
    Mutant("what was taken away stays in the last chunk", "sequence/version.hpp",
           "if (last_.get()->size() > rest)", "if (last_.get()->size() < rest)",
           "sequence/identity_test.cpp", "vector_identity.what_popping_and_taking_remove_is_gone_where_nobody_shares_it"),
    Mutant("what was appended before a throw stays", "sequence/version.hpp",
           "while (of_.size_ > size_)", "while (of_.size_ < size_)",
           "sequence/fault_test.cpp", "vector_faults.copies"),
    Mutant("a last chunk isn't seen beside the other's table", "sequence/pairs.hpp",
           "change.before->get() : before_.see(number_)", "change.before->get() : nullptr",
           "sequence/diff_test.cpp", "vector_diffs.every_two_sizes"),
    Mutant("a chunk that both share is compared", "sequence/pairs.hpp",
           "while (one_ == other_ && one_ != nullptr)", "while (false)",
           "sequence/diff_test.cpp", "vector_diffs.compare_near_the_change_only"),
    Mutant("the way to a cut keeps the size it had", "sequence/take.hpp",
           "fresh.set_size(end - from.first());", "fresh.set_size(from.size());",
           "sequence/model_test.cpp", "vector_model.agrees_with_a_vector_in_small_chunks"),
    Mutant("a span completed by one index stays a leaf", "radix/assign.hpp",
           "else if (completes_leaf(end, end.digit_of(index), std::as_const(source)))", "else if (false)",
           PAGE_RUNS, "page_table_run.becomes_whole_when_its_last_index_comes"),
    Mutant("a span is completed over a level that is left out", "radix/assign.hpp",
           "branch.level() != level + 1 || !completes_branch", "!completes_branch",
           PAGE_RUNS, "page_table_run.becomes_whole_no_further_than_its_span"),
    Mutant("a branch becomes uniform beside a child of another slot", "radix/assign.hpp",
           "|| !static_cast<bool>(child.uniform_slot() == slot)))", "))",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("a split keeps the size that was", "radix/path.hpp",
           "Node::span_mask(level) + 1 + static_cast<std::uint64_t>(delta_)", "Node::span_mask(level) + 1",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("a run's ends are taken for whole spans", "radix/run.hpp",
           "first == start && last == (start | Node::span_mask(level))", "first == start",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("a run that is there already is written again", "radix/run.hpp",
           "if (!changed)\n            return old.own(heap_);", "",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("a run completes nothing above it", "radix/run.hpp",
           "if (made->is_uniform()) {", "if (false) {",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("what lies beside a run in a branch is lost", "radix/run.hpp",
           "if (digit < low || digit > high)", "if (digit < low)",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("the part of a uniform node is the whole", "radix/part.hpp",
           "part(node_, Node::start_in(first_, level, digit), level - 1)", "part(node_)",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("a number beyond a full branch's child is looked for in the next", "radix/position.hpp",
           "number %= in_child;", "number -= 0;",
           PAGE_RUNS, "page_table_runs.agree_with_an_interval_map"),
    Mutant("what ours and theirs share is looked into", "radix/merge3.hpp",
           "if (theirs == base || theirs == ours)", "if (theirs == base)",
           "radix/merge3_test.cpp", "page_table_merge3.compares_nothing_in_what_both_share"),
    Mutant("a look-alike bank is taken for one's own", "core/bank.hpp",
           "official.above(other.record_)", "official.limit() == other.record_->limit()",
           "core/bank_tree_test.cpp", "bank_verify.knows_its_own_from_look_alikes"),
    Mutant("a bank leaves its charges to the one above by itself", "core/bank.hpp",
           "child.record().parent() != &above", "child.record().parent() != &above && &child.record() != &above",
           "core/bank_tree_test.cpp", "bank_remove.needs_the_bank_directly_above"),
    Mutant("a bank is reduced below its use", "core/bank_record.hpp",
           "auto const least = std::max(most, usage());", "auto const least = most;",
           "core/bank_tree_test.cpp", "bank_reduce.lowers_the_limit_to_what_is_used_at_most"),
    Mutant("what is below a destroyed bank goes on", "core/bank_record.hpp",
           "if (record->first_child_ != nullptr) {", "if (false) {",
           "core/bank_tree_test.cpp", "bank_destroy.ends_charging_in_it_and_below_it_only"),
    Mutant("only the first of the banks below is destroyed", "core/bank_record.hpp",
           "while (record != this && record->next_sibling_ == nullptr)", "while (record != this)",
           "core/bank_tree_test.cpp", "bank_destroy.ends_charging_in_it_and_below_it_only"),
    Mutant("nodes of another bank are shared", "radix/merge3.hpp",
           "ours == base && (may_share_theirs_ || theirs.empty())", "ours == base",
           "radix/merge3_test.cpp", "page_table_merges3.across_banks_copy"),
    Mutant("what is as ours is made anew", "radix/merge3.hpp",
           "return same(slot, ours) ? ours : slot;", "return slot;",
           "radix/merge3_test.cpp", "page_table_merge3.resolves_a_run_at_once"),
    Mutant("pages are copied ahead before they are protected again", "lib/heap/take.cpp",
           "        note_written(round_, writers::in);\n"
           "        // The first also has what a cut that failed has left.\n"
           "        auto const copied = next.copy_ahead(copy_of(done.rounds == 0 ? pending_ : round_));\n",
           "        auto const copied = next.copy_ahead(copy_of(done.rounds == 0 ? pending_ : round_));\n"
           "        note_written(round_, writers::in);\n",
           "heap/oracle_test.cpp", "heap_oracle.userfault"),
    Mutant("a rollback waits for readers under the lock that they cut under", "lib/heap/cut.cpp",
           "until ? std::min(soon, *until) : soon", "until ? std::max(soon, *until) : until",
           "heap/restore_test.cpp", "each/rollbacks.let_readers_cut_that_they_wait_for/compare"),
    Mutant("a child of a cut finds a gate closed by a rollback that waited", "lib/heap/fork.cpp",
           "readers_.begin_child(cuts_here && rolls_back_.load())", "readers_.begin_child(cuts_here)",
           "heap/restore_test.cpp", "each/rollbacks.that_wait_keep_nobody_out_of_a_child/compare"),
    Mutant("hooks are collected before the rollback waits", "lib/heap/restore.cpp",
           "        cut now(*this, until, cut::purpose::rollback);\n"
           "        now.close_to_all(until);\n"
           "        require_no_loan(); // made while this waited\n"
           "        // Those, too, that were given while this waited, and not those that somebody let go of under a guard.\n"
           "        auto const hooks = given_hooks();\n",
           "        auto const hooks = given_hooks();\n"
           "        cut now(*this, until, cut::purpose::rollback);\n"
           "        now.close_to_all(until);\n"
           "        require_no_loan(); // made while this waited\n",
           "heap/restore_test.cpp", "each/rollbacks.call_the_hooks_that_there_are_when_all_have_gone/compare"),
    Mutant("a cut that gives up waiting counts no pause", "lib/heap/cut.cpp",
           "    if (!writers_out_)\n        note_pause(std::chrono::steady_clock::now());\n", "",
           "heap/pauses_test.cpp", "each/pauses.of_cuts_that_give_up_waiting_are_counted/compare"),
    Mutant("a cut that is refused counts no pause", "lib/heap/cut.cpp",
           "    if (writers_out_)\n        note_pause(opened);",
           "    if (writers_out_ && std::uncaught_exceptions() == 0)\n        note_pause(opened);",
           "heap/pauses_test.cpp", "each/pauses.of_cuts_that_are_refused_are_counted/private_file"),
    Mutant("pages come to rest after the deadline", "lib/heap/rest.cpp",
           "if (until && *until < began + slice_time)", "if (false)",
           "heap/pauses_test.cpp",
           "each/pauses.to_let_pages_rest_are_in_the_total_and_end_before_the_deadline/compare"),
    Mutant("what was assigned to a snapshot as to a segment is mapped", "lib/heap/snapshot.cpp",
           "(version_->content(), version_, late)", "(*this, version_, late)",
           "heap/version_test.cpp",
           "each/heap_versions.a_snapshot_assigned_to_as_a_segment_is_of_its_version_still/compare"),
    Mutant("a rollback that waited doesn't see a loan", "lib/heap/restore.cpp",
           "        require_no_loan(); // made while this waited\n", "",
           "heap/loan_test.cpp", "each/loans.made_while_a_rollback_waits_refuse_it/compare"),
    Mutant("a file stays open", "lib/os/descriptor.cpp",
           "::close(number_);", "static_cast<void>(number_);",
           "heap/rounds_test.cpp", "each/rounds.take_one_descriptor_a_heap_for_all_its_versions/compare"),
    Mutant("what was written since the last cut isn't rolled back", "lib/heap/restore.cpp",
           "    differing_.insert(pending_);\n", "",
           "heap/rounds_test.cpp", "each/rounds.know_each_byte_as_free_or_owned_after_each_rollback/compare"),
    Mutant("a child becomes only what the parent knew as written", "lib/heap/restore.cpp",
           "differing_.insert({ 0, pages });\n    overwrite", "differing_.insert(pending_);\n    overwrite",
           "heap/home_test.cpp", "each/homes.of_any_version_are_in_a_child/compare"),
    Mutant("names of a group that fails stay", "lib/heap/name_group.cpp",
           "undo.names.push_back(one.name.c_str());", "",
           "heap/name_group_test.cpp", "each/name_groups.leave_nothing_where_the_room_runs_out/compare"),
    Mutant("a group takes what another thread has destroyed", "lib/heap/name_group.cpp",
           "seen == nullptr || seen->object.get() != one.object || seen->type != one.type",
           "seen != nullptr && seen->type != one.type",
           "heap/name_group_test.cpp", "each/name_groups.hold_a_guard/compare"),
    Mutant("what was written while pages were copied ahead is left out", "lib/heap/take.cpp",
           "next_.copy_residue(ahead_.rounds == 0 ? heap_.pending_ : heap_.round_)",
           "next_.copy_residue(ahead_.rounds == 0 ? heap_.pending_ : page_set())",
           "heap/torn_cut_test.cpp", "each/torn_cuts.are_never_seen_where_pages_are_copied_ahead/userfault"),
    Mutant("all that was written is copied in the pause", "lib/heap/take.cpp",
           "if (pending_.count() <= few_pages)", "if (true)",
           "heap/version_test.cpp", "each/heap_versions.only_a_little_is_left_to_the_pause/userfault"),
    Mutant("what is found with writers kept out is forgotten when they are let in", "lib/heap/take.cpp",
           "copy_of(done.rounds == 0 ? pending_ : round_)", "copy_of(round_)",
           "heap/version_test.cpp", "each/heap_versions.only_a_little_is_left_to_the_pause/userfault"),
    Mutant("a child of fork reads zeros where a keeper was to be asked", "lib/os/absent_pages.cpp",
           "if (::madvise(start, bytes, MADV_DONTFORK) != 0)", "if (false)",
           "heap/segment_mapping_test.cpp", "segment_mappings.are_not_there_in_a_child"),
    Mutant("a keeper's answer reaches beyond its pages", "lib/heap/page_server.cpp",
           "std::min(run.first + run.count, page + bytes.size() / page_bytes)", "page + bytes.size() / page_bytes",
           "heap/segment_mapping_test.cpp", "segment_mappings.take_more_than_was_asked_for"),
    Mutant("each who waits for a page has it asked for", "lib/heap/page_server.cpp",
           "present_.contains(page) || !open_.insert(page).second", "open_.insert(page), false",
           "heap/segment_mapping_test.cpp", "segment_mappings.that_hang_stall_only_who_waits_for_them"),
    Mutant("writers that outrun the copier are never slowed", "lib/heap/take.cpp",
           "            now.slow_writers();\n", "",
           "heap/outrun_test.cpp", "each/outrun.throttled_writers_leave_little_to_the_pause/userfault"),
    Mutant("a page that a system call may write to is closed", "lib/heap/protect_tracker.cpp",
           "    if (prepared_) {", "    if (false) {",
           "heap/tracker_test.cpp", "each/tracker_contract.reports_exactly_what_was_written_and_once/protect"),
    Mutant("copies are dropped before they are in the file", "lib/heap/private_file_tracker.cpp",
           "    if (bring_base_up_to_date(run))\n"
           "        static_cast<void>(os::discard(place_ + run.first * page_bytes, run.count * page_bytes));\n",
           "    static_cast<void>(os::discard(place_ + run.first * page_bytes, run.count * page_bytes));\n"
           "    static_cast<void>(bring_base_up_to_date(run));\n",
           PRIVATE_FILE, "each/private_files.hold_what_was_written_when_it_is_taken/best"),
    Mutant("copies are not dropped", "lib/heap/private_file_tracker.cpp",
           "    if (bring_base_up_to_date(run))\n", "    if (false)\n",
           PRIVATE_FILE, "each/private_files.hold_what_was_written_when_it_is_taken/best"),
    Mutant("copies are dropped although the file was refused them", "lib/heap/private_file_tracker.cpp",
           "    if (bring_base_up_to_date(run))\n", "    bring_base_up_to_date(run) ? void() : void();\n",
           PRIVATE_FILE, "each/private_files.that_refuse_a_page_leave_it_as_it_is/best"),
    Mutant("copies are dropped under writers", "lib/heap/private_file_tracker.cpp",
           "present == writers::out && !is_base_shared()", "!is_base_shared()",
           PRIVATE_FILE, "each/private_files.take_nothing_from_writers/best"),
    Mutant("the file is written to under a child", "lib/heap/private_file_tracker.cpp",
           "present == writers::out && !is_base_shared()", "present == writers::out",
           PRIVATE_FILE, "each/private_files.stay_as_they_are_while_a_child_shows_them/best"),
    Mutant("a rollback to zeros brings the file back", "lib/heap/restore.cpp",
           "!worth_it || tracker_->has_own_mapping() || ", "!worth_it || ",
           PRIVATE_FILE, "private_file_heaps.are_rolled_back_to_zeros"),
    Mutant("pages of a private mapping rest", "lib/heap/rest.cpp",
           "    if (tracker_->has_own_mapping())\n        return slice::nothing_left;\n", "",
           PRIVATE_FILE, "private_file_heaps.do_not_rest"),
    Mutant("a scan leaves out what is swapped out", "lib/os/private_pages.cpp",
           "kernel::page_is_present | kernel::page_is_swapped", "kernel::page_is_present",
           "heap/swapped_test.cpp", "each/swapped.pages_are_cut_and_rolled_back_like_others/private_file"),
    Mutant("entries leave out what is swapped out", "lib/os/private_pages.cpp",
           "(entry & (kernel::entry_is_present | kernel::entry_is_swapped)) != 0", "(entry & kernel::entry_is_present) != 0",
           "heap/swapped_test.cpp", "private_pages.that_are_swapped_out_are_found"),
    Mutant("a page that went back to what it was is stored anew", "lib/heap/draft.cpp",
           "copied_before && original != nullptr && holds(original, content)", "false",
           "heap/draft_test.cpp", "drafts.what_was_reverted_has_the_last_root"),
    Mutant("stale copies don't pay for new ones", "lib/heap/draft.cpp",
           "if (store_.live() == before)", "if (store_.live() <= before)",
           "heap/draft_test.cpp", "drafts.what_was_copied_ahead_in_vain_pays_for_what_replaces_it"),
    Mutant("a leaf that is edited in place keeps its name", "tree/path.hpp",
           "note_edit<typename Schema::heap>(steps_[0].passed);", "",
           REGION_NAMES, "region_names.an_edit_in_place_changes_the_name_of_all_above_it"),
    Mutant("the branches above an edit in place keep their names", "tree/path.hpp",
           "note_edit<typename Schema::heap>(steps_[level].passed);\n        return as_branch",
           "return as_branch",
           REGION_NAMES, "region_names.an_edit_in_place_changes_the_name_of_all_above_it"),
    Mutant("what a callback left behind when it threw keeps its name", "tree/alter.hpp",
           "way_.note_edits();", "",
           REGION_NAMES, "region_names.a_throw_out_of_an_update_in_place_leaves_a_new_name_where_it_left_another_value"),
    Mutant("a table's node that is edited in place keeps its name", "radix/node.hpp",
           "note_edit<heap_type>(this);", "",
           REGION_NAMES, "region_names.comparing_tables_costs_the_changes"),
    Mutant("a name is a place alone", "heap/region_heap.hpp",
           "return heaps::birth::of(one) == heaps::birth::of(other);",
           "return heaps::birth::of(one).offset == heaps::birth::of(other).offset;",
           REGION_NAMES, "region_names.what_a_rollback_put_in_a_place_isnt_taken_for_what_was_there"),
    Mutant("links in a row keep their distances in another place", "core/link.hpp",
           "distance == nowhere ? nowhere : distance + apart", "distance",
           "core/link_test.cpp", "links/1.are_copied_in_a_row"),
    Mutant("names aren't asked for", "tree/cursor.hpp",
           "same_content<typename Schema::heap>(one.at(level).root, other.at(level).root)",
           "one.at(level).root == other.at(level).root",
           REGION_NAMES, "region_names.comparing_two_mappings_costs_the_changes"),
    Mutant("a rollback takes the generation back", "lib/heap/restore.cpp",
           "last_ = std::move(content);\n    begin_generation();",
           "last_ = std::move(content);\n    --region_.threshold().generation;",
           REGION_NAMES, "region_names.what_a_rollback_put_in_a_place_isnt_taken_for_what_was_there"),
    Mutant("a cut begins no generation", "lib/heap/take.cpp",
           "heap_.begin_generation();", "",
           REGION_NAMES, "region_names.an_edit_in_place_changes_the_name_of_all_above_it"),
    Mutant("each heap counts its own generations", "lib/heap/region.cpp",
           "threshold(keeper, capacity_, next_generation())", "threshold(keeper, capacity_, 1)",
           REGION_NAMES, "region_names.two_heaps_that_did_the_same_are_told_apart"),
    Mutant("owners outside of a region aren't counted", "heap/region_root.hpp",
           "here.count_outside();\n        note_elsewhere(owner, 1);", ";",
           REGION_OWNERS, "region_owners.who_owns_a_version_outside_keeps_cuts_and_rollbacks_away"),
    Mutant("a root that is handed over isn't counted", "heap/region_root.hpp",
           "if (was_inside)\n                here.count_outside();", "",
           REGION_OWNERS, "region_owners.who_owns_a_version_outside_keeps_cuts_and_rollbacks_away"),
    Mutant("owners inside of a region are counted as outside", "heap/region_root.hpp",
           "if (here.has(home, owner))\n            return;\n        here.count_outside();",
           "here.count_outside();",
           REGION_OWNERS, "region_owners.who_owns_a_version_outside_keeps_cuts_and_rollbacks_away"),
    Mutant("an update's root in hand isn't counted", "heap/region_root.hpp",
           "if (is_inside_ || root_ == nullptr)\n                here.count_outside();", "",
           REGION_FOREIGN, "region_foreign.a_function_of_an_update_cuts_nothing"),
    Mutant("a walk that makes nodes isn't counted", "tree/version.hpp",
           "return heap_in_use_t<heap_type>(heap_);", "return heap_in_use_t<heap_type>(heap_type());",
           REGION_FOREIGN, "region_foreign.a_function_of_an_update_cuts_nothing"),
    Mutant("a build of elements in any order isn't counted", "tree/container.hpp",
           "auto heap = this->core_.heap_to_share();\n        auto const& less = this->core_.less();\n"
           "        this->core_ = ",
           "auto heap = this->core_.heap();\n        auto const& less = this->core_.less();\n        this->core_ = ",
           REGION_BUILDS, "region_builds.of_iterators"),
    Mutant("a build of sorted elements isn't counted", "tree/container.hpp",
           "heap_in_use_t<heap_type> used(heap);", "heap_type used(heap);",
           REGION_BUILDS, "region_builds.of_sorted_ranges"),
    Mutant("a build on several threads isn't counted", "tree/parallel_build.hpp",
           "heap_in_use_t<typename Schema::heap> heap_;", "typename Schema::heap heap_;",
           REGION_BUILDS, "region_builds.of_sorted_ranges_in_parts"),
    Mutant("owners in another heap's region aren't counted there", "lib/heap/region_place.cpp",
           "around->count_foreign(more);", ";",
           REGION_FOREIGN, "region_foreign.objects_in_another_region_keep_both_heaps_from_being_cut"),
    Mutant("owners that move within another heap's region aren't followed", "heap/region_root.hpp",
           "if (!was_inside)\n            note_elsewhere(&other, -1);", "",
           REGION_FOREIGN, "region_foreign.elements_of_a_vector_are_counted_wherever_they_move"),
    Mutant("a cut doesn't ask what other heaps' trees are owned inside", "lib/heap/cut.cpp",
           "foreign != 0", "foreign < 0",
           REGION_FOREIGN, "region_foreign.objects_in_another_region_keep_both_heaps_from_being_cut"),
    Mutant("a region goes with its heap, whoever owns its trees", "lib/heap/heap_core.cpp",
           "if (!gone->region_.threshold().leave_to_owners())", "",
           REGION_FOREIGN, "region_orphans.are_as_they_were_and_the_last_takes_the_region_along"),
    Mutant("to empty what is empty asks a heap that may be gone", "tree/version.hpp",
           "if (other.root()) {\n            auto heap", "if (heap_.has_place()) {\n            auto heap",
           REGION_FOREIGN, "region_orphans.are_no_empty_containers"),
    Mutant("to empty an empty table asks a heap that may be gone", "page_table.hpp",
           "if (!is_there && !other.root_)\n            return {};", "",
           REGION_FOREIGN, "region_orphans.are_no_empty_containers"),
    Mutant("the last owner outside leaves the region behind", "heap/threshold.hpp",
           "let_region_go(*this);", ";",
           REGION_FOREIGN, "region_orphans.are_as_they_were_and_the_last_takes_the_region_along"),
    Mutant("a region's place isn't forgotten", "lib/heap/region_place.cpp",
           "enter(reserved_, nullptr);", ";",
           REGION_FOREIGN, "region_foreign.addresses_tell_whose_region_they_are_in"),
    Mutant("a container takes over the heap of what it is assigned", "core/node_heap.hpp",
           "return mine.has_place() && !(mine == other);", "return false;",
           REGION_APART, "region_apart/0.assignment_copies"),
    Mutant("a swap shares what lies in two heaps", "tree/version.hpp",
           "if (!(heap_ == other.heap_)) {\n            exchange_copies(other);\n            return;\n        }", "",
           REGION_APART, "region_apart/0.swap_copies_both"),
    Mutant("a table's swap shares what lies in two heaps", "page_table.hpp",
           "if (heap_.has_place() && other.heap_.has_place() && !(heap_ == other.heap_)) {", "if (false) {",
           REGION_APART, "region_apart/2.swap_copies_both"),
    Mutant("what was moved from another heap stays there, too", "tree/version.hpp",
           "become_copy_of(other);\n            other.let_go();", "become_copy_of(other);",
           REGION_APART, "region_apart/0.assignment_by_move_copies_too_and_leaves_nothing"),
    Mutant("containers in a region don't say what they are built with", "core/node_heap.hpp",
           "using allocator_type = decltype(std::declval<Heap const&>().elements());", "",
           REGION_ELEMENTS, "region_elements/2.come_from_another_heap"),
    Mutant("a rollback doesn't ask who owns versions outside", "lib/heap/cut.cpp",
           "outside != 0", "outside < 0",
           REGION_OWNERS, "region_owners.who_owns_a_version_outside_keeps_cuts_and_rollbacks_away"),
    Mutant("a version in a mapping is copied", "tree/version.hpp",
           "require_writable(heap_);\n        // Last", "// Last",
           REGION_OWNERS, "region_owners.nothing_is_counted_or_made_in_a_mapping"),
    Mutant("a version in a mapping is shared", "tree/version.hpp",
           "require_writable(heap_);\n        return heap_in_use_t", "return heap_in_use_t",
           REGION_OWNERS, "region_owners.nothing_is_counted_or_made_in_a_mapping"),
    Mutant("a table in a mapping is copied", "page_table.hpp",
           "require_writable(heap);\n        return heap;", "return heap;",
           REGION_OWNERS, "region_owners.nothing_is_counted_or_made_in_a_mapping"),
    Mutant("a rollback leaves the allocator's first page as it is", "lib/heap/restore.cpp",
           "    differing_.for_each([&](std::size_t index) {\n", "    differing_.for_each([&](std::size_t index) {\n"
           "        if (index == 0)\n            return;\n",
           SCRIPT, f"boost_maps/{SCRIPTED}"),
    Mutant("a branch lacks its version's last page", "lib/heap/heap_core.cpp",
           "from.content().read(0, { region_.base(), static_cast<std::size_t>(from.content().size()) });",
           "from.content().read(0, { region_.base(), static_cast<std::size_t>(from.content().size()) - page_bytes });",
           SCRIPT, f"boost_maps/{SCRIPTED}"),
    Mutant("pages beside each other are mapped as if their frames were, too", "lib/heap/mapped_segment.cpp",
           "page == last.first_page + last.pages\n                && offset == last.offset + last.pages * page_bytes",
           "page == last.first_page + last.pages",
           SCRIPT, f"boost_maps/{SCRIPTED}"),
    Mutant("a mapping shows what was written since", "lib/heap/frame_store.cpp",
           "if (homes_.space.is_free(home)) {\n                homes_.space.take(home);",
           "{\n                if (homes_.space.is_free(home))\n                    homes_.space.take(home);",
           SCRIPT, f"boost_maps/{SCRIPTED}"),
    Mutant("a block that is free and owned isn't noticed", "lib/heap/best_fit.cpp",
           "if (block->owned)", "if (false)",
           "heap/image_test.cpp", "image.is_not_sound_where_a_rule_is_broken"),
    Mutant("a block that nobody can be given isn't noticed", "lib/heap/best_fit.cpp",
           "return left == 0 ? report()", "return left >= 0 ? report()",
           "heap/image_test.cpp", "image.is_not_sound_where_a_rule_is_broken"),
    Mutant("a link may lead anywhere", "lib/heap/best_fit.cpp",
           "if (links::get_parent(next).get() != from)", "if (false)",
           "heap/image_test.cpp", "image.is_not_sound_where_what_is_free_was_written_to"),
    Mutant("a living child is a reason to refuse", "lib/heap/private_file_tracker.cpp",
           "seen.take_all(3, written, true);", "seen.take(3, written, writers::out);",
           "heap/private_file_test.cpp", "private_file_tracker.is_proven_while_children_are_born"),
    Mutant("bytes that are owned aren't counted up", "lib/heap/best_fit.cpp",
           "if (owned != header.m_allocated)", "if (false)",
           "heap/image_test.cpp", "image.is_not_sound_where_a_rule_is_broken"),
    Mutant("a slab may be anywhere", "lib/heap/image.cpp",
           "if (!blocks.claim(base + room.at, room.bytes))", "if (false)",
           "heap/image_test.cpp", "image.is_not_sound_where_a_rule_is_broken"),
    Mutant("a node's name isn't given back with it", "heap/region_heap.hpp",
           "static_cast<std::byte*>(block) - prefix, prefix + bytes, prefix);",
           "static_cast<std::byte*>(block) - prefix, bytes, prefix);",
           "heap/region_exhaustion_test.cpp", "region_exhaustion/0.leaves_all_as_it_was_at_each_allocation"),
    Mutant("an object that can't be built keeps its room", "heap/unfinished.hpp",
           "if (block != nullptr)\n            deallocate(start, block);", "static_cast<void>(start);",
           "heap/standard_exhaustion_test.cpp",
           "standard_sequences/exhausted_containers/1.are_as_they_were_at_each_allocation_that_fails"),
    Mutant("what threads have too much of is lost", "lib/heap/pools.cpp",
           "if (auto* const block = cache.take(base, of))\n            give(base, of, block);",
           "static_cast<void>(cache.take(base, of));",
           "heap/rounds_test.cpp", "each/rounds.of_two_threads_beside_ten_thousand_cuts_leave_nothing_behind/userfault"),
    Mutant("the pages of a cut that fails are forgotten", "lib/heap/take.cpp",
           "~keeping() { pending.insert(found); }", "~keeping() { }",
           "heap/limits_test.cpp", "each/limits.of_the_file_of_frames_lose_nothing/userfault"),
    Mutant("pages rest without asking whether they were written", "lib/heap/rest.cpp",
           "    note_written_or_different(runs, round_);\n", "",
           "heap/resting_test.cpp", "each/resting.leaves_out_what_was_written_since_the_cut/userfault"),
    Mutant("what is written while pages are copied ahead isn't looked for", "lib/heap/take.cpp",
           "        heap_.note_written(heap_.round_, writers::out);\n", "        ;\n",
           "heap/threads_oracle_test.cpp", "each/threads_oracle.agrees_where_nothing_rests/userfault"),
    Mutant("prepared pages take entries that nobody counts", "lib/heap/protect_tracker.cpp",
           "static_cast<void>(open_apart(pages));", "static_cast<void>(open(pages));",
           "heap/tracker_test.cpp", "protect_tracker.counts_prepared_pages_too_and_once"),
    Mutant("refused pages take entries where they needn't", "lib/heap/page_server.cpp",
           "if (by(os::refusal::guard))", "if (by(os::refusal::protection))",
           "heap/refused_pages_test.cpp", "refused_pages.of_a_mapping_stay_within_the_entries_that_it_counts"),
    Mutant("a scan that was cut short is forgotten", "lib/os/write_tracking.cpp",
           "return argument.walk_end;", "return end;",
           "heap/tracker_test.cpp", "userfault_tracker.goes_on_after_a_full_vector_of_results"),
    Mutant("what is mapped anew isn't tracked", "lib/heap/rest.cpp",
           "    tracker_->arm(unarmed_);\n", "",
           "heap/resting_test.cpp", "each/resting.what_is_written_to_resting_pages_is_noticed/protect"),
    Mutant("a rollback to zeros brings frames back", "lib/heap/restore.cpp",
           "if (!resting_.is_any_backed(pages)) {", "if (true) {",
           "heap/resting_test.cpp", "each/resting.a_rollback_to_zeros_brings_no_frames_back/userfault"),
    Mutant("a page goes on showing a frame that may go", "lib/heap/restore.cpp",
           "if (!backed && std::memcmp(", "if (std::memcmp(",
           "heap/resting_test.cpp",
           "each/resting.a_rollback_to_an_equal_frame_elsewhere_leaves_the_home/userfault"),
    Mutant("a rollback writes pages that didn't change", "lib/heap/restore.cpp",
           "if (!backed && std::memcmp(page(index), content, page_bytes) == 0)", "if (false)",
           "heap/restore_writes_test.cpp", "each/restore_writes.pages_that_differ_and_no_others/userfault"),
    Mutant("slots are used again under a child", "lib/heap/frame_store.cpp",
           "if (seen.forks.born < seen.forks.gone)", "if (false)",
           "heap/fork_test.cpp", "each/forks.children_keep_what_they_see_while_the_parent_goes_on/userfault"),
    Mutant("a child that closes its files counts as gone", "lib/os/children.cpp",
           "return ::fcntl(mark.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0;", "return true;",
           "heap/fork_test.cpp", "each/forks.children_keep_what_they_see_while_the_parent_goes_on/userfault"),
    Mutant("a lease ends without asking who waits", "capability/slots.hpp",
           "if (pins::place_of(lease.version()).may_have(lease.version()))", "if (false)",
           "capability/lease_test.cpp", "leases.keep_their_version_past_its_grant_and_no_longer"),
    Mutant("nobody is said to wait", "lib/capability/retiring.cpp",
           "    pins::place_of(version).add(version);\n", "",
           "capability/lease_test.cpp", "leases.keep_their_version_past_its_grant_and_no_longer"),
    Mutant("a way stays known when one on it is revoked", "lib/capability/table.cpp",
           "chunks_.epoch.fetch_add(1, std::memory_order_seq_cst);", "",
           "capability/forward_test.cpp", "forwarders.are_cut_where_a_thread_has_just_come_through"),
    Mutant("a tag opens whatever generation is asked for", "capability/slots.hpp",
           "        || place->generation.load(std::memory_order_acquire) != asked.generation\n", "",
           "capability/forgery_test.cpp", "forgeries.by_any_one_or_two_flipped_bits_open_on_nothing"),
    Mutant("a slot opens as any type", "capability/slots.hpp",
           "\n        || place->type.load(std::memory_order_acquire) != &type)", ")",
           "capability/forgery_test.cpp", "forgeries.of_the_type_open_on_nothing"),
    Mutant("a bank's own memory goes back though somebody else has something there", "lib/capability/retiring.cpp",
           "owners += static_cast<std::size_t>(version->owners_to_forget);",
           "owners += static_cast<std::size_t>(version->owners_to_forget) + 1;",
           OWN_MEMORY, "own_memory.is_kept_for_who_holds_a_container"),
    Mutant("a block has no owner while it is freed", "core/bank_record.hpp",
           "        free(block, at_least_one(bytes), alignment);\n        leave();",
           "        leave();\n        free(block, at_least_one(bytes), alignment);",
           OWN_MEMORY, "own_memory.is_kept_while_a_block_is_freed"),
    Mutant("a block has no owner while it is allocated", "core/bank_record.hpp",
           "        auto* const block = allocate_for_owner(at_least_one(bytes), alignment);\n        failing.entered = nullptr;",
           "        leave();\n        auto* const block = allocate_for_owner(at_least_one(bytes), alignment);\n        enter();\n        failing.entered = nullptr;",
           OWN_MEMORY, "own_memory.is_kept_while_a_block_is_allocated"),
    Mutant("a stored version's block has no owner", "capability/grant.hpp",
           "            return 1;\n        else if", "            return 0;\n        else if",
           OWN_MEMORY, "own_memory.goes_back_at_once_with_types_of_the_programs_own"),
    Mutant("a reclaimer doesn't say that it has nodes", "reclaimer.hpp",
           "            version.heap().note_strays();", "            static_cast<void>(0);",
           OWN_MEMORY, "own_memory.is_kept_for_a_reclaimer"),
    Mutant("a version of another bank is forgotten", "capability/versions.hpp",
           "return version.heap().payer() == payer;", "return true;",
           OWN_MEMORY, "own_memory.is_not_what_a_version_of_another_bank_lies_in"),
    Mutant("a bank's own memory goes while its bank stands", "lib/capability/retiring.cpp",
           " && version.payer->stands() == core::bank_record::standing::destroyed", "",
           OWN_MEMORY, "own_memory.stays_while_its_bank_stands"),
    Mutant("a fork waits for no allocation", "lib/heap/fork.cpp",
           "held_whole_ = !is_lent_.load();", "held_whole_ = false;",
           FORK_THREADS, "each/fork_threads.leave_a_child_whole_whatever_they_do/compare"),
    Mutant("a fork waits for a borrower", "lib/heap/fork.cpp",
           "held_whole_ = !is_lent_.load();", "held_whole_ = true;",
           "heap/fork_lent_test.cpp", "each/fork_lent.waits_for_no_borrower_and_has_what_it_took_whole/compare"),
    Mutant("a child goes on with what was torn", "lib/heap/fork.cpp",
           "torn_ = true;", "",
           "heap/fork_lent_test.cpp", "each/fork_lent.is_refused_by_name_where_other_threads_were_at_it/compare"),
    Mutant("a child waits at a gate that another thread closed", "lib/heap/gate.cpp",
           "if (!closed_here)", "if (false)",
           FORK_THREADS, "each/fork_threads.leave_a_child_whole_whatever_they_do/compare"),
    Mutant("a cut waits for guards under a lock that forks wait for", "lib/heap/gate.cpp",
           "            lock.unlock();\n            if (looks", "            if (false)\n                lock.unlock();\n            if (looks",
           FORK_THREADS, "each/fork_threads.leave_a_child_whole_whatever_they_do/compare"),
    Mutant("a fork doesn't wait for versions", "lib/os/forks.cpp",
           "for (auto* one : layers_)", "for (auto* one : { layers_[0], layers_[2], layers_[3] })",
           FORK_THREADS, "each/fork_threads.leave_a_child_the_short_locks/compare"),
    Mutant("a fork doesn't wait for frames", "lib/os/forks.cpp",
           "for (auto* one : layers_)", "for (auto* one : { layers_[0], layers_[1], layers_[3] })",
           FORK_THREADS, "each/fork_threads.leave_a_child_the_short_locks/compare"),
    Mutant("a fork doesn't wait for banks", "lib/os/forks.cpp",
           "for (auto* one : layers_)", "for (auto* one : { layers_[0], layers_[1], layers_[2] })",
           FORK_THREADS, "each/fork_threads.leave_a_child_the_short_locks/compare"),
    Mutant("a child's growth is its parent's tracker's", "lib/heap/allocation.cpp",
           "if (!is_inherited())", "if (true)",
           "heap/fork_test.cpp", "each/forks.a_child_goes_on_when_its_parent_is_gone/userfault"),
    Mutant("zeros that a child becomes are armed in its parent", "lib/heap/restore.cpp",
           "    if (is_inherited())\n        return true;\n", "",
           "heap/home_test.cpp", "each/homes.that_were_zeros_take_nothing_from_the_parent/userfault"),
    Mutant("a child ends the threads of its parent's mapping", "lib/heap/page_server.cpp",
           "    if (os::process_generation() != made_in_) {\n", "    if (false) {\n",
           "heap/segment_mapping_test.cpp", "segment_mappings.are_forgotten_by_a_child_which_asks_nobody"),
    Mutant("a node may reach past the bounds that it begins in", "core/ground.hpp",
           "if (offset > bounds_.size() || bytes > bounds_.size() - offset)", "if (offset > bounds_.size())",
           CHECK_TREE, "check_forged_tree.nodes_lie_in_the_bounds_with_their_whole_extent"),
    Mutant("a way may go on upwards", "tree/validate.hpp",
           "if (child->level + 1 != passed.level)", "if (child->level >= Schema::max_height)",
           CHECK_TREE, "check_forged_tree.cycles_end"),
    Mutant("elements are compared before they are checked", "tree/validate.hpp",
           "return core::is_value<Object>(check, in.at(index)) ? nullptr", "return true ? nullptr",
           CHECK_TREE, "check_forged_elements.are_checked_by_whoever_knows_them_before_they_are_compared"),
    Mutant("a box may be anywhere", "tree/validate.hpp",
           "if constexpr (!Ground::is_sound && !Storage::is_contiguous) {", "if constexpr (false) {",
           CHECK_TREE, "check_forged_boxes.lie_in_the_bounds"),
    Mutant("a node of a table may have less room than it says", "radix/validate.hpp",
           "return ground_.template broken_by<typename Node::heap_type>(&node, node.bytes(), node.alignment());",
           "return nullptr;",
           "heap/check_table_test.cpp", "check_forged_table.nodes_lie_in_the_bounds_with_their_whole_extent"),
    Mutant("a table is walked anew on every way to it", "segment/check.hpp",
           "if (known_.contains(root))", "if (false)",
           "segment/check_test.cpp", "segment_check.walks_a_table_once_however_many_ways_lead_there"),
    Mutant("a late read finds what comes to the address", "lib/heap/quarantine.cpp",
           ": os::map_guard_at(start, bytes);", ": false;",
           ENFORCEMENT, "enforcement_DeathTest.of_the_end_of_a_lease_after_others_were_mapped"),
    Mutant("a late read finds what was there instead of zeros", "lib/heap/quarantine.cpp",
           "os::map_zeros_read_only_at(start, bytes)", "true",
           ENFORCEMENT, "enforcement_DeathTest.of_the_end_of_a_lease_by_zeros"),
    Mutant("late zeros can be written to", "lib/os/memory.cpp",
           "try_to_map_over(place, bytes, PROT_READ, MAP_PRIVATE",
           "try_to_map_over(place, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE",
           ENFORCEMENT, "enforcement_DeathTest.of_the_end_of_a_lease_by_zeros"),
    Mutant("addresses are kept from others without end", "lib/heap/quarantine.cpp",
           "seen_.ranges + 1 > quarantine::most_ranges || ", "",
           LATE_READS, "each/late.reads_are_kept_from_others_up_to_a_number_of_mappings/fault"),
    Mutant("what can't be replaced stays as it was", "lib/heap/quarantine.cpp",
           "        if (range.unmap())\n            return;\n", "        range.release();\n        return;\n",
           "heap/limits_test.cpp", "each/limits_of_late_reads.unmap_what_cannot_be_replaced/fault"),
    Mutant("what can't even be unmapped stays as it was", "lib/heap/quarantine.cpp",
           "        STILL_CHECK(ended->is_private && os::discard(range.start(), range.bytes()));\n", "",
           "heap/limits_test.cpp", "each/limits_of_late_reads.show_nothing_where_the_memory_map_is_full/fault"),
    Mutant("a fork doesn't wait for the queue of late reads", "lib/heap/quarantine.cpp",
           "void hold() noexcept override { all.ranges.hold(); }\n"
           "    void let_go() noexcept override { all.ranges.let_go(); }",
           "void hold() noexcept override { }\n    void let_go() noexcept override { }",
           LATE_READS, "each/late.reads_beside_a_thread_that_forks/fault"),
    Mutant("the table isn't sealed", "lib/capability/chunk.cpp",
           "if (how_long == stay::for_good)", "if (false)",
           ENFORCEMENT, "enforcement.of_the_place_of_the_table_by_a_seal"),
]

# Unoptimised and without debug information: these units are compiled once and run once.
LIBRARIES = ["-lgtest_main", "-lgtest", "-lrapidcheck", "-lxxhash", "-pthread"]
TIMEOUT = 45  # seconds; the tests named here take less than ten
CHANCES = 3  # what goes wrong between threads shows in most runs, not in each
# Properties are tried on the same samples each time: whether a fault is caught mustn't be left to chance.
ENVIRONMENT = {**os.environ, "RC_PARAMS": "seed=1"}


def is_library(mutant):
    return mutant.header.startswith("lib/")


def path_of(mutant):
    return mutant.header if is_library(mutant) else f"include/still/{mutant.header}"


def planted(mutant, text):
    """The header's text with the fault in it."""
    count = text.count(mutant.before)
    if count != 1:
        raise ValueError(f"the text to replace stands {count} times in {path_of(mutant)}:\n{mutant.before}")
    return text.replace(mutant.before, mutant.after)


class Build:
    """A compiled build: how it compiled each file, and what the file became."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        self.entries = {}
        for entry in json.loads((self.directory / "compile_commands.json").read_text()):
            path = pathlib.Path(entry["directory"], entry["file"])
            for file in [path, *self.included_in(path)]:
                self.entries.setdefault(os.path.relpath(file, tap.root()), entry)  # the first of a file's programs

    @staticmethod
    def included_in(path):
        """The test files that were compiled together as this one (tests/together.py)."""
        if "_together_" not in path.name:
            return []
        tests = pathlib.Path(tap.root(), "tests")
        return [tests / name for name in re.findall(r'^#include "(.*_test\.cpp)"$', path.read_text(), re.MULTILINE)]

    def compiler_and_options(self, source):
        words = shlex.split(self.entries[source]["command"])
        first = next(index for index, word in enumerate(words) if word.startswith("-"))
        return words[:first], words[first:]

    def object_of(self, source):
        return self.directory / self.entries[source]["output"]

    def compile(self, source, text_of, target, overlay=None):
        """Compiles the file `text_of` as the build compiled `source`. Returns what is wrong, or None."""
        compiler, words = self.compiler_and_options(source)
        options, index = [], 0
        while index < len(words):
            if words[index] in ("-o", "-c", "-MF", "-MQ"):
                index += 1  # with its argument
            elif words[index] != "-MD":
                options.append(words[index])
            index += 1
        before = [f"-I{overlay}"] if overlay else []
        return self._call([*compiler, *before, *options, "-w", "-g0", "-c", str(text_of), "-o", str(target)])

    def link(self, program, unit, *objects):
        compiler, _ = self.compiler_and_options(unit)
        return self._call([*compiler, *map(str, objects), str(self.directory / "lib/libstill.a"), "-o", str(program),
                           *LIBRARIES])

    def _call(self, words):
        done = subprocess.run(words, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        return f"it doesn't compile:\n{done.stdout[:4000]}" if done.returncode != 0 else None


def run(program, tests):
    """Runs cases of a test program. Returns how many ran, whether all passed, and whether any was skipped."""
    try:
        done = subprocess.run([str(program), f"--gtest_filter={tests}", "--gtest_fail_fast"], timeout=TIMEOUT,
                              env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return 1, False, False
    ran = re.search(rb"Running (\d+) test", done.stdout)
    return int(ran.group(1)) if ran else 0, done.returncode == 0, b"[  SKIPPED ]" in done.stdout


def source_of(unit):
    return f"tests/{unit}" if "/" in unit else f"tests/tree/{unit}"


def check_control(unit, mutants, scratch, build):
    """The tests that mutants name pass against the headers as they are."""
    program = scratch / (unit.replace("/", "_") + ".control")
    problem = build.link(program, source_of(unit), build.object_of(source_of(unit)))
    for test in sorted({mutant.test for mutant in mutants if mutant.unit == unit}):
        if problem is None:
            ran, passed, _ = run(program, test)
            if ran != 1:
                problem = f"{test}: {ran} cases of this name"
            elif not passed:
                problem = f"{test} fails without any fault planted"
    program.unlink(missing_ok=True)
    return f"control: {unit}", problem, None


def check_mutant(number, mutant, scratch, build):
    name = f"{mutant.name} ({mutant.test})"
    try:
        text = planted(mutant, pathlib.Path(tap.root(), path_of(mutant)).read_text())
    except (OSError, ValueError) as error:
        return name, str(error), None
    if build is None:
        return name, None, None
    overlay = scratch / f"mutant{number}"
    shutil.rmtree(overlay, ignore_errors=True)  # of an earlier run, with another header in it
    changed = overlay / "still" / mutant.header
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(text)
    program, compiled, unit = overlay / "program", overlay / "changed.o", source_of(mutant.unit)
    if is_library(mutant):
        objects = [build.object_of(unit), compiled]
        problem = build.compile(mutant.header, changed, compiled)
    else:
        objects = [compiled]
        problem = build.compile(unit, pathlib.Path(tap.root(), unit), compiled, overlay)
    problem = problem or build.link(program, unit, *objects)
    reason = None
    if problem is None:
        for _ in range(CHANCES):
            _, passed, skipped = run(program, mutant.test)
            if not passed:
                break
        # A test that is skipped only with the fault planted hasn't caught it.
        if (skipped and is_library(mutant) and build.link(program, unit, build.object_of(unit)) is None
                and run(program, mutant.test)[2]):
            reason = "the test is skipped here"
        elif passed:
            problem = "SURVIVED: the test passes with this fault planted"
    program.unlink(missing_ok=True)
    compiled.unlink(missing_ok=True)
    return name, problem, reason


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only tell the names")
    parser.add_argument("--only", action="append", metavar="NAME", help="only mutants whose name has this in it")
    parser.add_argument("scratch", nargs="?", help="a directory for what is compiled")
    parser.add_argument("build", nargs="?", help="a build directory, compiled")
    chosen = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS
               if not chosen.only or any(part in mutant.name for part in chosen.only)]
    if chosen.list:
        for mutant in mutants:
            print(f"{mutant.name}: {mutant.header}, caught by {mutant.test}")
        return 0
    if chosen.scratch is None:
        parser.error("a scratch directory is needed")
    scratch = pathlib.Path(chosen.scratch)
    scratch.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = []
        build = Build(chosen.build) if chosen.build else None
        if build:
            for unit in sorted({mutant.unit for mutant in mutants}):
                work.append(pool.submit(check_control, unit, mutants, scratch, build))
        for number, mutant in enumerate(mutants, start=1):
            work.append(pool.submit(check_mutant, number, mutant, scratch, build))
        return tap.report(done.result() for done in work)


sys.exit(main())
