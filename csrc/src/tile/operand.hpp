// What a product multiplies: float32, which linear_vnni.hpp puts on levels itself, or bfloat16 two to a word.
//
// An operand array holds (features, kLanes) floats, or (features / 2, kLanes) words: features 2i (low half)
// and 2i + 1 of one lane in bfloat16. AVX-512 BF16 does their two multiply-adds in one instruction, summed in float32;
// elsewhere they are widened and done one after the other: slower than float32, and the same numbers but for
// float32's own rounding.
#pragma once

#include "simd.hpp"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {

#ifdef WM_BF16

using Operand = std::uint32_t;
using OperandVec = IntVec;
constexpr std::size_t kGroup = 2;

#ifdef __AVX512BF16__
inline Vec multiply_add(Vec sum, Operand weight, OperandVec x) {
  const __m512i weights = _mm512_set1_epi32(static_cast<std::int32_t>(weight));
  return (Vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)weights, (__m512bh)x);
}
#else
inline Vec multiply_add(Vec sum, Operand weight, OperandVec x) {
  const IntVec weights = static_cast<std::int32_t>(weight) - IntVec{};
  sum += (Vec)(weights & ~0xffff) * (Vec)(x & ~0xffff);  // the upper halves first, as VDPBF16PS
  return sum + (Vec)(weights << 16) * (Vec)(x << 16);
}
#endif

// The bits of y rounded to the nearest bfloat16, ties to even, in the upper half.
inline IntVec bfloat16_bits(Vec y) {
  const IntVec bits = (IntVec)y;
  return bits + 0x7fff + ((bits >> 16) & 1);
}

// Writes y as feature `row`; rows must come in order, an even one clears the odd one beside it.
inline void store_operand(Operand* x, std::size_t row, std::size_t lane, Vec y) {
  OperandVec& word = *reinterpret_cast<OperandVec*>(x + row / 2 * kLanes + lane);
  const IntVec bits = bfloat16_bits(y);
  word = row % 2 == 0 ? (bits >> 16) & 0xffff : word | (bits & ~0xffff);
}

// `features` rows of x as operands, in `buffer`.
inline const Operand* as_operand(const float* x, std::size_t features, Operand* buffer) {
  for (std::size_t row = 0; row < features; ++row) {
    for (std::size_t v = 0; v < kLanes; v += kWidth) {
      store_operand(buffer, row, v, load(x + row * kLanes + v));
    }
  }
  return buffer;
}

#else

using Operand = float;
using OperandVec = Vec;
#ifdef WM_INT8
constexpr std::size_t kGroup = 4;  // of weights; inputs are put on levels by linear_vnni.hpp
#else
constexpr std::size_t kGroup = 1;

inline Vec multiply_add(Vec sum, Operand weight, OperandVec x) { return sum + weight * x; }
#endif

inline void store_operand(Operand* x, std::size_t row, std::size_t lane, Vec y) {
  store(x + row * kLanes + lane, y);
}

inline const Operand* as_operand(const float* x, std::size_t, Operand*) { return x; }

#endif

#if defined(__AVX512F__) && (defined(WM_BF16) || defined(WM_INT8))
// GELU of what will be rounded more coarsely: within 1e-4, a twentieth of bfloat16's, in half the time. The
// reciprocal is the processor's estimate (2^-14), and e^{−2u} = 2^n 2^r with a polynomial of degree 4 for
// 2^r, 0 ≤ r < 1. Powers beyond a float's range are 0 or infinite, which is what GELU needs.
inline Vec operand_gelu(Vec x) {
  // Without a mask GCC 12 warns of values that it leaves uninitialised itself.
  constexpr __mmask16 kAll = 0xffff;
  const Vec t = x * (-2.30220818F - 0.102943240F * (x * x));  // −2u / ln 2
  const Vec r = (Vec)_mm512_reduce_ps((__m512)t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  Vec p = splat(0.0136703F);
  p = p * r + 0.0517450F;
  p = p * r + 0.2416044F;
  p = p * r + 0.6929729F;
  p = p * r + 1.0000035F;
  const Vec power = (Vec)_mm512_maskz_scalef_ps(kAll, (__m512)p, (__m512)t);
  return x * (Vec)_mm512_maskz_rcp14_ps(kAll, (__m512)(1.0F + power));
}
#else
inline Vec operand_gelu(Vec x) { return gelu(x); }
#endif


inline OperandVec load_operand(const Operand* p) { return *reinterpret_cast<const OperandVec*>(p); }

}  // namespace
