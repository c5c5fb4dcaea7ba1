// Learning from a round's costs, as a search over pendulums times it itself: the cheapest candidate, and the
// new mean by elites or by all, weighted.
#include <algorithm>

#include "phases.hpp"
#include "wm/pendulum.hpp"
#include "wm/search.hpp"

namespace wm::bench {
namespace {

constexpr std::size_t kCandidates = 1024;
constexpr std::size_t kHorizon = 30;
constexpr std::size_t kElites = 64;

void run(benchmark::State& state, const TileKernel& kernel, Learning learning) {
  SearchSettings settings;
  settings.horizon = settings.knots = kHorizon;
  settings.nu = 1;
  settings.candidates = {kCandidates};
  settings.learning = learning;
  settings.elites = learning == Learning::kElites ? kElites : 0;
  settings.min_noise = {0.1F};
  settings.temperature = 0.1;
  settings.returns_mean = true;
  PendulumPricer pendulum(1, kernel);
  pendulum.set_state(3.0F, 0.0F);
  Search search(settings, kernel);
  std::uint64_t seed = 0;
  for (auto _ : state) {
    std::ranges::fill(search.belief().mean, 0.0F);
    std::ranges::fill(search.belief().std, 1.0F);
    const SearchOutcome outcome = search.run(pendulum, ++seed, 0);
    state.SetIterationTime(static_cast<double>(outcome.update_ns) * 1e-9);
  }
  state.counters["candidates"] = rate(kCandidates);
}

}  // namespace

void add_learn(const TileKernel& kernel) {
  const auto add = [&](const char* phase, Learning learning) {
    benchmark::RegisterBenchmark(named(phase, kernel).c_str(),
                                 [=](benchmark::State& state) { run(state, kernel, learning); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("learn_elites", Learning::kElites);
  add("learn_softmax", Learning::kSoftmax);
}

}  // namespace wm::bench
