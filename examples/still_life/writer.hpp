// SPDX-License-Identifier: BSL-1.0
//
// The writer: a heap with the index in it, the counts beside it, and every version of both, each lent
// to the reader by capability.

#pragma once

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
    writer(options const& chosen, banks const& payers);

    /// Effect: adds an entry of the directory to the index and to the counts.
    void add(entry_words const& entry);

    /// Effect: keeps what index and counts are now as the newest version, and grants it.
    void keep(std::string name);

    /// Effect: makes index and counts what they were at a version. Versions stay.
    void roll_back(kept_version const& version);

    /// A version as it is lent to the reader.
    [[nodiscard]] handed_version handed(std::size_t number) const;
    /// The newest version, mapped into memory too. The mapping lasts until the next one, or end_mapping.
    [[nodiscard]] handed_version newest_mapped();
    void end_mapping() noexcept;

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
