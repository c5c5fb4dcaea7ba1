// Predictors and heads with random weights of variance 1 / inputs, which keep activations of size 1.
#pragma once

#include <cmath>
#include <cstddef>
#include <deque>
#include <random>
#include <vector>

#include "wm/rollout.hpp"

namespace wm::bench {

struct Sizes {
  std::size_t history = 2;   // T
  std::size_t latent = 134;  // L
  std::size_t nu = 4;
  std::size_t width = 256;     // W
  std::size_t embedding = 64;  // E
  std::size_t hidden = 512;    // M
  std::size_t blocks = 2;
};

// Owns what it hands out.
class RandomModel {
 public:
  const float* values(std::size_t size, float deviation = 1.0F) {
    std::vector<float>& made = arrays_.emplace_back(size);
    for (float& value : made) value = deviation * normal_(rng_);
    return made.data();
  }

  const float* constant(std::size_t size, float value) { return arrays_.emplace_back(size, value).data(); }

  LinearView layer(std::size_t rows, std::size_t cols) {
    const float deviation = 1.0F / std::sqrt(static_cast<float>(cols));
    return {{values(rows * cols, deviation), rows, cols}, {values(rows, 0.3F), rows}};
  }

  PredictorView predictor(const Sizes& s) {
    PredictorView made;
    made.history = s.history;
    made.input = layer(s.width, s.history * s.latent);
    made.action0 = layer(s.embedding, s.history * s.nu);
    made.action2 = layer(s.embedding, s.embedding);
    for (std::size_t i = 0; i < s.blocks; ++i) {
      made.blocks.push_back(
          {layer(3 * s.width, s.embedding), layer(s.hidden, s.width), layer(s.width, s.hidden)});
    }
    made.output = layer(s.latent, s.width);
    return made;
  }

  QueryView query(const Sizes& s, std::size_t samples, std::size_t horizon) {
    return {{values(s.history * s.latent), s.history, s.latent},
            {values((s.history - 1) * s.nu), s.history - 1, s.nu},
            {values(samples * horizon * s.nu), samples, horizon, s.nu}};
  }

 private:
  std::mt19937 rng_{1};
  std::normal_distribution<float> normal_;
  std::deque<std::vector<float>> arrays_;
};

}  // namespace wm::bench
