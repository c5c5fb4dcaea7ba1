// Owns packed copies of layers; the views it hands out live as long as it does.
#pragma once

#include <cstddef>
#include <deque>

#include "wm/aligned.hpp"
#include "wm/tile.hpp"
#include "wm/view.hpp"

namespace wm {

class PackedStore {
 public:
  explicit PackedStore(std::size_t panel_rows) : panel_rows_(panel_rows) {}

  PackedLinear pack(const LinearView& layer);
  // Columns first_col … first_col + cols − 1 of `weight`, with a bias of zeros.
  PackedLinear pack_columns(const MatrixView& weight, std::size_t first_col, std::size_t cols);
  // A copy, padded with zeros to whole panels.
  const float* keep(View<float> values);

 private:
  std::size_t padded(std::size_t rows) const;

  std::size_t panel_rows_;
  std::deque<AlignedFloats> arrays_;
};

}  // namespace wm
