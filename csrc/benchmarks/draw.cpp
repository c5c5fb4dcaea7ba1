// Drawing candidates: noise, and the knots that it makes around a mean.
//
// A kernel draws where it rolls out. So the predictor is one number wide and takes one step, whose action
// is the first of many knots: what is left is the drawing.
#include <vector>

#include "phases.hpp"
#include "random_model.hpp"

namespace wm::bench {
namespace {

constexpr std::size_t kKnots = 64;
constexpr std::size_t kSamples = 64;

void run(benchmark::State& state, const TileKernel& kernel) {
  const Sizes sizes{.history = 1, .latent = 1, .nu = 4, .width = 1, .embedding = 1, .hidden = 1, .blocks = 0};
  const std::size_t size = kKnots * sizes.nu;
  RandomModel model;
  Rollout rollout(model.predictor(sizes), 1, kernel);
  QueryView query = model.query(sizes, kSamples, 1);
  query.actions.data = nullptr;
  std::vector<float> interpolation(kKnots);
  interpolation[0] = 1.0F;
  AlignedFloats drawn(kSamples * size);
  Draw draw;
  draw.knots = kKnots;
  draw.interpolation = interpolation.data();
  draw.mean = model.constant(size, 0.0F);
  draw.deviation = model.constant(size, 0.5F);
  draw.drawn = drawn.data();
  const TermSet no_terms(kernel);
  std::vector<float> costs(kSamples);
  for (auto _ : state) {
    ++draw.seed;
    rollout.draw_and_price(query, draw, no_terms, costs.data());
  }
  state.counters["numbers"] = rate(kSamples * size);
}

}  // namespace

void add_draw(const TileKernel& kernel) {
  benchmark::RegisterBenchmark(named("draw", kernel).c_str(), [kernel](benchmark::State& state) {
    run(state, kernel);
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace wm::bench
