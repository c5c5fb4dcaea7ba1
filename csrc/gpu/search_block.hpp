// A whole search by a grid of thread blocks: draw, roll out and price in all of them, learn in the first.
// The algorithms are those of wm_robot/planners and csrc/src/search.cpp.
//
// Blocks work in teams that take a group of candidates each, `members` blocks a team. Beside what
// rollout_block.hpp asks of it, Exec has `team`, `teams`, `member`, `members`, now_ns(), count() and
// grid_barrier(). Rollout has size(), the candidates of a group; prepare(), before the first round;
// action(t, m) (nu,), to be filled by the team; and run(count), whose costs the team's first member reads.
#pragma once

#include "draw_block.hpp"
#include "scalar.hpp"

namespace wm::gpu {

constexpr float kInfinite = 3.0e38F;  // dearer than anything finite

template <class Exec, class Rollout>
class SearchBlock {
 public:
  WM_BLOCK SearchBlock(Exec& exec, const SearchProblem& problem, Rollout& rollout)
      : exec_(exec),
        problem_(problem),
        s_(problem.settings),
        state_(*problem.state),
        size_(s_.knots * s_.nu),
        draw_(exec, problem),
        rollout_(rollout) {}

  // The plan is in the state's `best` when every block has returned.
  WM_BLOCK void run() {
    const std::int64_t began = exec_.now_ns();
    if (is_first()) {
      exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
      exec_.parallel(1, [&](int) {
        state_.best_cost = kInfinite;
        state_.now_ns = state_.slowest_ns = 0;
        state_.rounds = 0;
        state_.stop = state_.all_infinite = false;
      });
    }
    rollout_.prepare();
    exec_.grid_barrier();
    for (int round = 0; round < s_.rounds && !state_.stop; ++round) {
      const int kept = static_cast<int>(s_.keep_fraction * static_cast<float>(state_.elite_count));
      const int count = s_.candidates[round] > kept + 2 ? s_.candidates[round] : kept + 2;
      const int size = rollout_.size();
      for (int group = exec_.team; group * size < count; group += exec_.teams)
        price({group * size, size, round, kept, count});
      exec_.grid_barrier();
      if (is_first()) {
        learn(round, count);
        exec_.parallel(1, [&](int) { keep_time(began); });
      }
      exec_.grid_barrier();
    }
    if (exec_.team == 0 && !state_.all_infinite) finish();
  }

 private:
  WM_BLOCK bool is_first() const { return exec_.team == 0 && exec_.member == 0; }

  WM_BLOCK void price(const Drawn& d) {
    draw_.draw(d);
    const int count = d.count - d.first < d.size ? d.count - d.first : d.size;
    const float* const costs = costs_of(state_.drawn + d.first * size_, count);
    if (exec_.member != 0) return;
    exec_.parallel(count, [&](int m) {
      const float cost = costs[m];
      state_.costs[d.first + m] = cost < kInfinite ? cost : kInfinite;  // NaN is not less
    });
  }

  WM_BLOCK const float* costs_of(const float* knots, int count) {
    draw_.interpolate(knots, rollout_.size(), count, [&](int t, int m) { return rollout_.action(t, m); });
    return rollout_.run(count);
  }

  WM_BLOCK void learn(int round, int count) {
    exec_.parallel(1, [&](int) {
      int cheapest = 0;
      for (int k = 1; k < count; ++k) {
        if (state_.costs[k] < state_.costs[cheapest]) cheapest = k;
      }
      state_.cheapest = cheapest;
      state_.count = count;
      state_.all_infinite = state_.stop = !(state_.costs[cheapest] < kInfinite);
      state_.cheaper = state_.costs[cheapest] < state_.best_cost;
      if (state_.cheaper) state_.best_cost = state_.costs[cheapest];
    });
    if (state_.all_infinite) return;
    const float* const found = state_.drawn + state_.cheapest * size_;
    if (state_.cheaper) exec_.parallel(size_, [&](int i) { state_.best[i] = found[i]; });
    if (s_.learning == Learning::kElites) fit_elites(round, count);
    if (s_.learning == Learning::kSoftmax) average(count);
    if (s_.learning == Learning::kBest) exec_.parallel(size_, [&](int i) { state_.mean[i] = found[i]; });
    exec_.parallel(1, [&](int) { state_.rounds = round + 1; });
  }

  // Mean and deviation of the cheapest candidates, smoothed, the deviation with a floor.
  WM_BLOCK void fit_elites(int round, int count) {
    const int wanted = s_.elites < count ? s_.elites : count;
    exec_.parallel(1, [&](int) { state_.elite_count = 0; });
    exec_.parallel(count, [&](int k) {
      const float cost = state_.costs[k];
      if (!(cost < kInfinite)) return;
      int rank = 0;
      for (int other = 0; other < count; ++other) {
        const float theirs = state_.costs[other];
        rank += theirs < cost || (theirs == cost && other < k);
      }
      if (rank >= wanted) return;
      exec_.count(state_.elite_count);
      for (int i = 0; i < size_; ++i) state_.elites[rank * size_ + i] = state_.drawn[k * size_ + i];
    });
    exec_.parallel(size_, [&](int i) {
      const double share = 1.0 / state_.elite_count;
      double mean = 0.0;
      double variance = 0.0;
      for (int e = 0; e < state_.elite_count; ++e) mean += share * state_.elites[e * size_ + i];
      for (int e = 0; e < state_.elite_count; ++e) {
        const double d = state_.elites[e * size_ + i] - mean;
        variance += share * d * d;
      }
      const double old = s_.smoothing;
      state_.mean[i] = static_cast<float>(old * state_.mean[i] + (1 - old) * mean);
      const auto deviation = static_cast<float>(old * state_.std[i] + (1 - old) * sqrt(variance));
      state_.std[i] = fmaxf(deviation, s_.min_noise[round]);
    });
  }

  // All candidates, weighted by exp(−(J − min J) / (λ std J)).
  WM_BLOCK void average(int count) {
    exec_.parallel(1, [&](int) {
      double sum = 0.0;
      double squares = 0.0;
      int finite = 0;
      for (int k = 0; k < count; ++k) {
        if (!(state_.costs[k] < kInfinite)) continue;
        sum += state_.costs[k];
        ++finite;
      }
      for (int k = 0; k < count; ++k) {
        const double d = state_.costs[k] - sum / finite;
        if (state_.costs[k] < kInfinite) squares += d * d;
      }
      const double spread = sqrt(squares / finite);
      state_.scale = spread > 0.0 ? s_.temperature * spread : 1.0;
    });
    exec_.parallel(count, [&](int k) {
      const double excess = static_cast<double>(state_.costs[k]) - state_.costs[state_.cheapest];
      state_.weights[k] = static_cast<float>(exp(-excess / state_.scale));
    });
    exec_.parallel(size_, [&](int i) {
      double total = 0.0;
      double mean = 0.0;
      for (int k = 0; k < count; ++k) {
        total += state_.weights[k];
        mean += static_cast<double>(state_.weights[k]) * state_.drawn[k * size_ + i];
      }
      state_.mean[i] = static_cast<float>(mean / total);
    });
  }

  WM_BLOCK void keep_time(std::int64_t began) {
    const std::int64_t now = exec_.now_ns() - began;
    if (now - state_.now_ns > state_.slowest_ns) state_.slowest_ns = now - state_.now_ns;
    state_.now_ns = now;
    if (problem_.budget_ns != 0 && now + state_.slowest_ns > problem_.budget_ns) state_.stop = true;
  }

  // The mean is the plan where it was asked for, or where it is cheaper than every candidate.
  WM_BLOCK void finish() {
    if (s_.returns_mean) {
      if (is_first()) exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
      return;
    }
    const float* const costs = costs_of(state_.mean, 1);
    if (!is_first() || !(costs[0] < state_.best_cost)) return;
    exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
    exec_.parallel(1, [&](int) { state_.best_cost = costs[0]; });
  }

  Exec& exec_;
  const SearchProblem& problem_;
  const Settings& s_;
  State& state_;
  int size_;
  DrawBlock<Exec> draw_;
  Rollout& rollout_;
};

}  // namespace wm::gpu
