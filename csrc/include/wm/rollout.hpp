// A predictor ready to imagine: packed weights, threads and workspaces.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "wm/aligned.hpp"
#include "wm/packed_store.hpp"
#include "wm/pricer.hpp"
#include "wm/term_set.hpp"
#include "wm/thread_pool.hpp"
#include "wm/tile.hpp"
#include "wm/view.hpp"
#include "wm/workspaces.hpp"

namespace wm {

struct BlockView {
  LinearView modulation;  // (3 W, E)
  LinearView up;          // (M, W)
  LinearView down;        // (W, M)
};

struct PredictorView {
  std::size_t history = 0;  // T
  LinearView input;         // (W, T L)
  LinearView action0;       // (E, T nu)
  LinearView action2;       // (E, E)
  std::vector<BlockView> blocks;
  LinearView output;  // (L, W)
};

// What a plan starts from, and what it tries.
struct QueryView {
  MatrixView latents;       // (T, L), oldest first
  MatrixView past_actions;  // (T − 1, nu)
  ActionsView actions;      // (K, H, nu)
};

// The job of a query, before it says what is wanted of it.
template <class Job>
Job job_of(const QueryView& query) {
  Job job;
  job.latents = query.latents;
  job.past_actions = query.past_actions;
  job.actions = query.actions;
  return job;
}

// A candidate's result depends neither on the other candidates nor on the number of threads, bit for bit.
// Calls from several threads take turns. After the first call with the longest horizon and the widest
// terms, calls allocate nothing.
class Rollout {
 public:
  Rollout(const PredictorView& predictor, std::size_t threads, const TileKernel& kernel);

  const TileKernel& kernel() const { return kernel_; }
  const PackedPredictor& predictor() const { return predictor_; }

  // Latents (K, H, L) after each action.
  void imagine(const QueryView& query, float* latents);
  // Costs (K,); no latent leaves its tile.
  void price(const QueryView& query, const TermSet& terms, float* costs);
  // The same for candidates that are drawn where they are rolled out; `query` gives no actions, but their
  // extents.
  void draw_and_price(const QueryView& query, const Draw& draw, const TermSet& terms, float* costs);

 private:
  void run(Job job);
  void add_history(const MatrixView& latents);

  TileKernel kernel_;
  PackedStore store_;
  std::vector<PackedLinear> input_;
  std::vector<PackedBlock> blocks_;
  PackedPredictor predictor_;
  AlignedFloats observed_;  // input layer's weights (T L, W), transposed
  AlignedFloats shared_;    // (T + 1, W), see Job
  std::mutex turn_;
  ThreadPool pool_;
  Workspaces workspaces_;
};

// A rollout, of whatever predictor, from one history under given terms.
template <class Model>
class LatentPricer final : public Pricer {
 public:
  LatentPricer(Model& rollout, const TermSet& terms, const MatrixView& latents,
               const MatrixView& past_actions)
      : rollout_(rollout), terms_(terms), latents_(latents), past_actions_(past_actions) {}

  void price(const ActionsView& actions, const Draw* draw, float* costs) override {
    const QueryView query{latents_, past_actions_, actions};
    if (draw == nullptr) {
      rollout_.price(query, terms_, costs);
    } else {
      rollout_.draw_and_price(query, *draw, terms_, costs);
    }
  }

 private:
  Model& rollout_;
  const TermSet& terms_;
  MatrixView latents_;
  MatrixView past_actions_;
};

}  // namespace wm
