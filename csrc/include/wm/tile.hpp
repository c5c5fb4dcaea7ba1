// The work of one tile: `lanes` candidates rolled through the whole horizon, one in each SIMD lane.
//
// Inside a tile every quantity is a (feature, lane) array, so a LayerNorm, a GELU or a cost is plain
// element-wise arithmetic and a candidate's numbers depend neither on its neighbours nor on which thread
// it runs on. Weights are packed once, in panels of `panel_rows` output rows.
//
// Aggregates only (see view.hpp): this header is what the per-instruction-set files share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wm/view.hpp"

namespace wm {

// A layer in packed form: word panels[p][k / depth][r][k % depth] is the weight of output p * panel_rows + r
// for input k, a float, or a std::uint32_t: the weights for inputs 2k (low half) and 2k + 1 in bfloat16, or
// for inputs 4k (lowest byte) to 4k + 3 in integers of 8 bits. See TileKernel::group and depth. Inputs, rows
// and bias are padded with zeros to whole blocks and panels.
struct PackedLinear {
  const void* panels = nullptr;
  const float* bias = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  const float* scale = nullptr;  // (rows,) of integer weights: the weight that 1 stands for
  const float* total = nullptr;  // (rows,) of integer weights: their sum, scaled
};

// Integer products take no layer with more inputs: a thread puts them on its stack.
constexpr std::size_t kMostInt8Inputs = 4096;

struct PackedBlock {
  PackedLinear modulation;  // (3 width, embedding): shift, scale, gate
  PackedLinear up;          // (hidden, width)
  PackedLinear down;        // (width, hidden)
};

struct PackedPredictor {
  std::size_t history = 0;  // T
  std::size_t latent = 0;   // L
  std::size_t nu = 0;
  std::size_t width = 0;      // W
  std::size_t embedding = 0;  // E
  std::size_t hidden = 0;     // M
  View<PackedLinear> input;   // T layers (width, latent), oldest latent first; their bias is zero
  PackedLinear action0;       // (embedding, T nu)
  PackedLinear action2;       // (embedding, embedding)
  View<PackedBlock> blocks;
  PackedLinear output;  // (latent, width)
};

// Cost terms; `step_weights` has one entry for each step of the horizon, and a step of weight zero is
// skipped. A new kind of term is a struct here, a function in src/tile/costs.hpp and a line in its
// `add_costs`.
struct ReadoutTerm {  // Σ scale (map z)², the target folded into map.bias; no panels: the first rows of z
  const float* step_weights = nullptr;
  PackedLinear map;
  const float* scale = nullptr;  // (map.rows,)
};

struct DistanceTerm {  // mean softplus of an MLP; the goal's part of the first layer folded into its bias
  const float* step_weights = nullptr;
  PackedLinear input;
  View<PackedLinear> hidden;
  PackedLinear output;
};

struct SmoothnessTerm {  // Σ (a_t − a_{t−1})²
  const float* step_weights = nullptr;
};

struct ActionLimitsTerm {  // Σ max(0, |a_t| − limit)²
  const float* step_weights = nullptr;
  float limit = 1.0F;
};

struct TermsView {
  View<ReadoutTerm> readouts;
  View<DistanceTerm> distances;
  View<SmoothnessTerm> smoothness;
  View<ActionLimitsTerm> limits;
};

// How a search draws its candidates: the mean, elites that are kept, and noise around the mean, all knots
// within [−1, 1]. Candidate k > kept has the numbers of place k − kept − 1 in the round's stream.
struct Draw {
  std::size_t knots = 0;                 // M
  const float* interpolation = nullptr;  // (H, M), or null where knots are actions
  const float* mean = nullptr;           // (M, nu)
  const float* deviation = nullptr;      // (M, nu)
  const float* colour = nullptr;         // (M, M), or null for white noise
  const float* elites = nullptr;         // (kept, M, nu)
  std::size_t kept = 0;
  std::uint64_t seed = 0;
  std::uint32_t round = 0;
  float* drawn = nullptr;  // out, for each tile (M nu, lanes)
};

// One call's inputs and outputs, common to all tiles.
struct Job {
  const PackedPredictor* predictor = nullptr;
  MatrixView latents;       // (T, L), oldest first
  MatrixView past_actions;  // (T − 1, nu)
  ActionsView actions;      // (K, H, nu); without data where `draw` says what they are
  const Draw* draw = nullptr;
  const float* shared =
      nullptr;  // (T + 1, W): what the history adds to the input layer at step t, then the bias
  TermsView terms;
  float* costs = nullptr;     // (K,) or null
  float* imagined = nullptr;  // (K, H, L) or null
};

struct PendulumState {
  float angle = 0.0F;     // radians from upright
  float velocity = 0.0F;  // radians a second
};

struct PendulumJob {
  PendulumState start;
  ActionsView
      actions;  // (K, H, 1), torques in units of the largest; without data where `draw` says what they are
  const Draw* draw = nullptr;
  float* costs = nullptr;  // (K,)
};

// Standard normal numbers (features rounded up to fours, lanes) of the candidates first … first + lanes − 1.
using Noise = void (*)(std::uint64_t seed, std::uint32_t round, std::uint32_t first, std::size_t features,
                       float* rows);

struct PackedTokens;  // in tokens.hpp, as is
struct TokenJob;

// The code for one instruction set.
struct TileKernel {
  const char* name = nullptr;
  std::size_t lanes = 0;
  std::size_t panel_rows = 0;
  std::size_t group = 1;  // weights in a word of 32 bits: 1 of float32, 2 of bfloat16, 4 of int8
  std::size_t depth = 1;  // words of a row that lie side by side
  // Floats that `run` needs for `job`.
  std::size_t (*workspace_size)(const Job& job) = nullptr;
  // sums (size,) = Σ weights drawn, over candidates in tiles (size, lanes).
  void (*weigh)(const float* drawn, const float* weights, std::size_t tiles, std::size_t size,
                double* sums) = nullptr;
  // Runs candidates first … first + lanes − 1, as many as there are; `workspace` is 64-byte aligned.
  void (*run)(const Job& job, std::size_t first, float* workspace) = nullptr;
  // The same for pendulums; see pendulum.hpp.
  std::size_t (*pendulum_workspace)(const PendulumJob& job) = nullptr;
  void (*run_pendulum)(const PendulumJob& job, std::size_t first, float* workspace) = nullptr;
  // The same for transformers: what the observed frames leave behind, in `observed_size` floats; the actions
  // of candidates first … first + lanes − 1; then `token_group` candidates at a time from these.
  std::size_t (*observed_size)(const TokenJob& job) = nullptr;
  std::size_t (*token_workspace)(const TokenJob& job) = nullptr;
  std::size_t (*token_group)(const PackedTokens& predictor) = nullptr;
  void (*observe)(const TokenJob& job, float* workspace) = nullptr;
  void (*draw_tokens)(const TokenJob& job, std::size_t first, float* workspace) = nullptr;
  void (*run_tokens)(const TokenJob& job, std::size_t first, float* workspace) = nullptr;
};

// Every kernel that this machine can run, best first.
View<TileKernel> tile_kernels();

}  // namespace wm
