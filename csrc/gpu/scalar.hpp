// Functions of one number, the same on host and device.
#pragma once

#include <cmath>
#include <cstring>

#include "layout.hpp"

namespace wm::gpu {

WM_BLOCK inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

WM_BLOCK inline float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// Round to nearest, ties to even; NaN stays NaN.
WM_BLOCK inline Bf16 to_bf16(float x) {
#ifdef __CUDA_ARCH__
  Bf16 rounded;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(rounded) : "f"(x));
  return rounded;
#else
  const std::uint32_t bits = bits_of(x);
  if (x != x) return static_cast<Bf16>((bits >> 16) | 0x40);
  return static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
#endif
}

WM_BLOCK inline float from_bf16(Bf16 x) { return float_of(static_cast<std::uint32_t>(x) << 16); }

// A value of several words at an address that is a multiple of its size, in one access on a GPU, where a copy
// of its bytes would be one access a byte.
template <class T>
WM_BLOCK inline T get(const void* at) {
#ifdef __CUDA_ARCH__
  return *static_cast<const T*>(at);
#else
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
#endif
}

template <class T>
WM_BLOCK inline void put(void* at, const T& value) {
#ifdef __CUDA_ARCH__
  *static_cast<T*>(at) = value;
#else
  std::memcpy(at, &value, sizeof(T));
#endif
}

struct alignas(8) Two {
  float x, y;
};

struct alignas(16) Eight {  // of bfloat16
  std::uint32_t words[4];
};

// A pair of bfloat16, the first in the lower half.
WM_BLOCK inline std::uint32_t pair_of(float x, float y) {
#ifdef __CUDA_ARCH__
  std::uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(y), "f"(x));
  return pair;
#else
  return to_bf16(x) | static_cast<std::uint32_t>(to_bf16(y)) << 16;
#endif
}

WM_BLOCK inline Two two_of(std::uint32_t pair) { return {float_of(pair << 16), float_of(pair & 0xffff0000)}; }

// The weight of row n for input k; see Linear.
WM_BLOCK inline float weight_of(const Linear& layer, int n, int k) {
  const int k_tiles = (layer.cols + 15) / 16;
  const int within = k % 16;
  const int lane = n % 8 * 4 + within % 8 / 2;
  const std::uint32_t word = layer.fragments[((n / 8 * k_tiles + k / 16) * 32 + lane) * 2 + within / 8];
  return from_bf16(static_cast<Bf16>(k % 2 == 0 ? word & 0xffff : word >> 16));
}

// GELU in its tanh form; on a GPU to a few units in float32's last place, for bfloat16 comes next.
WM_BLOCK inline float gelu(float x) {
  const float exponent = x * (-1.59576912F - 0.0713548163F * x * x);
#ifdef __CUDA_ARCH__
  return __fdividef(x, 1.0F + __expf(exponent));
#else
  return x / (1.0F + expf(exponent));
#endif
}

WM_BLOCK inline float softplus(float x) { return fmaxf(x, 0.0F) + log1pf(expf(-fabsf(x))); }

WM_BLOCK inline float clipped(float x) { return fminf(fmaxf(x, -1.0F), 1.0F); }

}  // namespace wm::gpu
