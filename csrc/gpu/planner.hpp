// A predictor, cost terms and a search in a grid's memory, and a plan from them.
#pragma once

#include <functional>
#include <vector>

#include "fragments.hpp"
#include "wm/rollout.hpp"

namespace wm::gpu {

class Model {
 public:
  Model(Memory& memory, const PredictorView& predictor);
  const Predictor& predictor() const { return predictor_; }
  // (T + 1, W): what the observed latents (T, L) add to the input layer at each step, then the bias.
  std::vector<float> shared(const MatrixView& latents) const;

 private:
  Predictor predictor_;
  std::vector<float> input_;  // (W, T L)
  std::vector<float> bias_;   // (W,)
};

class TermUpload {
 public:
  explicit TermUpload(Memory& memory) : memory_(memory) {}

  // As wm::TermSet's.
  void add_readout(View<float> step_weights, MatrixView matrix, View<float> offset, View<float> scale);
  void add_distance(View<float> step_weights, LinearView input, MatrixView goal_weight, View<float> goal,
                    const std::vector<LinearView>& hidden, LinearView output);
  void add_smoothness(View<float> step_weights);
  void add_action_limits(View<float> step_weights, float limit);
  // In the grid's memory.
  Terms finish() const;

 private:
  Memory& memory_;
  std::vector<Readout> readouts_;
  std::vector<Distance> distances_;
  std::vector<Smoothness> smoothness_;
  std::vector<ActionLimits> limits_;
  std::size_t widest_head_ = 0;
  std::size_t widest_reading_ = 0;
  bool multiplies_ = false;
};

// What a plan with a compact predictor starts from, in the grid's memory.
class Start {
 public:
  explicit Start(Memory& memory) : memory_(memory) {}
  Problem with(const SearchProblem& search, const Model& model, const Terms& terms, const MatrixView& latents,
               const MatrixView& past_actions);

 private:
  Memory& memory_;
  float* latent_ = nullptr;
  float* past_ = nullptr;
  float* shared_ = nullptr;
};

// Runs a search on a grid, with this many candidates at most.
using Launch = std::function<void(const SearchProblem&, int most_candidates)>;

class Planner {
 public:
  Planner(Memory& memory, const SearchSettings& settings);

  Belief& belief() { return belief_; }
  const SearchSettings& settings() const { return settings_; }
  View<float> plan() const { return {best_.data(), best_.size()}; }
  View<float> costs() const { return {costs_.data(), last_count_}; }

  // `budget_ns` from now, 0 for none; the rest as wm::Search::run.
  SearchOutcome run(std::uint64_t seed, std::int64_t budget_ns, const Launch& launch);

 private:
  void write_belief();
  SearchOutcome read_outcome(std::int64_t budget_ns);

  Memory& memory_;
  SearchSettings settings_;
  Settings there_;
  State state_;
  State* state_there_;
  std::size_t size_;
  std::size_t most_;
  Belief belief_;
  std::vector<float> best_;
  std::vector<float> costs_;
  std::size_t last_count_ = 0;
};

}  // namespace wm::gpu
