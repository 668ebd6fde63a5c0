// SPDX-License-Identifier: BSL-1.0

#include "os/descriptor.hpp"

#include <unistd.h>

namespace still::os {

descriptor::~descriptor()
{
    if (number_ >= 0)
        ::close(number_);
}

} // namespace still::os
