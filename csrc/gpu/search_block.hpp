// A whole search by a grid of thread blocks: draw, roll out and price in all of them, learn in the first.
// The algorithms are those of wm_robot/planners and csrc/src/search.cpp. Beside what rollout_block.hpp asks
// of it, Exec has `block`, `blocks`, now_ns() and grid_barrier().
#pragma once

#include "normal.hpp"
#include "rollout_block.hpp"

namespace wm::gpu {

constexpr float kInfinite = 3.0e38F;  // dearer than anything finite
constexpr int kMaxKnots = 64;         // of coloured noise

template <class Exec>
class SearchBlock {
 public:
  WM_BLOCK SearchBlock(Exec& exec, const Problem& problem, char* memory)
      : exec_(exec),
        problem_(problem),
        s_(problem.settings),
        state_(*problem.state),
        size_(s_.knots * s_.nu),
        rollout_(exec, problem, memory) {}

  // The plan is in the state's `best` when every block has returned.
  WM_BLOCK void run() {
    const std::int64_t began = exec_.now_ns();
    if (exec_.block == 0) {
      exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
      exec_.parallel(1, [&](int) {
        state_.best_cost = kInfinite;
        state_.now_ns = state_.slowest_ns = 0;
        state_.rounds = 0;
        state_.stop = state_.all_infinite = false;
      });
    }
    exec_.grid_barrier();
    for (int round = 0; round < s_.rounds && !state_.stop; ++round) {
      const int kept = static_cast<int>(s_.keep_fraction * static_cast<float>(state_.elite_count));
      const int count = s_.candidates[round] > kept + 2 ? s_.candidates[round] : kept + 2;
      for (int tile = exec_.block; tile * kTile < count; tile += exec_.blocks)
        price(tile, round, kept, count);
      exec_.grid_barrier();
      if (exec_.block == 0) {
        learn(round, count);
        exec_.parallel(1, [&](int) { keep_time(began); });
      }
      exec_.grid_barrier();
    }
    if (exec_.block == 0 && !state_.all_infinite) finish();
  }

 private:
  WM_BLOCK void price(int tile, int round, int kept, int count) {
    const int first = tile * kTile;
    const int fours = (size_ + 3) / 4;
    exec_.parallel(kTile * fours, [&](int i) {
      const int k = first + i / fours;
      const int block = i % fours;
      float white[4];
      if (k > kept) {
        const auto place = static_cast<std::uint32_t>(k - kept - 1);
        four_normals(problem_.seed, static_cast<std::uint32_t>(round), place, block, white);
      }
      for (int j = 4 * block; j < 4 * block + 4 && j < size_ && k < count; ++j) {
        float* const knot = state_.drawn + k * size_ + j;
        if (k == 0)
          *knot = clipped(state_.mean[j]);
        else if (k <= kept)
          *knot = clipped(state_.elites[(k - 1) * size_ + j]);
        else
          *knot = white[j - 4 * block];
      }
    });
    if (s_.colour != nullptr) paint(first, kept, count);
    exec_.parallel(kTile * size_, [&](int i) {
      const int k = first + i / size_;
      if (k <= kept || k >= count) return;
      const int j = i % size_;
      const float deviation = s_.noise != nullptr ? s_.noise[round] : state_.std[j];
      float* const knot = state_.drawn + k * size_ + j;
      *knot = clipped(state_.mean[j] + deviation * *knot);
    });
    interpolate(state_.drawn + first * size_, count - first);
    const float* const costs = rollout_.run();
    exec_.parallel(kTile, [&](int m) {
      const float cost = costs[m];
      if (first + m < count)
        state_.costs[first + m] = cost < kInfinite ? cost : kInfinite;  // NaN is not less
    });
  }

  // White noise in `drawn` becomes coloured, a column of knots at a time.
  WM_BLOCK void paint(int first, int kept, int count) {
    exec_.parallel(kTile * s_.nu, [&](int i) {
      const int k = first + i / s_.nu;
      if (k <= kept || k >= count) return;
      float* const column = state_.drawn + k * size_ + i % s_.nu;
      float white[kMaxKnots];
      for (int m = 0; m < s_.knots; ++m) white[m] = column[m * s_.nu];
      for (int m = 0; m < s_.knots; ++m) {
        float sum = 0.0F;
        for (int n = 0; n < s_.knots; ++n) sum += s_.colour[m * s_.knots + n] * white[n];
        column[m * s_.nu] = sum;
      }
    });
  }

  // Actions of up to kTile candidates from their knots; others hold still.
  WM_BLOCK void interpolate(const float* knots, int count) {
    float* const future = rollout_.future();
    const int nu = s_.nu;
    exec_.parallel(s_.horizon * kTile * nu, [&](int i) {
      const int t = i / (kTile * nu);
      const int m = i / nu % kTile;
      const int j = i % nu;
      float action = 0.0F;
      if (m < count) {
        const float* const column = knots + m * size_ + j;
        if (s_.interpolation == nullptr) {
          action = column[t * nu];
        } else {
          for (int k = 0; k < s_.knots; ++k) action += s_.interpolation[t * s_.knots + k] * column[k * nu];
        }
      }
      future[i] = action;
    });
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
      exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
      return;
    }
    interpolate(state_.mean, 1);
    const float cost = rollout_.run()[0];
    if (!(cost < state_.best_cost)) return;
    exec_.parallel(size_, [&](int i) { state_.best[i] = state_.mean[i]; });
    exec_.parallel(1, [&](int) { state_.best_cost = cost; });
  }

  Exec& exec_;
  const Problem& problem_;
  const Settings& s_;
  State& state_;
  int size_;
  RolloutBlock<Exec> rollout_;
};

}  // namespace wm::gpu
