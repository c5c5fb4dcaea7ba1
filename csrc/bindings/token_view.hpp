// A transformer predictor's weights as views, its sizes checked for memory safety.
#pragma once

#include <string>

#include "views.hpp"
#include "wm/token_rollout.hpp"

namespace wm::python {

struct TokenSizes {
  std::size_t history, context, state, patches, patch, nu, width, heads, head, hidden, blocks, embedding;
};

inline LinearView layer_of(const Parameters& parameters, const std::string& name, std::size_t rows,
                           std::size_t cols) {
  const LinearView layer = linear_view(parameters, name);
  require(layer.weight.rows == rows && layer.weight.cols == cols, "layers do not fit");
  return layer;
}

inline PackedTokens packed_sizes(const TokenSizes& n) {
  require(n.history > 0 && n.context >= n.history && n.patches > 0 && n.head > 0 && n.head % 2 == 0 &&
              n.heads > 0 && n.blocks > 0,
          "sizes of no predictor");
  PackedTokens sizes;
  sizes.history = n.history;
  sizes.context = n.context;
  sizes.state = n.state;
  sizes.patches = n.patches;
  sizes.patch = n.patch;
  sizes.latent = n.state + n.patches * n.patch;
  sizes.nu = n.nu;
  sizes.rows = n.patches + (n.embedding == 0 ? 1 : 0) + (n.state > 0 ? 1 : 0);
  sizes.width = n.width;
  sizes.heads = n.heads;
  sizes.head = n.head;
  sizes.hidden = n.hidden;
  sizes.embedding = n.embedding;
  require(n.embedding == 0 || sizes.rows == 1, "modulation goes with one row");
  return sizes;
}

inline TokenPredictorView token_view(const Parameters& parameters, const TokenSizes& n) {
  const std::size_t inner = n.heads * n.head;
  TokenPredictorView view;
  view.sizes = packed_sizes(n);
  view.input = layer_of(parameters, "in", n.width, n.patch);
  if (n.embedding > 0) {
    view.action = layer_of(parameters, "action.0", n.embedding, n.nu);
    view.action2 = layer_of(parameters, "action.2", n.embedding, n.embedding);
  } else {
    view.action = layer_of(parameters, "action", n.width, n.nu);
  }
  if (n.state > 0) {
    view.proprio = layer_of(parameters, "state", n.width, n.state);
    view.motion = matrix_view(parameters.at("motion.weight"));
    require(view.motion.rows == n.state && view.motion.cols == n.nu, "motion of another size");
  }
  for (std::size_t i = 0; i < n.blocks; ++i) {
    const std::string prefix = "blocks." + std::to_string(i);
    view.blocks.push_back({n.embedding > 0
                               ? layer_of(parameters, prefix + ".modulation", 6 * n.width, n.embedding)
                               : LinearView{},
                           layer_of(parameters, prefix + ".qkv", 3 * inner, n.width),
                           layer_of(parameters, prefix + ".attention", n.width, inner),
                           layer_of(parameters, prefix + ".up", n.hidden, n.width),
                           layer_of(parameters, prefix + ".down", n.width, n.hidden)});
  }
  view.output = layer_of(parameters, "out", n.patch, n.width);
  view.time = vector_view(parameters.at("rotary.time"), n.head / 2);
  view.place = matrix_view(parameters.at("rotary.place"));
  require(view.place.rows == view.sizes.rows && view.place.cols == n.head / 2, "angles of another size");
  return view;
}

}  // namespace wm::python
