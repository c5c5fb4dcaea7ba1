// What each file here adds to the list: the benchmarks of one phase of a plan.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "wm/tile.hpp"

namespace wm::bench {

void add_draw(const TileKernel& kernel);
void add_rollout(const TileKernel& kernel);
void add_price(const TileKernel& kernel);
void add_learn(const TileKernel& kernel);
void add_wake();

// A phase on a kernel, "phase/avx2".
inline std::string named(const char* phase, const TileKernel& kernel) {
  return std::string(phase) + "/" + kernel.name;
}

// `each` of something an iteration, shown as a rate.
inline benchmark::Counter rate(std::size_t each) {
  return {static_cast<double>(each), benchmark::Counter::kIsIterationInvariantRate};
}

}  // namespace wm::bench
