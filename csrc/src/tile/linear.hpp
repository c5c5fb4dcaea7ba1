// y = W x + b for the lanes of a tile: x (cols, lanes) → y (rows, lanes).
//
// Floor: rows · cols · lanes multiply-adds. A panel of kPanelRows rows keeps kPanelRows × kVectors
// accumulators in registers and reads, for each input, kVectors vectors of x and kPanelRows broadcast
// weights. So each weight is read once a tile (from L2 or L3, in order) and x once a panel (from L1 or L2).
#pragma once

#if defined(WM_AMX)
#include "linear_amx.hpp"
#elif defined(WM_INT8)
#include "linear_vnni.hpp"
#else

#include "operand.hpp"
#include "wm/tile.hpp"

namespace {

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kPanelRows = 12;  // 24 accumulators of 32 registers
#else
constexpr std::size_t kPanelRows = 6;  // 12 accumulators of 16 registers
#endif

constexpr std::size_t kDepth = 1;

// What must be there while products are computed: nothing, but with AMX.
struct Multiplying {
  Multiplying() {}
};

// Calls epilogue(row, lane, sum) for each output vector, row by row; `lane` is the vector's first.
template <class Epilogue>
inline void linear(const wm::PackedLinear& layer, const Operand* x, Epilogue epilogue) {
  const auto* panel = static_cast<const Operand*>(layer.panels);
  const std::size_t words = (layer.cols + kGroup - 1) / kGroup;
  for (std::size_t first = 0; first < layer.rows; first += kPanelRows) {
    Vec sum[kPanelRows][kVectors];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kPanelRows; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = splat(layer.bias[first + r]);
    }
    for (std::size_t k = 0; k < words; ++k, panel += kPanelRows) {
      OperandVec input[kVectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) input[v] = load_operand(x + k * kLanes + v * kWidth);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kPanelRows; ++r) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = multiply_add(sum[r][v], panel[r], input[v]);
      }
    }
    const std::size_t left = layer.rows - first;
    // Unrolled so that the accumulators stay registers: an index known only at run time would spill them.
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kPanelRows; ++r) {
      if (r >= left) break;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) {
        epilogue(first + r, v * kWidth, sum[r][v]);
      }
    }
  }
}

}  // namespace

#endif
