// linear.hpp's product in 8-bit integers (AVX-512 VNNI).
//
// Operands stay float32 until here. A lane's inputs are put on 256 levels from the least of them to the
// greatest, x = least + step q, and a row's weights on 255 about zero, w = scale v. So
//   W x + b = b + scale step Σ v q + scale least Σ v,
// and Σ v q is exact: VPDPBUSD adds four products of a lane at once, where VDPBF16PS adds two.
#pragma once

#include <immintrin.h>

#include "operand.hpp"
#include "wm/tile.hpp"

namespace {

constexpr std::size_t kPanelRows = 12;  // as for float32
constexpr std::size_t kDepth = 1;

struct Multiplying {
  Multiplying() {}
};

// How a tile's inputs were put on levels.
struct Levels {
  Vec least[kVectors];
  Vec step[kVectors];
};

// q four to a word, the first input in the lowest byte; inputs that are not there are 0.
inline Levels put_on_levels(const float* x, std::size_t cols, std::uint32_t* words) {
  Levels levels;
  for (std::size_t v = 0; v < kVectors; ++v) {
    const float* const lane = x + v * kWidth;
    Vec low = load(lane), high = low, taint{};
    for (std::size_t k = 0; k < cols; ++k) {
      const Vec y = load(lane + k * kLanes);
      low = min(low, y);
      high = max(high, y);
      taint += 0.0F * y;  // NaN where y is none of the numbers, which min and max would pass over
    }
    const Vec range = high - low;
    const Vec inverse = 255.0F / max(range, splat(1e-30F));
    for (std::size_t word = 0; 4 * word < cols; ++word) {
      IntVec packed{};
      for (std::size_t j = 0; j < 4 && 4 * word + j < cols; ++j) {
        // Adding 2^23 leaves the rounded level in the low mantissa bits.
        const Vec level = (load(lane + (4 * word + j) * kLanes) - low) * inverse + 8388608.0F;
        packed |= ((IntVec)level & 0xff) << static_cast<int>(8 * j);
      }
      *reinterpret_cast<IntVec*>(words + word * kLanes + v * kWidth) = packed;
    }
    levels.least[v] = low + taint;
    levels.step[v] = range * (1.0F / 255.0F);
  }
  return levels;
}

inline IntVec multiply_add(IntVec sum, std::uint32_t weights, IntVec levels) {
  const __m512i four = _mm512_set1_epi32(static_cast<std::int32_t>(weights));
  return (IntVec)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)levels, four);
}

template <class Epilogue>
inline void linear(const wm::PackedLinear& layer, const Operand* x, Epilogue epilogue) {
  alignas(64) std::uint32_t inputs[wm::kMostInt8Inputs / 4 * kLanes];
  const Levels levels = put_on_levels(x, layer.cols, inputs);
  const auto* panel = static_cast<const std::uint32_t*>(layer.panels);
  for (std::size_t first = 0; first < layer.rows; first += kPanelRows) {
    IntVec sum[kPanelRows][kVectors];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kPanelRows; ++r) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = IntVec{};
    }
    for (std::size_t word = 0; 4 * word < layer.cols; ++word, panel += kPanelRows) {
      IntVec input[kVectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) {
        input[v] = *reinterpret_cast<const IntVec*>(inputs + word * kLanes + v * kWidth);
      }
#pragma GCC unroll 16
      for (std::size_t r = 0; r < kPanelRows; ++r) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVectors; ++v) sum[r][v] = multiply_add(sum[r][v], panel[r], input[v]);
      }
    }
    const std::size_t left = layer.rows - first;
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kPanelRows; ++r) {
      if (r >= left) break;
      const std::size_t row = first + r;
      const float bias = layer.bias[row], scale = layer.scale[row], total = layer.total[row];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) {
        const Vec products = __builtin_convertvector(sum[r][v], Vec);
        epilogue(row, v * kWidth, bias + total * levels.least[v] + (scale * levels.step[v]) * products);
      }
    }
  }
}

}  // namespace
