#include "wm/packed_store.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

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
  const float* const zeros = arrays_.emplace_back(padded(weight.rows)).data();
  PackedLinear packed{nullptr, zeros, weight.rows, cols};
  if (group_ == 4) {
    pack_int8(weight, first_col, packed);
  } else {
    packed.panels =
        group_ == 1 ? pack_float32(weight, first_col, cols) : pack_bfloat16(weight, first_col, cols);
  }
  return packed;
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

// Each row on the 255 levels from minus its largest weight to that.
void PackedStore::pack_int8(const MatrixView& weight, std::size_t first_col, PackedLinear& packed) {
  if (packed.cols > kMostInt8Inputs) {
    throw std::invalid_argument("int8 takes layers of at most " + std::to_string(kMostInt8Inputs) +
                                " inputs; one here has " + std::to_string(packed.cols));
  }
  const std::size_t words = (packed.cols + 3) / 4;
  std::uint32_t* const panels = words_.emplace_back(padded(weight.rows) * words).data();
  float* const scale = arrays_.emplace_back(padded(weight.rows)).data();
  float* const total = arrays_.emplace_back(padded(weight.rows)).data();
  for (std::size_t row = 0; row < weight.rows; ++row) {
    const float* const values = weight.data + row * weight.cols + first_col;
    float largest = 0.0F;
    for (std::size_t k = 0; k < packed.cols; ++k) largest = std::max(largest, std::abs(values[k]));
    scale[row] = largest / 127.0F;
    std::uint32_t* const panel = panels + row / panel_rows_ * panel_rows_ * words;
    int sum = 0;
    for (std::size_t k = 0; k < packed.cols && largest > 0.0F; ++k) {
      const auto level = static_cast<std::int8_t>(std::lround(values[k] / scale[row]));
      const std::uint32_t byte = static_cast<std::uint8_t>(level);
      panel[k / 4 * panel_rows_ + row % panel_rows_] |= byte << (k % 4 * 8);
      sum += level;
    }
    total[row] = scale[row] * static_cast<float>(sum);
  }
  packed.panels = panels;
  packed.scale = scale;
  packed.total = total;
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
