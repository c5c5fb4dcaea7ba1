// The launcher: a plan is one cooperative launch.
#pragma once

#include <cuda_runtime.h>

#include "device_memory.hpp"
#include "layout.hpp"

namespace wm::gpu {

// Bytes of a block's own memory for `problem`, of which only sizes are read.
std::size_t workspace_bytes(const Problem& problem);

// Starts the search on `stream`, on as many blocks as the device holds at once. Throws std::runtime_error
// where a block's memory does not fit, saying what is needed and what there is.
void launch_search(const Problem& problem, int most_candidates, cudaStream_t stream);

}  // namespace wm::gpu
