// A whole sampling search in one call: draw candidates, roll them out, price them, learn, again.
//
// The algorithms are those of wm_robot/planners, which say what they mean; planners/search.py makes the
// settings. Nothing is allocated after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wm/aligned.hpp"
#include "wm/pricer.hpp"
#include "wm/view.hpp"

namespace wm {

enum class Learning { kElites, kSoftmax, kBest };

struct SearchSettings {
  std::size_t horizon = 0;  // H
  std::size_t knots = 0;    // M
  std::size_t nu = 0;
  std::vector<std::size_t> candidates;  // of each round, the mean included
  std::vector<float> interpolation;     // (H, M); empty where knots are actions
  std::vector<float> colour;            // (M, M): what makes noise of white noise; empty for white
  std::vector<float> noise;             // deviation by round; empty where the belief's own is used
  Learning learning = Learning::kElites;
  std::size_t elites = 0;
  double keep_fraction = 0.0;  // of the elites, candidates again in the next round
  double smoothing = 0.0;
  std::vector<float> min_noise;  // floor of the belief's deviation by round
  double temperature = 0.0;
  bool returns_mean = false;
};

// Where a search believes that the good knots lie; see planners/planner.py.
struct Belief {
  std::vector<float> mean;    // (M, nu)
  std::vector<float> std;     // (M, nu)
  std::vector<float> elites;  // (elite_count, M, nu), cheapest first, with room for SearchSettings::elites
  std::size_t elite_count = 0;
};

struct SearchOutcome {
  double cost = 0.0;
  std::size_t rounds = 0;
  bool deadline_missed = false;
  bool all_infinite = false;     // a round without a finite cost: there is no plan
  std::int64_t evaluate_ns = 0;  // drawing included
  std::int64_t update_ns = 0;
};

class Search {
 public:
  // `kernel` is that of the model that will be asked.
  Search(const SearchSettings& settings, const TileKernel& kernel);

  // Set before `run`, read after it.
  Belief& belief() { return belief_; }
  const SearchSettings& settings() const { return settings_; }
  // The plan's knots (M, nu) and the last round's costs.
  View<float> plan() const { return {best_.data(), best_.size()}; }
  View<float> costs() const { return {costs_.data(), last_count_}; }

  // No round begins that would, at the pace of the slowest so far, end after `deadline_ns` on the steady
  // clock (0 for none); one is always done. Not thread-safe.
  SearchOutcome run(Pricer& model, std::uint64_t seed, std::int64_t deadline_ns);

 private:
  // Draws and prices a round's candidates; their number.
  std::size_t evaluate(std::size_t round, Pricer& model, std::uint64_t seed);
  float mean_cost(Pricer& model);
  void interpolate_mean();
  void learn(std::size_t round, std::size_t count);
  void fit_elites(std::size_t round, std::size_t count);
  void average(std::size_t count);
  float knot(std::size_t candidate, std::size_t i) const {
    const std::size_t lanes = kernel_.lanes;
    return drawn_.data()[candidate / lanes * size_ * lanes + i * lanes + candidate % lanes];
  }
  void copy_candidate(std::size_t candidate, float* knots) const {
    for (std::size_t i = 0; i < size_; ++i) knots[i] = knot(candidate, i);
  }

  SearchSettings settings_;
  TileKernel kernel_;
  std::size_t size_;  // M nu
  Belief belief_;
  AlignedFloats drawn_;             // for each tile (M nu, lanes)
  AlignedFloats weights_;           // of every candidate, zero beyond the last
  std::vector<float> deviation_;    // (M, nu)
  std::vector<float> actions_;      // (H, nu) of the mean
  std::vector<float> costs_;        // (K,)
  std::vector<float> best_;         // (M, nu)
  std::vector<std::size_t> order_;  // (K,)
  std::vector<double> moments_;     // (2, M, nu)
  std::size_t last_count_ = 0;
};

}  // namespace wm
