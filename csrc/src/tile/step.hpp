// One step of the predictor for the lanes of a tile; the equations are in wm_robot/kernels/predictor.py.
#pragma once

#include "linear.hpp"

namespace {

// Arrays (features, kLanes) of a tile that live for one step.
struct Scratch {
  Operand* window;     // latent (L,) or actions (T nu,), where they must be converted
  Operand* condition;  // (E,)
  Operand* embedding;  // (E,)
  Operand* normed;     // (W,)
  Operand* hidden;     // (M,)
  float* modulation;   // (3 W,): shift, scale, gate
  float* stream;       // h (W,)
};

// Σ term(i) in four sums: one addition after the other would take longer than all the rest.
template <class Term>
inline Vec sum_over(std::size_t count, Term term) {
  Vec sum[4]{};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
#pragma GCC unroll 4
    for (std::size_t c = 0; c < 4; ++c) sum[c] += term(i + c);
  }
  for (; i < count; ++i) sum[0] += term(i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// consume(i, lane, y) receives each vector of LN(x), feature i; x (features, kLanes).
template <class Consumer>
inline void layer_norm(const float* x, std::size_t features, Consumer consume) {
  const float inverse = 1.0F / static_cast<float>(features);
  for (std::size_t v = 0; v < kLanes; v += kWidth) {
    const Vec mean = inverse * sum_over(features, [&](std::size_t i) { return load(x + i * kLanes + v); });
    const Vec squares = sum_over(features, [&](std::size_t i) {
      const Vec d = load(x + i * kLanes + v) - mean;
      return d * d;
    });
    const Vec scale = rsqrt(squares * inverse + 1e-6F);
    for (std::size_t i = 0; i < features; ++i) {
      consume(i, v, (load(x + i * kLanes + v) - mean) * scale);
    }
  }
}

// c from the window of T actions (T nu, kLanes).
inline void embed_actions(const wm::PackedPredictor& p, const float* window, const Scratch& s) {
  linear(
      p.action0, as_operand(window, p.action0.cols, s.window),
      [&](std::size_t i, std::size_t lane, Vec y) { store_operand(s.embedding, i, lane, operand_gelu(y)); });
  linear(p.action2, s.embedding, [&](std::size_t i, std::size_t lane, Vec y) {
    store_operand(s.condition, i, lane, operand_gelu(y));
  });
}

// h ← h + gate · down GELU(up (LN(h) (1 + scale) + shift)).
inline void apply_block(const wm::PackedBlock& block, std::size_t width, const Scratch& s) {
  linear(block.modulation, s.condition,
         [&](std::size_t i, std::size_t lane, Vec y) { store(s.modulation + i * kLanes + lane, y); });
  const float* shift = s.modulation;
  const float* scale = shift + width * kLanes;
  const float* gate = scale + width * kLanes;
  layer_norm(s.stream, width, [&](std::size_t i, std::size_t lane, Vec y) {
    const std::size_t at = i * kLanes + lane;
    store_operand(s.normed, i, lane, y * (1.0F + load(scale + at)) + load(shift + at));
  });
  linear(block.up, s.normed,
         [&](std::size_t i, std::size_t lane, Vec y) { store_operand(s.hidden, i, lane, operand_gelu(y)); });
  linear(block.down, s.hidden, [&](std::size_t i, std::size_t lane, Vec y) {
    const std::size_t at = i * kLanes + lane;
    store(s.stream + at, load(s.stream + at) + load(gate + at) * y);
  });
}

// z_next = z + out LN(h); z and z_next (L, kLanes) may be the same.
inline void read_out(const wm::PackedPredictor& p, const float* z, float* z_next, const Scratch& s) {
  layer_norm(s.stream, p.width,
             [&](std::size_t i, std::size_t lane, Vec y) { store_operand(s.normed, i, lane, y); });
  linear(p.output, s.normed, [&](std::size_t i, std::size_t lane, Vec y) {
    const std::size_t at = i * kLanes + lane;
    store(z_next + at, load(z + at) + y);
  });
}

}  // namespace
