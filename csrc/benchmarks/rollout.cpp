// Steps of the predictor alone, without terms, at the sizes that `wmr bench rollout` takes first.
#include <algorithm>
#include <vector>

#include "phases.hpp"
#include "random_model.hpp"

namespace wm::bench {
namespace {

// Of the products of one call; what the observed latents add to the input layer is computed once a call,
// so step t multiplies only the min(t, T) latents of its window that were predicted.
std::size_t multiply_adds(const Sizes& s, std::size_t samples, std::size_t horizon) {
  std::size_t predicted = 0;
  for (std::size_t t = 0; t < horizon; ++t) predicted += std::min(t, s.history);
  const std::size_t step = s.embedding * (s.history * s.nu + s.embedding) +
                           s.blocks * (3 * s.width * s.embedding + 2 * s.width * s.hidden) +
                           s.width * s.latent;
  const std::size_t once = s.history * (s.history + 1) / 2 * s.latent * s.width;
  return once + samples * (horizon * step + predicted * s.latent * s.width);
}

void run(benchmark::State& state, const TileKernel& kernel) {
  const auto samples = static_cast<std::size_t>(state.range(0));
  const auto horizon = static_cast<std::size_t>(state.range(1));
  const Sizes sizes;
  RandomModel model;
  Rollout rollout(model.predictor(sizes), 1, kernel);
  const QueryView query = model.query(sizes, samples, horizon);
  const TermSet no_terms(kernel);
  std::vector<float> costs(samples);
  for (auto _ : state) rollout.price(query, no_terms, costs.data());
  state.counters["multiply_adds"] = rate(multiply_adds(sizes, samples, horizon));
}

}  // namespace

void add_rollout(const TileKernel& kernel) {
  benchmark::RegisterBenchmark(named("rollout", kernel).c_str(),
                               [kernel](benchmark::State& state) { run(state, kernel); })
      ->ArgNames({"K", "H"})
      ->Args({32, 1})
      ->Args({64, 8})
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace wm::bench
