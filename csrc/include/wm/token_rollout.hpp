// A transformer predictor ready to imagine: packed weights, threads, and what candidates keep.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "wm/aligned.hpp"
#include "wm/packed_store.hpp"
#include "wm/rollout.hpp"
#include "wm/thread_pool.hpp"
#include "wm/tokens.hpp"
#include "wm/view.hpp"
#include "wm/workspaces.hpp"

namespace wm {

struct TokenBlockView {
  LinearView modulation;  // (6 W, E), or empty
  LinearView qkv;         // (3 I, W)
  LinearView attention;   // (W, I)
  LinearView up;          // (M, W)
  LinearView down;        // (W, M)
};

struct TokenPredictorView {
  PackedTokens sizes;  // all but what is packed
  LinearView input;    // (W, D)
  LinearView action;   // (W, nu) or (E, nu)
  LinearView action2;  // (E, E), or empty
  LinearView proprio;  // (W, S), or empty
  MatrixView motion;   // (S, nu), or empty
  std::vector<TokenBlockView> blocks;
  LinearView output;  // (D, W)
  View<float> time;   // (d/2,), radians a frame
  MatrixView place;   // (N, d/2), radians
};

// As Rollout: a candidate's result depends neither on the others nor on the number of threads, calls from
// several threads take turns, and once the longest horizon was seen calls allocate nothing.
class TokenRollout {
 public:
  TokenRollout(const TokenPredictorView& predictor, std::size_t threads, const TileKernel& kernel);

  const TileKernel& kernel() const { return kernel_; }
  const PackedTokens& predictor() const { return predictor_; }

  void imagine(const QueryView& query, float* latents);
  void price(const QueryView& query, const TermSet& terms, float* costs);
  void draw_and_price(const QueryView& query, const Draw& draw, const TermSet& terms, float* costs);

 private:
  using Part = void (*)(const TokenJob& job, std::size_t first, float* workspace);

  void run(TokenJob job);
  // `part` for each `size` candidates, on all threads.
  void each(const TokenJob& job, std::size_t size, Part part);
  void prepare(const TokenJob& job);

  TileKernel kernel_;
  PackedStore store_;
  std::vector<PackedTokenBlock> blocks_;
  PackedTokens predictor_;
  std::vector<float> time_, place_;
  std::vector<float> turns_;  // for as many frames as were ever needed
  AlignedFloats observed_;
  AlignedFloats tried_;
  std::mutex turn_;
  ThreadPool pool_;
  Workspaces workspaces_;
};

}  // namespace wm
