// How often this library has asked for memory: a plan must not.
#pragma once

#include <cstdint>

namespace wm {

// Calls of operator new by code of this library, from the beginning.
std::uint64_t allocations();

}  // namespace wm
