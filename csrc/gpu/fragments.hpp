// Layers cut in the fragments that tensor cores want; see Linear.
#pragma once

#include <cstddef>
#include <vector>

#include "layout.hpp"
#include "memory.hpp"
#include "wm/view.hpp"

namespace wm::gpu {

inline std::size_t up_to(std::size_t n, std::size_t whole) { return (n + whole - 1) / whole * whole; }

template <class T>
const T* kept(Memory& memory, const std::vector<T>& values) {
  return memory.copy(values.data(), values.size());
}

// `cols` columns of `weight` from `first_col` on.
std::vector<std::uint32_t> fragments_of(const MatrixView& weight, std::size_t first_col, std::size_t cols);
// `bias` and zeros, to whole fragments of `rows`.
std::vector<float> padded_bias(View<float> bias, std::size_t rows);

Linear upload(Memory& memory, const LinearView& layer);
// With a bias of zeros.
Linear upload_columns(Memory& memory, const MatrixView& weight, std::size_t first_col, std::size_t cols);

}  // namespace wm::gpu
