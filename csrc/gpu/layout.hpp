// What a GPU plan reads and writes: plain data in device memory, laid out for 16 candidates a thread block.
#pragma once

#include <cstdint>

#include "wm/philox.hpp"
#include "wm/search.hpp"

// Of a block's code; the second is not inlined, where one copy of it is enough.
#ifdef __CUDACC__
#define WM_BLOCK __device__
#define WM_BLOCK_ONCE __device__ __noinline__
#else
#define WM_BLOCK
#define WM_BLOCK_ONCE
#endif

namespace wm::gpu {

constexpr int kTile = 16;  // candidates of a block: the rows of one bf16 tensor-core product

using Bf16 = std::uint16_t;

// y = W x + b. W is cut in fragments of 8 rows by 16 columns, padded with zeros, in the order in which the 32
// lanes of a warp want them: lane 4 r + p holds columns 2p, 2p + 1 (word 0) and 2p + 8, 2p + 9 (word 1) of
// row r.
struct Linear {
  const std::uint32_t* fragments = nullptr;
  const float* bias = nullptr;  // padded to whole fragments
  int rows = 0;
  int cols = 0;
};

// Entries of an operand's row: whole fragments, and 8 more so that eight rows lie in different banks.
WM_HOST_DEVICE inline int padded(int n) { return (n + 15) / 16 * 16 + 8; }

struct Block {
  Linear modulation, up, down;
};

struct Predictor {
  int history = 0, latent = 0, nu = 0, width = 0, embedding = 0, hidden = 0, blocks = 0;
  const Linear* input = nullptr;  // T layers, oldest latent first; their bias is zero
  Linear action0, action2, output;
  const Block* block = nullptr;
};

struct Readout {
  const float* step_weights = nullptr;
  Linear map;                    // no fragments: the first rows of z
  const float* scale = nullptr;  // (rows,)
};

struct Distance {
  const float* step_weights = nullptr;
  Linear input, output;
  const Linear* hidden = nullptr;
  int layers = 0;
};

struct Smoothness {
  const float* step_weights = nullptr;
};

struct ActionLimits {
  const float* step_weights = nullptr;
  float limit = 1.0F;
};

struct Terms {
  const Readout* readouts = nullptr;
  const Distance* distances = nullptr;
  const Smoothness* smoothness = nullptr;
  const ActionLimits* limits = nullptr;
  int n_readouts = 0, n_distances = 0, n_smoothness = 0, n_limits = 0;
  int widest_head = 0, widest_reading = 0;
  bool multiplies = false;  // a latent by a matrix
};

// wm::SearchSettings as the device sees it.
struct Settings {
  int horizon = 0, knots = 0, nu = 0, rounds = 0, elites = 0;
  const int* candidates = nullptr;
  const float* interpolation = nullptr;  // or null where knots are actions
  const float* colour = nullptr;         // or null
  const float* noise = nullptr;          // by round, or null
  const float* min_noise = nullptr;      // by round
  Learning learning = Learning::kElites;
  float keep_fraction = 0, smoothing = 0, temperature = 0;
  bool returns_mean = false;
};

// A search in progress and its result; M nu floats are one set of knots.
struct State {
  float* mean = nullptr;
  float* std = nullptr;
  float* elites = nullptr;   // (elites, M nu), cheapest first
  float* drawn = nullptr;    // (K, M nu)
  float* costs = nullptr;    // (K,)
  float* best = nullptr;     // knots of the plan
  float* weights = nullptr;  // (K,)
  std::int64_t now_ns = 0, slowest_ns = 0;
  double scale = 1.0;  // of a softmax
  float best_cost = 0;
  int cheapest = 0;      // candidate of the round
  bool cheaper = false;  // than any before
  int elite_count = 0, count = 0, rounds = 0;
  bool stop = false, all_infinite = false;
};

// What a search is, whatever rolls its candidates out.
struct SearchProblem {
  Settings settings;
  std::uint64_t seed = 0;
  std::int64_t budget_ns = 0;  // 0 for none
  State* state = nullptr;
};

// With the compact predictor.
struct Problem : SearchProblem {
  Predictor predictor;
  Terms terms;
  const float* latent = nullptr;        // (L,), the newest
  const float* past_actions = nullptr;  // (T − 1, nu)
  const float* shared = nullptr;        // (T + 1, W), as in wm::Job
};

}  // namespace wm::gpu
