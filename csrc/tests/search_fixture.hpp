// Random layers, cost terms of every kind, and searches over them, for tests that compare two ways to search.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <vector>

#include "check.hpp"
#include "wm/rollout.hpp"
#include "wm/search.hpp"

namespace fixture {

class Arrays {
 public:
  explicit Arrays(float size) : normal_(0.0F, size) {}

  const float* noise(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = normal_(rng_);
    return values.data();
  }
  const float* positive(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = std::abs(normal_(rng_));
    return values.data();
  }
  wm::LinearView layer(std::size_t rows, std::size_t cols) {
    return {{noise(rows * cols), rows, cols}, {noise(rows), rows}};
  }

 private:
  std::mt19937 rng_{1};
  std::normal_distribution<float> normal_;
  std::deque<std::vector<float>> arrays_;
};

class CostTerms {
 public:
  CostTerms(Arrays& arrays, std::size_t horizon, std::size_t latent)
      : horizon_(horizon),
        latent_(latent),
        weights_(arrays.positive(horizon)),
        map_(arrays.noise(kReading * latent)),
        offset_(arrays.noise(kReading)),
        scale_(arrays.positive(kReading)),
        head_goal_(arrays.noise(kHead * kGoal)),
        goal_(arrays.noise(kGoal)),
        head_in_(arrays.layer(kHead, latent)),
        head_hidden_(arrays.layer(kHead, kHead)),
        head_out_(arrays.layer(2, kHead)) {}

  // Into wm::TermSet and wm::gpu::TermUpload alike.
  template <class Terms>
  void add_to(Terms& terms) const {
    terms.add_readout({weights_, horizon_}, {map_, kReading, latent_}, {offset_, kReading},
                      {scale_, kReading});
    terms.add_readout({weights_, horizon_}, {}, {offset_, 4}, {scale_, 4});
    terms.add_distance({weights_, horizon_}, head_in_, {head_goal_, kHead, kGoal}, {goal_, kGoal},
                       {head_hidden_}, head_out_);
    terms.add_smoothness({weights_, horizon_});
    terms.add_action_limits({weights_, horizon_}, 0.5F);
  }

 private:
  static constexpr std::size_t kReading = 5, kHead = 18, kGoal = 6;
  std::size_t horizon_, latent_;
  const float *weights_, *map_, *offset_, *scale_, *head_goal_, *goal_;
  wm::LinearView head_in_, head_hidden_, head_out_;
};

struct Extents {
  std::size_t horizon, knots, nu, candidates;
};

inline wm::SearchSettings settings(wm::Learning learning, std::size_t rounds, const Extents& n) {
  wm::SearchSettings s;
  s.horizon = n.horizon;
  s.knots = n.knots;
  s.nu = n.nu;
  s.candidates.assign(rounds, n.candidates);
  for (std::size_t t = 0; t < n.horizon; ++t) {
    for (std::size_t m = 0; m < n.knots; ++m)
      s.interpolation.push_back(t * n.knots / n.horizon == m ? 1.0F : 0.0F);
  }
  // Coloured: each knot is its own noise and some of those before it.
  for (std::size_t m = 0; m < n.knots; ++m) {
    for (std::size_t k = 0; k < n.knots; ++k)
      s.colour.push_back(k > m ? 0.0F : 1.0F / static_cast<float>(1 + m - k));
  }
  s.learning = learning;
  if (learning != wm::Learning::kElites) s.noise.assign(rounds, 0.6F);
  s.elites = learning == wm::Learning::kElites ? 8 : 0;
  s.keep_fraction = 0.5;
  s.min_noise.assign(rounds, 0.1F);
  s.temperature = 0.3;
  return s;
}

template <class Searcher>
void reset(Searcher& search) {
  wm::Belief& belief = search.belief();
  std::fill(belief.mean.begin(), belief.mean.end(), 0.05F);
  std::fill(belief.std.begin(), belief.std.end(), 0.6F);
  belief.elite_count = 0;
}

struct Found {
  std::vector<float> plan, costs, mean;
  wm::SearchOutcome outcome;
};

template <class Searcher>
Found found(Searcher& search, const wm::SearchOutcome& outcome) {
  const wm::View<float> plan = search.plan();
  const wm::View<float> costs = search.costs();
  return {{plan.data, plan.data + plan.size},
          {costs.data, costs.data + costs.size},
          search.belief().mean,
          outcome};
}

// By the CPU, with a wm::Rollout or a wm::TokenRollout.
template <class Rollout>
Found on_cpu(Rollout& rollout, const CostTerms& costs, const wm::MatrixView& latents,
             const wm::MatrixView& past, const wm::SearchSettings& s) {
  wm::TermSet terms(rollout.kernel());
  costs.add_to(terms);
  wm::LatentPricer pricer(rollout, terms, latents, past);
  wm::Search search(s, rollout.kernel());
  reset(search);
  return found(search, search.run(pricer, 11, 0));
}

inline float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  CHECK(a.size() == b.size());
  float largest = 0.0F;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// The last kernel multiplies in bfloat16 where the processor can.
inline const wm::TileKernel& last_kernel() {
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  return kernels.data[kernels.size - 1];
}

// Another way's search against the CPU's. Costs differ by the order of float32 sums and by the rounding to
// bfloat16 that this turns over; where the CPU multiplies float32, by that rounding itself. Later rounds may
// part where two candidates are that near, so they are held to what they cost alone.
inline void compare(const char* what, const Found& have, const Found& want, std::size_t rounds) {
  const float tolerance = last_kernel().group == 2 ? 1e-2F : 5e-2F;
  CHECK(have.outcome.rounds == rounds && !have.outcome.all_infinite && !have.outcome.deadline_missed);
  const float dearest = *std::max_element(want.costs.begin(), want.costs.end());
  std::printf("%s, %zu rounds: costs differ by %.6f of %.3f, mean by %.5f, plan by %.5f\n", what, rounds,
              largest_difference(have.costs, want.costs), dearest, largest_difference(have.mean, want.mean),
              largest_difference(have.plan, want.plan));
  if (rounds == 1) {
    CHECK(largest_difference(have.costs, want.costs) < tolerance * dearest);
    CHECK(largest_difference(have.mean, want.mean) < tolerance);
    CHECK(largest_difference(have.plan, want.plan) < tolerance);
  }
  CHECK(std::abs(have.outcome.cost - want.outcome.cost) < tolerance * dearest);
}

}  // namespace fixture
