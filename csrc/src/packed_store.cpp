#include "wm/packed_store.hpp"

#include <algorithm>

namespace wm {

PackedLinear PackedStore::pack(const LinearView& layer) {
  PackedLinear packed = pack_columns(layer.weight, 0, layer.weight.cols);
  packed.bias = keep(layer.bias);
  return packed;
}

PackedLinear PackedStore::pack_columns(const MatrixView& weight, std::size_t first_col, std::size_t cols) {
  float* const panels = arrays_.emplace_back(padded(weight.rows) * cols).data();
  for (std::size_t row = 0; row < weight.rows; ++row) {
    float* const panel = panels + row / panel_rows_ * panel_rows_ * cols;
    for (std::size_t k = 0; k < cols; ++k) {
      panel[k * panel_rows_ + row % panel_rows_] = weight.data[row * weight.cols + first_col + k];
    }
  }
  const float* const zeros = arrays_.emplace_back(padded(weight.rows)).data();
  return {panels, zeros, weight.rows, cols};
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
