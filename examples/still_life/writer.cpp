// SPDX-License-Identifier: BSL-1.0

#include "still_life/writer.hpp"

namespace still_life {

writer::writer(options const& chosen, banks const& payers)
    : payers_(payers)
    , heap_({ .capacity = chosen.capacity, .tracker = chosen.tracker, .bank = payers.frames, .label = "word index" })
    , index_(heap_)
    , counts_(still::charged_heap(payers.counts))
{
    keep("(empty)");
}

void writer::add(entry_words const& entry)
{
    index_.add(entry);
    counts_ = counted(std::move(counts_), entry);
}

void writer::keep(std::string name)
{
    auto const snapshot = heap_.snapshot();
    versions_.push_back({ .name = std::move(name),
        .snapshot = snapshot,
        .counts = counts_,
        .free_bytes = heap_.statistics().free_bytes,
        .snapshot_loan = { snapshot, payers_.capabilities },
        .counts_loan = { counts_, payers_.capabilities } });
}

void writer::roll_back(kept_version const& version)
{
    heap_.restore(version.snapshot);
    counts_ = version.counts; // the map needs no rolling back: an old version is as good as new
}

handed_version writer::handed(std::size_t number) const
{
    auto const& version = versions_.at(number);
    return { .number = number,
        .snapshot = version.snapshot_loan.lent.capability,
        .counts = version.counts_loan.lent.capability,
        .mapped = {} };
}

handed_version writer::newest_mapped()
{
    auto given = handed(versions_.size() - 1);
    mapped_.emplace(versions_.back().snapshot.map(), payers_.capabilities);
    given.mapped = mapped_->lent.capability;
    return given;
}

void writer::end_mapping() noexcept
{
    mapped_.reset();
}

} // namespace still_life
