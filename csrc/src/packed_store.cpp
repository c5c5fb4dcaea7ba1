#include "wm/packed_store.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace wm {
namespace {

// Nearest, ties to even.
std::uint32_t bfloat16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

}  // namespace

PackedLinear PackedStore::pack(const LinearView& layer) {
  PackedLinear packed = pack_columns(layer.weight, 0, layer.weight.cols);
  packed.bias = keep(layer.bias);
  return packed;
}

PackedLinear PackedStore::pack_columns(const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  const void* const panels =
      group_ == 1 ? pack_float32(weight, first_col, cols) : pack_bfloat16(weight, first_col, cols);
  const float* const zeros = arrays_.emplace_back(padded(weight.rows)).data();
  return {panels, zeros, weight.rows, cols};
}

const void* PackedStore::pack_float32(const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  float* const panels = arrays_.emplace_back(padded(weight.rows) * cols).data();
  for (std::size_t row = 0; row < weight.rows; ++row) {
    float* const panel = panels + row / panel_rows_ * panel_rows_ * cols;
    for (std::size_t k = 0; k < cols; ++k) {
      panel[k * panel_rows_ + row % panel_rows_] = weight.data[row * weight.cols + first_col + k];
    }
  }
  return panels;
}

const void* PackedStore::pack_bfloat16(const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  const std::size_t words = ((cols + 1) / 2 + depth_ - 1) / depth_ * depth_;
  std::uint32_t* const panels = words_.emplace_back(padded(weight.rows) * words).data();
  for (std::size_t row = 0; row < weight.rows; ++row) {
    std::uint32_t* const panel = panels + row / panel_rows_ * panel_rows_ * words;
    for (std::size_t k = 0; k < cols; ++k) {
      const std::uint32_t bits = bfloat16_bits(weight.data[row * weight.cols + first_col + k]);
      const std::size_t word = k / 2;
      const std::size_t block = word / depth_ * depth_ * panel_rows_;
      panel[block + row % panel_rows_ * depth_ + word % depth_] |= bits << (k % 2 * 16);
    }
  }
  return panels;
}

const float* PackedStore::keep(View<float> values) {
  float* const copy = arrays_.emplace_back(padded(values.size)).data();
  std::copy_n(values.data, values.size, copy);
  return copy;
}

std::size_t PackedStore::padded(std::size_t rows) const {
  return (rows + panel_rows_ - 1) / panel_rows_ * panel_rows_;
}

}  // namespace wm
