// The launcher of searches with a transformer: a plan is one cooperative launch.
#pragma once

#include <cuda_runtime.h>

#include "device_memory.hpp"
#include "token_shape.hpp"

namespace wm::gpu {

// The GPU in use, as choose_shape wants it. Throws std::runtime_error where there is none.
Device this_device();

// Starts the search on `stream`. The problem is cut already.
void launch_search(const TokenProblem& problem, cudaStream_t stream);

}  // namespace wm::gpu
