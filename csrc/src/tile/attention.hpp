// Attention over what candidates keep: keys and values, a row for each token, of earlier frames and of this
// one.
//
// The arithmetic is a dot product a key and an axpy a value. At one token a frame it is 1 % of a step; at 256
// tokens and eight frames a third, and bound by loads from L2.
#pragma once

#include "operand.hpp"

namespace {

// What a key or a value is kept as: half the memory where products are of bfloat16 anyway.
#ifdef WM_BF16
using Kept = std::uint16_t;
using KeptVec = std::uint16_t __attribute__((vector_size(kWidth * sizeof(Kept))));

inline Kept keep(float x) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
  return static_cast<Kept>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float kept(Kept x) {
  const std::uint32_t bits = static_cast<std::uint32_t>(x) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

inline Vec load_kept(const Kept* p) {
  KeptVec raw;
  __builtin_memcpy(&raw, p, sizeof(raw));
  return (Vec)(__builtin_convertvector(raw, IntVec) << 16);
}
#else
using Kept = float;

inline Kept keep(float x) { return x; }
inline float kept(Kept x) { return x; }

inline Vec load_kept(const Kept* p) {
  Vec value;
  __builtin_memcpy(&value, p, sizeof(value));
  return value;
}
#endif

inline Vec load_any(const float* p) {
  Vec value;
  __builtin_memcpy(&value, p, sizeof(value));
  return value;
}

inline void store_any(float* p, Vec value) { __builtin_memcpy(p, &value, sizeof(value)); }

// By halves: sixteen additions one after the other would take longer than the products.
inline float sum_lanes(Vec x) {
  float lanes[kWidth];
  __builtin_memcpy(lanes, &x, sizeof(x));
#pragma GCC unroll 4
  for (std::size_t half = kWidth / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

inline float dot(const float* q, const Kept* k, std::size_t size) {
  Vec sum{};
  std::size_t i = 0;
  for (; i + kWidth <= size; i += kWidth) sum += load_any(q + i) * load_kept(k + i);
  float result = sum_lanes(sum);
  for (; i < size; ++i) result += q[i] * kept(k[i]);
  return result;
}

// out (size,) += Σ weights[j] values[j stride …], for whole vectors from `first` on; where it stopped.
template <std::size_t kCount>
inline std::size_t add_chunks(const float* weights, const Kept* values, std::size_t rows, std::size_t stride,
                              std::size_t first, std::size_t size, float* out) {
  for (; first + kCount * kWidth <= size; first += kCount * kWidth) {
    Vec sum[kCount];
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kCount; ++c) sum[c] = load_any(out + first + c * kWidth);
    for (std::size_t j = 0; j < rows; ++j) {
      const Kept* const v = values + j * stride + first;
#pragma GCC unroll 4
      for (std::size_t c = 0; c < kCount; ++c) sum[c] += weights[j] * load_kept(v + c * kWidth);
    }
#pragma GCC unroll 4
    for (std::size_t c = 0; c < kCount; ++c) store_any(out + first + c * kWidth, sum[c]);
  }
  return first;
}

// One head's query over the rows it sees; a frame's rows follow each other `stride` apart.
struct Attention {
  const float* query;
  std::size_t size;
  float* scores;  // room for whole vectors
  std::size_t count;
  std::size_t used = 0;

  void score(const Kept* keys, std::size_t rows, std::size_t stride) {
    const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(size));
    for (std::size_t j = 0; j < rows; ++j) scores[count++] = scale * dot(query, keys + j * stride, size);
  }

  // Scores become weights.
  void soften() {
    float largest = scores[0];
    for (std::size_t j = 1; j < count; ++j) largest = scores[j] > largest ? scores[j] : largest;
    for (std::size_t j = 0; j < count; j += kWidth) store(scores + j, exp(load(scores + j) - largest));
    float sum = 0.0F;
    for (std::size_t j = 0; j < count; ++j) sum += scores[j];
    const float inverse = 1.0F / sum;
    for (std::size_t j = 0; j < count; ++j) scores[j] *= inverse;
  }

  // In the order of `score`.
  void add(const Kept* values, std::size_t rows, std::size_t stride, float* out) {
    const float* const weights = scores + used;
    std::size_t i = add_chunks<4>(weights, values, rows, stride, 0, size, out);
    i = add_chunks<1>(weights, values, rows, stride, i, size, out);
    for (; i < size; ++i) {
      for (std::size_t j = 0; j < rows; ++j) out[i] += weights[j] * kept(values[j * stride + i]);
    }
    used += rows;
  }
};

}  // namespace
