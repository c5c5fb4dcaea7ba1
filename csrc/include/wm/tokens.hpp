// A tile's work for the transformer predictor; the equations are in wm_robot/kernels/token_predictor.py.
//
// Aggregates only (see view.hpp).
#pragma once

#include <cstddef>

#include "wm/tile.hpp"
#include "wm/view.hpp"

namespace wm {

struct PackedTokenBlock {
  PackedLinear modulation;  // (6 W, E); no panels where the action has a row
  PackedLinear qkv;         // (3 I, W), I = heads d
  PackedLinear attention;   // (W, I)
  PackedLinear up;          // (M, W)
  PackedLinear down;        // (W, M)
};

struct PackedTokens {
  std::size_t history = 0;  // T
  std::size_t context = 0;  // C
  std::size_t state = 0;    // S
  std::size_t patches = 0;  // P
  std::size_t patch = 0;    // D
  std::size_t latent = 0;   // S + P D
  std::size_t nu = 0;
  std::size_t rows = 0;   // N
  std::size_t width = 0;  // W
  std::size_t heads = 0;
  std::size_t head = 0;           // d
  std::size_t hidden = 0;         // M
  std::size_t embedding = 0;      // E; 0 where the action has a row
  PackedLinear input;             // (W, D)
  PackedLinear action;            // (W, nu), or the first layer (E, nu) of the modulation
  PackedLinear action2;           // (E, E), of the modulation
  PackedLinear proprio;           // (W, S), where there is a state
  const float* motion = nullptr;  // (S, nu)
  View<PackedTokenBlock> blocks;
  PackedLinear output;  // (D, W)
};

struct TokenJob {
  const PackedTokens* predictor = nullptr;
  MatrixView latents;       // (T, L), oldest first
  MatrixView past_actions;  // (T − 1, nu)
  ActionsView actions;      // (K, H, nu); without data where `draw` says what they are
  const Draw* draw = nullptr;
  TermsView terms;
  const float* turns = nullptr;  // (T − 1 + H, N, d): cosine and sine of each plane's angle
  float* tried = nullptr;        // for each tile (H nu, lanes): the candidates' actions
  float* observed = nullptr;     // what the first T − 1 frames leave behind; TileKernel::observed_size
  float* costs = nullptr;        // (K,) or null
  float* imagined = nullptr;     // (K, H, L) or null
};

}  // namespace wm
