// For tests compiled once for each kernel, WM_KERNEL its name: whether this machine can run it.
#pragma once

#include <string_view>

#include "wm/tile.hpp"

namespace instructions {

inline constexpr int kSkipped = 77;  // what ctest takes for a test that did not run

inline bool are_here() {
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (std::string_view(kernels.data[i].name) == WM_KERNEL) return true;
  }
  return false;
}

}  // namespace instructions
