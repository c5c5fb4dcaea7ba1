#include "fragments.hpp"

#include <algorithm>

#include "scalar.hpp"

namespace wm::gpu {

std::vector<std::uint32_t> fragments_of(const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  const std::size_t n_tiles = up_to(weight.rows, 8) / 8;
  const std::size_t k_tiles = up_to(cols, 16) / 16;
  const auto at = [&](std::size_t n, std::size_t k) -> std::uint32_t {
    return n < weight.rows && k < cols ? to_bf16(weight.data[n * weight.cols + first_col + k]) : 0;
  };
  std::vector<std::uint32_t> fragments(n_tiles * k_tiles * 64);
  std::size_t out = 0;
  for (std::size_t n = 0; n < n_tiles; ++n) {
    for (std::size_t k = 0; k < k_tiles; ++k) {
      for (std::size_t lane = 0; lane < 32; ++lane) {
        for (const std::size_t half : {0, 8}) {
          const std::size_t row = 8 * n + lane / 4;
          const std::size_t col = 16 * k + 2 * (lane % 4) + half;
          fragments[out++] = at(row, col) | at(row, col + 1) << 16;
        }
      }
    }
  }
  return fragments;
}

std::vector<float> padded_bias(View<float> bias, std::size_t rows) {
  std::vector<float> padded(up_to(rows, 8));
  std::copy_n(bias.data, bias.size, padded.begin());
  return padded;
}

Linear upload_columns(Memory& memory, const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  return {kept(memory, fragments_of(weight, first_col, cols)), kept(memory, padded_bias({}, weight.rows)),
          static_cast<int>(weight.rows), static_cast<int>(cols)};
}

Linear upload(Memory& memory, const LinearView& layer) {
  return {kept(memory, fragments_of(layer.weight, 0, layer.weight.cols)),
          kept(memory, padded_bias(layer.bias, layer.weight.rows)), static_cast<int>(layer.weight.rows),
          static_cast<int>(layer.weight.cols)};
}

}  // namespace wm::gpu
