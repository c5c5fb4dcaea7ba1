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
  explicit PackedStore(const TileKernel& kernel)
      : panel_rows_(kernel.panel_rows), group_(kernel.group), depth_(kernel.depth) {}

  PackedLinear pack(const LinearView& layer);
  // Columns first_col … first_col + cols − 1 of `weight`, with a bias of zeros. std::invalid_argument: more
  // columns than integer products take.
  PackedLinear pack_columns(const MatrixView& weight, std::size_t first_col, std::size_t cols);
  // A copy, padded with zeros to whole panels.
  const float* keep(View<float> values);

 private:
  std::size_t padded(std::size_t rows) const;

  const void* pack_float32(const MatrixView& weight, std::size_t first_col, std::size_t cols);
  const void* pack_bfloat16(const MatrixView& weight, std::size_t first_col, std::size_t cols);
  void pack_int8(const MatrixView& weight, std::size_t first_col, PackedLinear& packed);

  std::size_t panel_rows_;
  std::size_t group_;
  std::size_t depth_;
  std::deque<AlignedFloats> arrays_;
  std::deque<AlignedWords> words_;
};

}  // namespace wm
