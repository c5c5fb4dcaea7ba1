// y = W x + b for the lanes of a tile by AMX: x (cols, lanes) → y (rows, lanes), as in linear.hpp.
//
// Floor: rows · cols · lanes multiply-adds, 8,192 an instruction and 16 cycles. An operand array is, as it
// is, the right factor of TDPBF16PS: 16 words of two inputs by 16 lanes. So weights are the left one, and
// what comes out is features by lanes again. Two panels of 16 rows by two vectors of lanes keep four sums in
// registers and read 4 kB for four instructions, of which 2 kB are weights (from L2, in order; by the
// streaming load, so that they do not push x out of L1: 4 % of a rollout).
//
// Measured on one Emerald Rapids core at 2.6 GHz, 512 inputs to 256 rows, nothing fused: 2.2 TFLOP/s of 2.65
// with 1 MB of weights, 1.4 with 2 MB, all of L2. For spells of seconds it was 0.5, whatever ran here.
#pragma once

#include "operand.hpp"
#include "wm/tile.hpp"

namespace {

constexpr std::size_t kPanelRows = 16;
constexpr std::size_t kDepth = 16;  // words of a row in a register
constexpr std::size_t kTile = kPanelRows * kDepth;
constexpr std::size_t kStep = 2 * kPanelRows;  // rows at a time
static_assert(kVectors == 2 && kWidth == 16);

// The registers' shapes as LDTILECFG reads them: eight of 16 rows by 64 bytes.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileShapes kShapes;

// While one lives its thread may multiply. Nothing is left behind for the system to save: registers in use
// are 8 kB of every context switch.
struct Multiplying {
  Multiplying() { _tile_loadconfig(&kShapes); }
  ~Multiplying() { _tile_release(); }
  Multiplying(const Multiplying&) = delete;
  Multiplying& operator=(const Multiplying&) = delete;
};

// Intrinsics do not tell GCC that they read memory: what was written before is there when this returns.
inline void written() { __asm__ volatile("" ::: "memory"); }

// The sums of two panels by two vectors += a register of each panel's weights times one of each of x's
// vectors.
inline void add_products(const Operand* upper, const Operand* lower, const Operand* x) {
  _tile_loadd(6, x, kLanes * sizeof(Operand));
  _tile_stream_loadd(4, upper, kDepth * sizeof(Operand));
  _tile_dpbf16ps(0, 4, 6);
  _tile_loadd(7, x + kWidth, kLanes * sizeof(Operand));
  _tile_dpbf16ps(1, 4, 7);
  _tile_stream_loadd(5, lower, kDepth * sizeof(Operand));
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

// Calls epilogue(row, lane, sum) for each output vector, row by row; `lane` is the vector's first.
//
// A processor looks some hundred instructions ahead, and an epilogue is more than a thousand. So each pair of
// panels is multiplied between the rows of the pair before.
template <class Epilogue>
inline void linear(const wm::PackedLinear& layer, const Operand* x, Epilogue epilogue) {
  const auto* panel = static_cast<const Operand*>(layer.panels);
  const std::size_t words = (layer.cols + 1) / 2, whole = words / kDepth, rest = words % kDepth;
  const std::size_t blocks = whole + (rest > 0);
  // Inputs beyond the last are zero here: in x they may be anything, and zero times NaN is NaN.
  alignas(64) Operand last[kDepth * kLanes];
  if (rest > 0) {
    const Operand* const from = x + whole * kDepth * kLanes;
    for (std::size_t at = 0; at < rest * kLanes; ++at) last[at] = from[at];
    for (std::size_t at = rest * kLanes; at < kDepth * kLanes; ++at) last[at] = 0;
  }
  written();
  alignas(64) float sums[kStep * kLanes];
  for (std::size_t first = 0; first < layer.rows + kStep; first += kStep) {
    const bool multiplies = first < layer.rows;
    const std::size_t before = first - kStep;  // the rows that `sums` are of, from the second time on
    const std::size_t left = layer.rows - before;
    const std::size_t pairs = first == 0 ? 0 : (left < kStep ? left + 1 : kStep) / 2;
    const Operand* const lower = layer.rows - first > kPanelRows ? panel + blocks * kTile : panel;
    if (multiplies) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    }
    const std::size_t share = (pairs + blocks - 1) / blocks * 2;
    std::size_t row = 0;
    for (std::size_t k = 0; k < blocks; ++k) {
      if (multiplies) {
        add_products(panel + k * kTile, lower + k * kTile, k < whole ? x + k * kDepth * kLanes : last);
      }
      for (const std::size_t until = row + share; row < until && row < 2 * pairs; row += 2) {
#pragma GCC unroll 2
        for (std::size_t r = row; r < row + 2; ++r) {
          if (r >= left) break;
          const Vec bias = splat(layer.bias[before + r]);
          for (std::size_t v = 0; v < kLanes; v += kWidth) {
            epilogue(before + r, v, load(sums + r * kLanes + v) + bias);
          }
        }
      }
    }
    if (!multiplies) break;
    constexpr std::size_t kHalf = kPanelRows * kLanes;
    _tile_stored(0, sums, kLanes * sizeof(float));
    _tile_stored(1, sums + kWidth, kLanes * sizeof(float));
    _tile_stored(2, sums + kHalf, kLanes * sizeof(float));
    _tile_stored(3, sums + kHalf + kWidth, kLanes * sizeof(float));
    panel += 2 * blocks * kTile;
  }
}

}  // namespace
