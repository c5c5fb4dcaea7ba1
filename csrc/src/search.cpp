#include "wm/search.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

namespace wm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::int64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

Search::Search(const SearchSettings& settings, const TileKernel& kernel)
    : settings_(settings), kernel_(kernel), size_(settings.knots * settings.nu) {
  // Elites that are kept, the mean and one new candidate: more than a small round asks for.
  const std::size_t most = std::max(
      *std::max_element(settings_.candidates.begin(), settings_.candidates.end()), settings_.elites + 2);
  belief_.mean.resize(size_);
  belief_.std.resize(size_);
  belief_.elites.resize(settings_.elites * size_);
  const std::size_t padded = (most + kernel_.lanes - 1) / kernel_.lanes * kernel_.lanes;
  drawn_ = AlignedFloats(padded * size_);
  weights_ = AlignedFloats(padded);
  deviation_.resize(size_);
  actions_.resize(settings_.horizon * settings_.nu);
  costs_.resize(most);
  best_.resize(size_);
  order_.resize(most);
  moments_.resize(2 * size_);
}

SearchOutcome Search::run(Pricer& model, std::uint64_t seed, std::int64_t deadline_ns) {
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
    if (round > 0 && deadline_ns != 0 && last + slowest > deadline_ns) break;
    last_count_ = evaluate(round, model, seed);
    const std::int64_t took = lap(outcome.evaluate_ns);
    const auto end = costs_.begin() + static_cast<std::ptrdiff_t>(last_count_);
    const auto cheapest = std::min_element(costs_.begin(), end);
    if (!std::isfinite(*cheapest)) {
      outcome.all_infinite = true;
      return outcome;
    }
    if (*cheapest < best_cost) {
      best_cost = *cheapest;
      copy_candidate(static_cast<std::size_t>(cheapest - costs_.begin()), best_.data());
    }
    learn(round, last_count_);
    outcome.rounds = round + 1;
    slowest = std::max(slowest, took + lap(outcome.update_ns));
  }

  if (settings_.returns_mean) {
    std::copy_n(belief_.mean.data(), size_, best_.data());
  } else if (const float mean = mean_cost(model); mean < best_cost) {
    best_cost = mean;
    std::copy_n(belief_.mean.data(), size_, best_.data());
  }
  lap(outcome.evaluate_ns);
  outcome.cost = best_cost;
  outcome.deadline_missed = deadline_ns != 0 && last > deadline_ns;
  return outcome;
}

std::size_t Search::evaluate(std::size_t round, Pricer& model, std::uint64_t seed) {
  Draw draw;
  draw.knots = settings_.knots;
  draw.interpolation = settings_.interpolation.empty() ? nullptr : settings_.interpolation.data();
  draw.mean = belief_.mean.data();
  draw.colour = settings_.colour.empty() ? nullptr : settings_.colour.data();
  draw.elites = belief_.elites.data();
  draw.kept = static_cast<std::size_t>(settings_.keep_fraction * static_cast<double>(belief_.elite_count));
  draw.seed = seed;
  draw.round = static_cast<std::uint32_t>(round);
  draw.drawn = drawn_.data();
  draw.deviation = belief_.std.data();
  if (!settings_.noise.empty()) {
    std::fill(deviation_.begin(), deviation_.end(), settings_.noise[round]);
    draw.deviation = deviation_.data();
  }
  const std::size_t count = std::max(settings_.candidates[round], draw.kept + 2);
  const ActionsView extents{nullptr, count, settings_.horizon, settings_.nu};
  model.price(extents, &draw, costs_.data());
  for (std::size_t k = 0; k < count; ++k) {
    if (!std::isfinite(costs_[k])) costs_[k] = kInfinity;
  }
  return count;
}

float Search::mean_cost(Pricer& model) {
  if (settings_.interpolation.empty()) {
    actions_ = belief_.mean;
  } else {
    interpolate_mean();
  }
  float cost = kInfinity;
  const ActionsView actions{actions_.data(), 1, settings_.horizon, settings_.nu};
  model.price(actions, nullptr, &cost);
  return std::isfinite(cost) ? cost : kInfinity;
}

void Search::interpolate_mean() {
  std::fill(actions_.begin(), actions_.end(), 0.0F);
  for (std::size_t t = 0; t < settings_.horizon; ++t) {
    for (std::size_t m = 0; m < settings_.knots; ++m) {
      const float weight = settings_.interpolation[t * settings_.knots + m];
      for (std::size_t j = 0; j < settings_.nu; ++j) {
        actions_[t * settings_.nu + j] += weight * belief_.mean[m * settings_.nu + j];
      }
    }
  }
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
      const auto cheapest =
          std::min_element(costs_.begin(), costs_.begin() + static_cast<std::ptrdiff_t>(count));
      copy_candidate(static_cast<std::size_t>(cheapest - costs_.begin()), belief_.mean.data());
      break;
    }
  }
}

// Mean and deviation of the cheapest candidates, smoothed, the deviation with a floor.
void Search::fit_elites(std::size_t round, std::size_t count) {
  std::iota(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count), std::size_t{0});
  std::size_t elites = std::min(settings_.elites, count);
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(elites),
                    order_.begin() + static_cast<std::ptrdiff_t>(count),
                    [this](std::size_t a, std::size_t b) {
                      return costs_[a] < costs_[b] || (costs_[a] == costs_[b] && a < b);
                    });
  while (elites > 0 && !std::isfinite(costs_[order_[elites - 1]])) --elites;
  double* const mean = moments_.data();
  double* const variance = mean + size_;
  std::fill(moments_.begin(), moments_.end(), 0.0);
  const double share = 1.0 / static_cast<double>(elites);
  for (std::size_t e = 0; e < elites; ++e) {
    float* const u = belief_.elites.data() + e * size_;
    copy_candidate(order_[e], u);
    for (std::size_t i = 0; i < size_; ++i) mean[i] += share * u[i];
  }
  for (std::size_t e = 0; e < elites; ++e) {
    const float* const u = belief_.elites.data() + e * size_;
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
  const std::size_t tiles = (count + kernel_.lanes - 1) / kernel_.lanes;
  std::fill_n(weights_.data(), tiles * kernel_.lanes, 0.0F);
  for (std::size_t k = 0; k < count; ++k) {
    const double weight = std::exp(-(static_cast<double>(costs_[k]) - cheapest) / scale);
    total += weight;
    weights_.data()[k] = static_cast<float>(weight);
  }
  kernel_.weigh(drawn_.data(), weights_.data(), tiles, size_, moments_.data());
  for (std::size_t i = 0; i < size_; ++i) belief_.mean[i] = static_cast<float>(moments_[i] / total);
}

}  // namespace wm
