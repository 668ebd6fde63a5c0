// SPDX-License-Identifier: BSL-1.0
//
// Taking back what was lent, and looking whether everything was returned.

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "still_life/proofs.hpp"

namespace still_life {

void revoke(writer& author, reader& borrower, report& told)
{
    auto const last = author.versions().size() - 1;
    auto& version = author.versions()[last];
    auto const lent = author.handed(last);

    borrower.give(lent);
    told.check("the reader can open what it was lent, again and again", !borrower.wait().back().refused);

    version.snapshot_loan.lent.revoker.revoke();
    version.counts_loan.lent.revoker.revoke();
    borrower.give(lent);
    auto const refused = borrower.wait().back().refused;
    told.refusal = { .version = last,
        .error = refused == still::capability_error::revoked ? "revoked"
            : refused                                        ? "other"
                                                             : "none",
        .message = refused ? refused.message() : "" };
    told.check("taken back, it opens no more", refused == still::capability_error::revoked);

    told.check("and the writer's own capability still does",
        version.snapshot_loan.grant.capability().open() && version.counts_loan.grant.capability().open());
}

void check_all_returned(banks const& payers, report& told)
{
    auto const still_read = still::reclaim();
    auto const payers_by_kind = std::array{ &payers.frames, &payers.counts, &payers.capabilities };
    bool nothing_owed = payers.all.usage() == 0;
    for (std::size_t i = 0; i < payers_by_kind.size(); ++i) {
        told.banks.at(i).bytes_at_end = payers_by_kind[i]->usage();
        nothing_owed = nothing_owed && payers_by_kind[i]->usage() == 0;
    }
    told.check("at the end no bank pays for anything: no frame, no node, no grant or forwarder",
        nothing_owed && still_read == 0);
}

} // namespace still_life
