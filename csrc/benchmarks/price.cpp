// Cost terms of one step: a readout of the whole latent by a matrix, and a distance head.
//
// A kernel prices where it rolls out. So the predictor is one number wide, without blocks, and takes one
// step: what is left is the terms, and what a call without any costs, which is shown first.
#include <vector>

#include "phases.hpp"
#include "random_model.hpp"

namespace wm::bench {
namespace {

constexpr std::size_t kSamples = 64;
constexpr std::size_t kHead = 128;
constexpr std::size_t kOutputs = 2;
constexpr Sizes kSizes{
    .history = 1, .latent = 134, .nu = 4, .width = 1, .embedding = 1, .hidden = 1, .blocks = 0};

using AddTerm = void (*)(RandomModel& model, TermSet& terms);

void add_readout(RandomModel& model, TermSet& terms) {
  const std::size_t L = kSizes.latent;
  terms.add_readout({model.constant(1, 1.0F), 1}, {model.values(L * L, 0.1F), L, L}, {model.values(L), L},
                    {model.constant(L, 1.0F), L});
}

void add_distance(RandomModel& model, TermSet& terms) {
  const std::size_t goal = kSizes.latent;
  const LinearView input = model.layer(kHead, kSizes.latent);
  const LinearView hidden = model.layer(kHead, kHead);
  terms.add_distance({model.constant(1, 1.0F), 1}, input, {model.values(kHead * goal, 0.1F), kHead, goal},
                     {model.values(goal), goal}, {hidden}, model.layer(kOutputs, kHead));
}

void run(benchmark::State& state, const TileKernel& kernel, AddTerm add, std::size_t multiply_adds) {
  RandomModel model;
  Rollout rollout(model.predictor(kSizes), 1, kernel);
  const QueryView query = model.query(kSizes, kSamples, 1);
  TermSet terms(kernel);
  add(model, terms);
  std::vector<float> costs(kSamples);
  for (auto _ : state) rollout.price(query, terms, costs.data());
  if (multiply_adds != 0) state.counters["multiply_adds"] = rate(kSamples * multiply_adds);
}

}  // namespace

void add_price(const TileKernel& kernel) {
  const auto add = [&](const char* phase, AddTerm term, std::size_t multiply_adds) {
    benchmark::RegisterBenchmark(named(phase, kernel).c_str(), [=](benchmark::State& state) {
      run(state, kernel, term, multiply_adds);
    })->Unit(benchmark::kMicrosecond);
  };
  add("price_nothing", [](RandomModel&, TermSet&) {}, 0);
  add("price_readout", add_readout, kSizes.latent * kSizes.latent);
  add("price_distance", add_distance, kHead * (kSizes.latent + kHead + kOutputs));
}

}  // namespace wm::bench
