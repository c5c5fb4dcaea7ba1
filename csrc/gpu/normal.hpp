// Four standard normal numbers from a place in the stream: the bits of csrc/src/tile/noise.cpp, one lane of
// it.
//
// Each step is one IEEE operation in a given order, so nothing here may be fused: device code says so by
// intrinsics, and host code is compiled with -ffp-contract=off.
#pragma once

#include "scalar.hpp"
#include "wm/philox.hpp"

namespace wm::gpu {

#ifdef __CUDACC__
WM_BLOCK inline float times(float a, float b) { return __fmul_rn(a, b); }
WM_BLOCK inline float plus(float a, float b) { return __fadd_rn(a, b); }
WM_BLOCK inline float root(float x) { return __fsqrt_rn(x); }
#else
inline float times(float a, float b) { return a * b; }
inline float plus(float a, float b) { return a + b; }
inline float root(float x) { return std::sqrt(x); }
#endif

struct Words {
  std::uint32_t x[4];
};

WM_BLOCK inline Words philox(Words c, std::uint64_t key) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t a = std::uint64_t{kPhiloxMultiplier0} * c.x[0];
    const std::uint64_t b = std::uint64_t{kPhiloxMultiplier1} * c.x[2];
    c = {{static_cast<std::uint32_t>(b >> 32) ^ c.x[1] ^ k0, static_cast<std::uint32_t>(b),
          static_cast<std::uint32_t>(a >> 32) ^ c.x[3] ^ k1, static_cast<std::uint32_t>(a)}};
    k0 += kPhiloxWeyl0;
    k1 += kPhiloxWeyl1;
  }
  return c;
}

template <int N>
WM_BLOCK inline float horner(const float (&coefficients)[N], float x) {
  float p = coefficients[0];
  for (int i = 1; i < N; ++i) p = plus(times(p, x), coefficients[i]);
  return p;
}

WM_BLOCK inline float log_of(float u) {
  const std::uint32_t bits = bits_of(u);
  float m = float_of((bits & 0x7fffff) | 0x3f800000);
  int exponent = static_cast<int>(bits >> 23) - 127;
  if (m > 1.41421356F) {
    m = times(m, 0.5F);
    ++exponent;
  }
  const float f = plus(m, -1.0F);
  const float z = times(f, f);
  const float coefficients[] = {7.0376836292e-2F,  -1.1514610310e-1F, 1.1676998740e-1F,
                                -1.2420140846e-1F, 1.4249322787e-1F,  -1.6668057665e-1F,
                                2.0000714765e-1F,  -2.4999993993e-1F, 3.3333331174e-1F};
  const auto e = static_cast<float>(exponent);
  const float p = times(times(horner(coefficients, f), f), z);
  const float y = plus(plus(p, times(e, -2.12194440e-4F)), -times(0.5F, z));
  return plus(plus(f, y), times(e, 0.693359375F));
}

WM_BLOCK inline float uniform(std::uint32_t word) {
  return times(plus(static_cast<float>(word >> 8), 0.5F), 1.0F / 16777216.0F);
}

WM_BLOCK inline void box_muller(std::uint32_t first, std::uint32_t second, float& x, float& y) {
  const float r = root(times(log_of(uniform(first)), -2.0F));
  const float phi = times(plus(uniform(second << 2), -0.5F), 1.57079633F);
  const float z = times(phi, phi);
  const float sines[] = {-1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F};
  const float s = plus(times(times(horner(sines, z), z), phi), phi);
  const float cosines[] = {2.443315711809948e-5F, -1.388731625493765e-3F, 4.166664568298827e-2F};
  const float c = plus(plus(times(times(horner(cosines, z), z), z), -times(0.5F, z)), 1.0F);
  const std::uint32_t quadrant = second >> 30;
  const float a = quadrant & 1 ? -s : c;
  const float b = quadrant & 1 ? c : s;
  x = times(r, quadrant >= 2 ? -a : a);
  y = times(r, quadrant >= 2 ? -b : b);
}

// Features 4 block … 4 block + 3 of a candidate in a round.
WM_BLOCK inline void four_normals(std::uint64_t seed, std::uint32_t round, std::uint32_t candidate,
                                  std::uint32_t block, float* out) {
  const Words words = philox({{block, candidate, round, 0}}, seed);
  box_muller(words.x[0], words.x[1], out[0], out[1]);
  box_muller(words.x[2], words.x[3], out[2], out[3]);
}

}  // namespace wm::gpu
