// SPDX-License-Identifier: BSL-1.0

#include "os/forks.hpp"

#include <array>
#include <cerrno>
#include <mutex>

#include <pthread.h>

#include "os/children.hpp"
#include "os/failure.hpp"
#include "os/process.hpp"
#include "still/core/bank_record.hpp"

namespace still::os {

/// All that take part, by layers. Nothing is allocated, so that handlers may go through it.
class fork_parts {
public:
    constexpr fork_parts() noexcept = default;

    void enter(fork_registration& one, fork_layer layer) noexcept
    {
        std::scoped_lock const lock(mutex_);
        auto*& first = layers_[static_cast<std::size_t>(layer)];
        one.link_ = &first;
        one.next_ = first;
        if (first != nullptr)
            first->link_ = &one.next_;
        first = &one;
    }
    void leave(fork_registration& one) noexcept
    {
        std::scoped_lock const lock(mutex_);
        *one.link_ = one.next_;
        if (one.next_ != nullptr)
            one.next_->link_ = one.link_;
    }

    void hold() noexcept
    {
        mutex_.lock();
        for_each([](fork_part& part) { part.hold(); });
    }
    void let_go() noexcept
    {
        for_each([](fork_part& part) { part.let_go(); });
        mutex_.unlock();
    }
    void begin_child() noexcept
    {
        for_each([](fork_part& part) { part.begin_child(); });
        mutex_.unlock();
    }

private:
    template <class Step>
    void for_each(Step&& step) noexcept
    {
        for (auto* one : layers_)
            for (; one != nullptr; one = one->next_)
                step(one->part_);
    }

    std::mutex mutex_;
    std::array<fork_registration*, fork_layers> layers_{};
};

namespace {

constinit fork_parts parts;

constinit int failure = 0;

/// Handlers that were registered before run after these: the locks of the watch over children are taken last.
[[gnu::constructor(103)]] void register_handlers() noexcept
{
    failure = ::pthread_atfork([] { parts.hold(); }, [] { parts.let_go(); }, [] { parts.begin_child(); });
}

/// Banks have no room of their own in the library. Whatever pays has them whole in a child.
constinit struct : fork_part {
    void hold() noexcept override { core::bank_record::tree().lock(); }
    void let_go() noexcept override { core::bank_record::tree().unlock(); }
    void begin_child() noexcept override
    {
        core::bank_record::begin_child();
        let_go();
    }
} banks_in_forks;
[[gnu::init_priority(fork_registration::priority)]] fork_registration const banks_whole_in_children(
    fork_registration::at_load{}, banks_in_forks);

/// Throws std::system_error.
void require_handlers()
{
    require_generations();
    watch_children();
    if (failure != 0) {
        errno = failure;
        throw_failure("pthread_atfork");
    }
}

} // namespace

fork_registration::fork_registration(fork_layer layer, fork_part& part)
    : part_(part)
    , link_(nullptr)
    , next_(nullptr)
{
    require_handlers();
    parts.enter(*this, layer);
}

fork_registration::fork_registration(at_load, fork_part& part) noexcept
    : part_(part)
    , link_(nullptr)
    , next_(nullptr)
{
    parts.enter(*this, fork_layer::others);
}

fork_registration::~fork_registration()
{
    parts.leave(*this);
}

} // namespace still::os
