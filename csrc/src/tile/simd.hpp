// A SIMD vector of floats in GCC/Clang vector extensions, and the three transcendental functions needed.
// Included by files compiled for different instruction sets, hence everything in an unnamed namespace.
#pragma once

#include <cstddef>
#include <cstdint>

namespace {

#if defined(__AVX512F__)
constexpr std::size_t kWidth = 16;
#elif defined(__AVX2__)
constexpr std::size_t kWidth = 8;
#else
constexpr std::size_t kWidth = 4;
#endif

// A tile is kVectors vectors of candidates wide.
constexpr std::size_t kVectors = 2;
constexpr std::size_t kLanes = kVectors * kWidth;

using Vec = float __attribute__((vector_size(kWidth * sizeof(float))));
using IntVec = std::int32_t __attribute__((vector_size(kWidth * sizeof(float))));

inline Vec load(const float* p) { return *reinterpret_cast<const Vec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<Vec*>(p) = v; }
inline Vec splat(float x) { return x - Vec{}; }
inline Vec max(Vec a, Vec b) { return a > b ? a : b; }
inline Vec min(Vec a, Vec b) { return a < b ? a : b; }
inline Vec abs(Vec a) { return max(a, -a); }

// e^x, relative error below 2e-7; x is limited to ±87, where float still has a normal result.
inline Vec exp(Vec x) {
  x = min(max(x, splat(-87.0F)), splat(87.0F));
  // n = round(x / ln 2): adding 1.5 · 2^23 leaves the rounded integer in the low mantissa bits.
  const Vec shifter = splat(12582912.0F);
  const Vec shifted = x * 1.44269504F + shifter;
  const Vec n = shifted - shifter;
  // r = x − n ln 2 in two parts, |r| ≤ 0.3466; then the Taylor polynomial, whose next term is r^7/5040
  // < 1.2e-7.
  const Vec r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  Vec p = splat(1.0F / 720.0F);
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const IntVec exponent = ((IntVec)shifted - (IntVec)shifter + 127) << 23;
  return p * (Vec)exponent;
}

// GELU in its tanh form: x (1 + tanh u) / 2 = x / (1 + e^{−2u}), u = √(2/π) (x + 0.044715 x³).
inline Vec gelu(Vec x) {
  const Vec minus_2u = x * (-1.59576912F - 0.0713548163F * (x * x));
  return x / (1.0F + exp(minus_2u));
}

// log(1 + e^x) = max(x, 0) + log1p(e), e = e^{−|x|} ≤ 1; log1p(e) = 2 atanh(s), s = e / (2 + e) ≤ 1/3.
inline Vec softplus(Vec x) {
  const Vec e = exp(-abs(x));
  const Vec s = e / (2.0F + e);
  const Vec q = s * s;  // the first term left out, q^7/15, is below 1.4e-8
  Vec p = splat(1.0F / 13.0F);
  p = p * q + 1.0F / 11.0F;
  p = p * q + 1.0F / 9.0F;
  p = p * q + 1.0F / 7.0F;
  p = p * q + 0.2F;
  p = p * q + 1.0F / 3.0F;
  p = p * q + 1.0F;
  return max(x, splat(0.0F)) + 2.0F * s * p;
}

inline float total(Vec x) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < kWidth; ++i) sum += x[i];
  return sum;
}

// Each value in all lanes of its row; rows (features, kLanes).
inline void broadcast(const float* values, std::size_t features, float* rows) {
  for (std::size_t i = 0; i < features; ++i) {
    for (std::size_t v = 0; v < kLanes; v += kWidth) store(rows + i * kLanes + v, splat(values[i]));
  }
}

inline Vec rsqrt(Vec x) {
  Vec result{};
  for (std::size_t i = 0; i < kWidth; ++i) result[i] = 1.0F / __builtin_sqrtf(x[i]);
  return result;
}

}  // namespace
