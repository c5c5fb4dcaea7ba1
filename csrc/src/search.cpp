#include "wm/search.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "wm/philox.hpp"

namespace wm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::int64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

Search::Search(const SearchSettings& settings) : settings_(settings), size_(settings.knots * settings.nu) {
  // Elites that are kept, the mean and one new candidate: more than a small round asks for.
  const std::size_t most = std::max(
      *std::max_element(settings_.candidates.begin(), settings_.candidates.end()), settings_.elites + 2);
  belief_.mean.resize(size_);
  belief_.std.resize(size_);
  belief_.elites.resize(settings_.elites * size_);
  knots_.resize(most * size_);
  actions_.resize(most * settings_.horizon * settings_.nu);
  costs_.resize(most);
  white_.resize((size_ + 3) / 4 * 4);
  best_.resize(size_);
  order_.resize(most);
  moments_.resize(2 * size_);
}

SearchOutcome Search::run(Rollout& rollout, const TermSet& terms, const SearchStart& start) {
  SearchOutcome outcome;
  float best_cost = kInfinity;
  std::copy_n(belief_.mean.data(), size_, best_.data());
  std::int64_t last = now_ns();
  std::int64_t slowest = 0;
  const auto lap = [&last](std::int64_t& phase) {
    const std::int64_t now = now_ns();
    const std::int64_t elapsed = now - last;
    phase += elapsed;
    last = now;
    return elapsed;
  };

  for (std::size_t round = 0; round < settings_.candidates.size(); ++round) {
    if (round > 0 && start.deadline_ns != 0 && last + slowest > start.deadline_ns) break;
    const std::size_t count = sample(round, start.seed);
    std::int64_t took = lap(outcome.sample_ns);
    if (!evaluate(rollout, terms, start, count)) {
      outcome.all_infinite = true;
      return outcome;
    }
    took += lap(outcome.evaluate_ns);
    const auto cheapest = std::min_element(costs_.begin(), costs_.begin() + static_cast<std::ptrdiff_t>(count));
    if (*cheapest < best_cost) {
      best_cost = *cheapest;
      std::copy_n(knots(static_cast<std::size_t>(cheapest - costs_.begin())), size_, best_.data());
    }
    last_count_ = count;
    learn(round, count);
    outcome.rounds = round + 1;
    slowest = std::max(slowest, took + lap(outcome.update_ns));
  }

  const float first_cost = costs_[0];
  std::copy_n(belief_.mean.data(), size_, knots(0));
  const bool finite = evaluate(rollout, terms, start, 1);
  const float mean_cost = costs_[0];
  costs_[0] = first_cost;
  if (settings_.returns_mean || (finite && mean_cost < best_cost)) {
    best_cost = mean_cost;
    std::copy_n(belief_.mean.data(), size_, best_.data());
  }
  lap(outcome.evaluate_ns);
  outcome.cost = best_cost;
  outcome.all_infinite = !std::isfinite(best_cost);
  outcome.deadline_missed = start.deadline_ns != 0 && last > start.deadline_ns;
  return outcome;
}

// The mean, the elites that are kept, and noise around the mean; all within [−1, 1].
std::size_t Search::sample(std::size_t round, std::uint64_t seed) {
  const std::size_t M = settings_.knots;
  const std::size_t nu = settings_.nu;
  const auto kept =
      static_cast<std::size_t>(settings_.keep_fraction * static_cast<double>(belief_.elite_count));
  std::copy_n(belief_.mean.data(), size_, knots(0));
  std::copy_n(belief_.elites.data(), kept * size_, knots(1));
  const std::size_t first = 1 + kept;
  const std::size_t count = std::max(settings_.candidates[round], first + 1);
  for (std::size_t k = first; k < count; ++k) {
    for (std::size_t i = 0; i < size_; i += 4) {
      const Normals4 four = normals(seed, static_cast<std::uint32_t>(round),
                                    static_cast<std::uint32_t>(k - first), static_cast<std::uint32_t>(i / 4));
      std::copy_n(four.x, 4, white_.data() + i);
    }
    float* const u = knots(k);
    for (std::size_t m = 0; m < M; ++m) {
      for (std::size_t j = 0; j < nu; ++j) {
        const std::size_t at = m * nu + j;
        float coloured = white_[at];
        if (!settings_.colour.empty()) {
          coloured = 0.0F;
          for (std::size_t n = 0; n < M; ++n) coloured += settings_.colour[m * M + n] * white_[n * nu + j];
        }
        const float deviation = settings_.noise.empty() ? belief_.std[at] : settings_.noise[round];
        u[at] = belief_.mean[at] + deviation * coloured;
      }
    }
  }
  for (std::size_t i = 0; i < count * size_; ++i) knots_[i] = std::clamp(knots_[i], -1.0F, 1.0F);
  return count;
}

void Search::interpolate(std::size_t count) {
  const std::size_t nu = settings_.nu;
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t t = 0; t < settings_.horizon; ++t) {
      float* const action = actions_.data() + (k * settings_.horizon + t) * nu;
      std::fill_n(action, nu, 0.0F);
      for (std::size_t m = 0; m < settings_.knots; ++m) {
        const float weight = settings_.interpolation[t * settings_.knots + m];
        for (std::size_t j = 0; j < nu; ++j) action[j] += weight * knots(k)[m * nu + j];
      }
    }
  }
}

// Whether any of the first `count` candidates has a finite cost.
bool Search::evaluate(Rollout& rollout, const TermSet& terms, const SearchStart& start, std::size_t count) {
  interpolate(count);
  rollout.price({start.latents, start.past_actions, {actions_.data(), count, settings_.horizon, settings_.nu}},
                terms, costs_.data());
  bool any = false;
  for (std::size_t k = 0; k < count; ++k) {
    if (std::isfinite(costs_[k])) {
      any = true;
    } else {
      costs_[k] = kInfinity;
    }
  }
  return any;
}

void Search::learn(std::size_t round, std::size_t count) {
  switch (settings_.learning) {
    case Learning::kElites:
      fit_elites(round, count);
      break;
    case Learning::kSoftmax:
      average(count);
      break;
    case Learning::kBest: {
      const auto cheapest = std::min_element(costs_.begin(), costs_.begin() + static_cast<std::ptrdiff_t>(count));
      std::copy_n(knots(static_cast<std::size_t>(cheapest - costs_.begin())), size_, belief_.mean.data());
      break;
    }
  }
}

// Mean and deviation of the cheapest candidates, smoothed, the deviation with a floor.
void Search::fit_elites(std::size_t round, std::size_t count) {
  std::iota(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count), std::size_t{0});
  std::size_t elites = std::min(settings_.elites, count);
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(elites),
                    order_.begin() + static_cast<std::ptrdiff_t>(count), [this](std::size_t a, std::size_t b) {
                      return costs_[a] < costs_[b] || (costs_[a] == costs_[b] && a < b);
                    });
  while (elites > 0 && !std::isfinite(costs_[order_[elites - 1]])) --elites;
  double* const mean = moments_.data();
  double* const variance = mean + size_;
  std::fill(moments_.begin(), moments_.end(), 0.0);
  const double share = 1.0 / static_cast<double>(elites);
  for (std::size_t e = 0; e < elites; ++e) {
    const float* const u = knots(order_[e]);
    std::copy_n(u, size_, belief_.elites.data() + e * size_);
    for (std::size_t i = 0; i < size_; ++i) mean[i] += share * u[i];
  }
  for (std::size_t e = 0; e < elites; ++e) {
    const float* const u = knots(order_[e]);
    for (std::size_t i = 0; i < size_; ++i) variance[i] += share * (u[i] - mean[i]) * (u[i] - mean[i]);
  }
  const double old = settings_.smoothing;
  for (std::size_t i = 0; i < size_; ++i) {
    belief_.mean[i] = static_cast<float>(old * belief_.mean[i] + (1 - old) * mean[i]);
    const auto deviation = static_cast<float>(old * belief_.std[i] + (1 - old) * std::sqrt(variance[i]));
    belief_.std[i] = std::max(deviation, settings_.min_noise[round]);
  }
  belief_.elite_count = elites;
}

// All candidates, weighted by exp(−(J − min J) / (λ std J)).
void Search::average(std::size_t count) {
  double sum = 0.0;
  double squares = 0.0;
  double finite = 0.0;
  float cheapest = kInfinity;
  for (std::size_t k = 0; k < count; ++k) {
    if (!std::isfinite(costs_[k])) continue;
    sum += costs_[k];
    finite += 1.0;
    cheapest = std::min(cheapest, costs_[k]);
  }
  for (std::size_t k = 0; k < count; ++k) {
    if (std::isfinite(costs_[k])) squares += (costs_[k] - sum / finite) * (costs_[k] - sum / finite);
  }
  const double spread = std::sqrt(squares / finite);
  const double scale = spread > 0.0 ? settings_.temperature * spread : 1.0;
  double total = 0.0;
  double* const mean = moments_.data();
  std::fill_n(mean, size_, 0.0);
  for (std::size_t k = 0; k < count; ++k) {
    const double weight = std::exp(-(static_cast<double>(costs_[k]) - cheapest) / scale);
    total += weight;
    for (std::size_t i = 0; i < size_; ++i) mean[i] += weight * knots(k)[i];
  }
  for (std::size_t i = 0; i < size_; ++i) belief_.mean[i] = static_cast<float>(mean[i] / total);
}

}  // namespace wm
