// Views: a pointer with its extents. They own nothing, and have no member functions, so that files
// compiled for different instruction sets may share them (no inline function for the linker to mix up).
#pragma once

#include <cstddef>

namespace wm {

template <class T>
struct View {
  const T* data = nullptr;
  std::size_t size = 0;
};

struct MatrixView {  // row-major
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
};

struct LinearView {   // y = weight x + bias
  MatrixView weight;  // (out, in)
  View<float> bias;   // (out,)
};

struct ActionsView {  // (samples, horizon, nu), row-major
  const float* data = nullptr;
  std::size_t samples = 0;
  std::size_t horizon = 0;
  std::size_t nu = 0;
};

}  // namespace wm
