// Standard normal numbers for the lanes of a tile: the same bits on every instruction set, device and in
// numpy (wm_robot/kernels/noise.py), because each step is one IEEE operation in a given order. Hence this
// file of its own, compiled without fused multiply-adds.
//
// Floor: a word of Philox is 10 rounds of two 32 × 32-bit products; Box-Muller turns two words into two
// normals with one logarithm, one square root and one sine and cosine.
#include "simd.hpp"
#if defined(__AVX2__)
#include <immintrin.h>
#endif
#include "wm/philox.hpp"
#include "wm/tile.hpp"

namespace {

using Words = std::uint32_t __attribute__((vector_size(kWidth * sizeof(std::uint32_t))));
using Pairs = std::uint64_t __attribute__((vector_size(kWidth * sizeof(std::uint32_t))));

struct Counter {
  Words x[4];
};

// The lower words of `pairs` times `by`, whole.
inline Pairs widened_product(Pairs pairs, std::uint32_t by) {
#if defined(__AVX512F__)
  return (Pairs)_mm512_maskz_mul_epu32(0xff, (__m512i)pairs,
                                       _mm512_set1_epi64(by));  // GCC 12 warns at the plain one
#elif defined(__AVX2__)
  return (Pairs)_mm256_mul_epu32((__m256i)pairs, _mm256_set1_epi64x(by));
#else
  return (pairs & 0xffffffff) * std::uint64_t{by};
#endif
}

inline void multiply(Words value, std::uint32_t by, Words& high, Words& low) {
  const Pairs pairs = (Pairs)value;
  const Pairs even = widened_product(pairs, by);
  const Pairs odd = widened_product(pairs >> 32, by);
  constexpr std::uint64_t kLow = 0xffffffff;
  high = (Words)((even >> 32) | (odd & ~kLow));
  low = (Words)((even & kLow) | (odd << 32));
}

inline Counter philox(Counter c, std::uint64_t key) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < wm::kPhiloxRounds; ++round) {
    Words high0;
    Words low0;
    Words high1;
    Words low1;
    multiply(c.x[0], wm::kPhiloxMultiplier0, high0, low0);
    multiply(c.x[2], wm::kPhiloxMultiplier1, high1, low1);
    c = {{high1 ^ c.x[1] ^ k0, low1, high0 ^ c.x[3] ^ k1, low0}};
    k0 += wm::kPhiloxWeyl0;
    k1 += wm::kPhiloxWeyl1;
  }
  return c;
}

// ln u of 0 < u ≤ 1: u = m 2^e with m in [1/√2, √2), then Cephes' logf polynomial in f = m − 1.
inline Vec log(Vec u) {
  const IntVec bits = (IntVec)u;
  IntVec e = (bits >> 23) - 127;
  Vec m = (Vec)((bits & 0x7fffff) | 0x3f800000);
  const IntVec large = m > 1.41421356F;
  m = large ? m * 0.5F : m;
  e -= large;  // a true lane is −1
  const Vec f = m - 1.0F;
  const Vec z = f * f;
  Vec p = splat(7.0376836292e-2F);
  p = p * f + -1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f + -1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f + -1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f + -2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  const Vec exponent = __builtin_convertvector(e, Vec);
  const Vec y = (p * f * z + exponent * -2.12194440e-4F) - 0.5F * z;
  return (f + y) + exponent * 0.693359375F;
}

inline Vec sqrt(Vec x) {
  Vec result{};
  for (std::size_t i = 0; i < kWidth; ++i) result[i] = __builtin_sqrtf(x[i]);
  return result;
}

// The upper 24 bits of `word` as a number in (0, 1].
inline Vec uniform(Words word) {
  return (__builtin_convertvector((IntVec)(word >> 8), Vec) + 0.5F) * 0x1p-24F;
}

// Box-Muller: r cos and r sin of an angle that the second word gives, two bits for its quadrant.
inline void box_muller(Words first, Words second, Vec& x, Vec& y) {
  const Vec r = sqrt(log(uniform(first)) * -2.0F);
  const Vec phi = (uniform(second << 2) - 0.5F) * 1.57079633F;
  const Vec z = phi * phi;
  const Vec s = ((z * -1.9515295891e-4F + 8.3321608736e-3F) * z + -1.6666654611e-1F) * z * phi + phi;
  const Vec c = ((z * 2.443315711809948e-5F + -1.388731625493765e-3F) * z + 4.166664568298827e-2F) * z * z -
                0.5F * z + 1.0F;
  const Words quadrant = second >> 30;
  const IntVec swapped = (quadrant & 1) != 0;
  const Vec a = swapped ? -s : c;
  const Vec b = swapped ? c : s;
  const IntVec negated = quadrant >= 2;
  x = r * (negated ? -a : a);
  y = r * (negated ? -b : b);
}

}  // namespace

#define WM_JOIN(prefix, name) prefix##name
#define WM_SYMBOL(prefix, name) WM_JOIN(prefix, name)

namespace wm {

void WM_SYMBOL(noise_, WM_ISA)(std::uint64_t seed, std::uint32_t round, std::uint32_t first,
                               std::size_t features, float* rows);
void WM_SYMBOL(noise_, WM_ISA)(std::uint64_t seed, std::uint32_t round, std::uint32_t first,
                               std::size_t features, float* rows) {
  for (std::size_t v = 0; v < kLanes; v += kWidth) {
    Words candidate;
    for (std::size_t i = 0; i < kWidth; ++i) candidate[i] = first + static_cast<std::uint32_t>(v + i);
    for (std::size_t block = 0; 4 * block < features; ++block) {
      const Words number = Words{} + static_cast<std::uint32_t>(block);
      const Counter words = philox({{number, candidate, Words{} + round, Words{}}}, seed);
      float* const out = rows + 4 * block * kLanes + v;
      for (std::size_t pair = 0; pair < 4; pair += 2) {
        Vec x;
        Vec y;
        box_muller(words.x[pair], words.x[pair + 1], x, y);
        store(out + pair * kLanes, x);
        store(out + (pair + 1) * kLanes, y);
      }
    }
  }
}

}  // namespace wm
