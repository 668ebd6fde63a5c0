// SPDX-License-Identifier: BSL-1.0
//
// Brands: proof of who made a capability, and a seal that its holder alone can open.
//
//   still::brand const ours("index");
//   auto mine = ours.grant(version, bank);
//   if (ours.verify(offered)) ...               // it is one of those, whoever handed it here
//   auto const envelope = ours.seal(capability); // to be passed through hands that shall not open it

#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "still/capability/capability.hpp"
#include "still/capability/grant.hpp"

namespace still {

/// A capability under seal: nothing can be done with it but to hand it on, and to bring it to the brand that sealed it.
/// Copies are equal. Thread contract: as an integer's.
template <can_be_granted T>
class sealed {
public:
    /// Sealed by nobody.
    sealed() noexcept = default;
    [[nodiscard]] friend bool operator==(sealed const&, sealed const&) noexcept = default;

private:
    friend class brand;
    sealed(std::uint64_t maker, capability<T> const& content) noexcept
        : maker_(maker)
        , content_(content)
    {
    }
    std::uint64_t maker_ = 0;
    capability<T> content_;
};

/// One maker of capabilities. Moves only: whoever has it speaks for the maker. Brands are told apart by identity; the
/// name is for people.
/// Thread contract: const members from any thread.
class brand {
public:
    /// Allocates what the name takes.
    explicit brand(std::string name)
        : name_(std::move(name))
    {
        maker_ = made.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    brand(brand&& other) noexcept
        : maker_(std::exchange(other.maker_, 0))
        , name_(std::move(other.name_))
    {
    }
    brand& operator=(brand&& other) noexcept
    {
        maker_ = std::exchange(other.maker_, 0);
        name_ = std::move(other.name_);
        return *this;
    }
    ~brand() = default;

    /// What it was named; two brands may have one name.
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

    /// Effect: grants as `still::grant` does, under this brand. A moved-from brand marks nothing.
    template <can_be_granted T>
    [[nodiscard]] granted<T> grant(T version, bank const& payer) const
    {
        return still::grant(std::move(version), payer, maker(maker_));
    }

    /// True when the capability was granted under this brand, by whatever way and with whatever rights it came. False
    /// for one that doesn't open any more: it proves nothing. O(forwarders on the way). Allocates and throws nothing.
    template <can_be_granted T>
    [[nodiscard]] bool verify(capability<T> const& offered) const noexcept
    {
        return maker_ != 0 && slots::maker_of(offered.name_, slots::kind_of<T>) == maker_;
    }

    /// Effect: puts a capability, of whatever maker, under this brand's seal. O(1), throws nothing.
    template <can_be_granted T>
    [[nodiscard]] sealed<T> seal(capability<T> const& content) const noexcept
    {
        return { maker_, content };
    }
    /// The capability that this brand sealed; null where another did, by the same name too. O(1), throws nothing.
    template <can_be_granted T>
    [[nodiscard]] capability<T> unseal(sealed<T> const& envelope) const noexcept
    {
        return maker_ != 0 && envelope.maker_ == maker_ ? envelope.content_ : capability<T>();
    }

private:
    /// Brands that there have been. See Note: shared objects.
    [[gnu::visibility("default")]] static inline constinit std::atomic<std::uint64_t> made{ 0 };

    std::uint64_t maker_ = 0;
    std::string name_;
};

} // namespace still
