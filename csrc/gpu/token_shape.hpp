// How a grid is cut in teams for a transformer: blocks of a team, rows of a group, where the memory is.
#pragma once

#include <cstddef>
#include <functional>

#include "token_layout.hpp"

namespace wm::gpu {

// What there is to cut.
struct Device {
  std::size_t block_bytes = 0;  // of shared memory that a block may have
  bool clusters = false;        // whether blocks may reach each other's
  // Teams of this shape with so much shared memory a block that run at once.
  std::function<int(const Shape& shape, std::size_t bytes)> teams;
};

// Of a block with this shape: its own memory, and its inbox where that is shared memory too.
std::size_t shared_bytes(const TokenProblem& problem, const Shape& shape);

// Nanoseconds of a frame, as a roof says: enough to choose by, measured on no GPU.
double frame_ns(const TokenPredictor& predictor, const Shape& shape);

// The shape that takes the least time by that roof. Throws std::runtime_error where none fits, saying what is
// needed and what there is.
Shape choose_shape(const TokenProblem& problem, int most_candidates, const Device& device);

}  // namespace wm::gpu
