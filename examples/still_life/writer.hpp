// SPDX-License-Identifier: BSL-1.0
//
// The writer: a heap with the index in it, the counts beside it, and every version of both, each lent
// to the reader by capability.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "still/bank.hpp"
#include "still/capability.hpp"
#include "still/heap.hpp"
#include "still_life/entry_words.hpp"
#include "still_life/options.hpp"
#include "still_life/reader.hpp"
#include "still_life/word_counts.hpp"
#include "still_life/word_index.hpp"

namespace still_life {

/// Who pays: one bank for everything, and one below it for each kind of thing.
struct banks {
    explicit banks(std::size_t limit)
        : all(limit)
        , frames(all.child(limit))
        , counts(all.child(limit))
        , capabilities(all.child(limit))
    {
    }

    still::bank all;
    still::bank frames; ///< the pages of snapshots
    still::bank counts; ///< the nodes and words of map versions
    still::bank capabilities; ///< grants and forwarders
};

/// A version that was granted, and the capability that was put before it to be lent.
template <class Version>
struct loan {
    loan(Version version, still::bank const& payer)
        : grant(still::grant(std::move(version), payer))
        , lent(grant.capability().forward(payer))
    {
    }

    still::granted<Version> grant;
    still::forwarder<Version> lent;
};

struct kept_version {
    std::string name;
    still::snapshot snapshot;
    word_counts counts;
    /// What the allocator had free when the snapshot was taken.
    std::size_t free_bytes;
    loan<still::snapshot> snapshot_loan;
    loan<word_counts> counts_loan;
};

/// Thread contract: used by one thread.
class writer {
public:
    /// Effect: makes the heap, with an empty index in it, and keeps that as version 0.
    writer(options const& chosen, banks const& payers)
        : payers_(payers)
        , heap_(
              { .capacity = chosen.capacity, .tracker = chosen.tracker, .bank = payers.frames, .label = "word index" })
        , index_(heap_)
        , counts_(still::charged_heap(payers.counts))
    {
        keep("(empty)");
    }

    /// Effect: adds an entry of the directory to the index and to the counts.
    void add(entry_words const& entry)
    {
        index_.add(entry);
        counts_ = counted(std::move(counts_), entry);
    }

    /// Effect: keeps what index and counts are now as the newest version, and grants it.
    void keep(std::string name)
    {
        auto snapshot = heap_.snapshot();
        versions_.push_back({ .name = std::move(name),
            .snapshot = snapshot,
            .counts = counts_,
            .free_bytes = heap_.statistics().free_bytes,
            .snapshot_loan = { snapshot, payers_.capabilities },
            .counts_loan = { counts_, payers_.capabilities } });
    }

    /// The newest version as it is handed to the reader.
    [[nodiscard]] handed_version newest() const { return handed(versions_.size() - 1); }

    /// As above, and mapped into memory. Until the next one is lent, or end_mapping.
    [[nodiscard]] handed_version newest_mapped()
    {
        auto given = newest();
        mapped_.emplace(versions_.back().snapshot.map(), payers_.capabilities);
        given.mapped = mapped_->lent.capability;
        return given;
    }
    void end_mapping() noexcept { mapped_.reset(); }

    [[nodiscard]] handed_version handed(std::size_t number) const
    {
        auto const& version = versions_.at(number);
        return { number, version.snapshot_loan.lent.capability, version.counts_loan.lent.capability, {} };
    }

    /// Effect: makes index and counts what they were at a version. Versions are what they are: counts
    /// are rolled back by taking an old one.
    void roll_back(kept_version const& version)
    {
        heap_.restore(version.snapshot);
        counts_ = version.counts;
    }

    [[nodiscard]] still::heap& heap() noexcept { return heap_; }
    [[nodiscard]] still::heap const& heap() const noexcept { return heap_; }
    [[nodiscard]] live_index const& index() const noexcept { return index_; }
    [[nodiscard]] word_counts const& counts() const noexcept { return counts_; }
    [[nodiscard]] std::vector<kept_version>& versions() noexcept { return versions_; }
    [[nodiscard]] std::vector<kept_version> const& versions() const noexcept { return versions_; }

private:
    banks const& payers_;
    still::heap heap_;
    live_index index_;
    word_counts counts_;
    std::vector<kept_version> versions_;
    std::optional<loan<still::mapping>> mapped_;
};

} // namespace still_life
