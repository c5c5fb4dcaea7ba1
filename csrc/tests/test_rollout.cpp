// What must hold whatever the numbers mean (tests/parity compares those with the float64 reference): a
// candidate's result depends neither on the candidates beside it nor on the number of threads, and every
// instruction set tells the same story.
#include <cmath>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "check.hpp"
#include "wm/rollout.hpp"

namespace {

constexpr std::size_t kHistory = 2, kLatent = 21, kNu = 3, kWidth = 19, kEmbedding = 7, kHidden = 26;
constexpr std::size_t kSamples = 70, kHorizon = 4;  // 70 fills no whole number of tiles

class Fixture {
 public:
  Fixture() {
    predictor.history = kHistory;
    predictor.input = layer(kWidth, kHistory * kLatent);
    predictor.action0 = layer(kEmbedding, kHistory * kNu);
    predictor.action2 = layer(kEmbedding, kEmbedding);
    for (int i = 0; i < 2; ++i) {
      predictor.blocks.push_back(
          {layer(3 * kWidth, kEmbedding), layer(kHidden, kWidth), layer(kWidth, kHidden)});
    }
    predictor.output = layer(kLatent, kWidth);
    query = {{noise(kHistory * kLatent), kHistory, kLatent},
             {noise((kHistory - 1) * kNu), kHistory - 1, kNu},
             {noise(kSamples * kHorizon * kNu), kSamples, kHorizon, kNu}};
  }

  std::vector<float> price(const wm::QueryView& asked, std::size_t threads, const wm::TileKernel& kernel) {
    wm::Rollout rollout(predictor, threads, kernel);
    wm::TermSet terms(kernel);
    terms.add_readout({weights, kHorizon}, {readout, 5, kLatent}, {offset, 5}, {scale, 5});
    terms.add_smoothness({weights, kHorizon});
    std::vector<float> costs(asked.actions.samples, NAN);
    rollout.price(asked, terms, costs.data());
    const std::vector<float> first = costs;
    rollout.price(asked, terms, costs.data());
    CHECK(std::memcmp(first.data(), costs.data(), costs.size() * sizeof(float)) == 0);
    return costs;
  }

  wm::PredictorView predictor;
  wm::QueryView query;

 private:
  const float* noise(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = normal_(rng_);
    return values.data();
  }
  wm::LinearView layer(std::size_t rows, std::size_t cols) {
    return {{noise(rows * cols), rows, cols}, {noise(rows), rows}};
  }

  std::mt19937 rng_{1};
  std::normal_distribution<float> normal_{0.0F, 0.3F};
  std::deque<std::vector<float>> arrays_;

 public:
  const float* weights = noise(kHorizon);
  const float* readout = noise(5 * kLatent);
  const float* offset = noise(5);
  const float* scale = noise(5);
};

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

int main() {
  Fixture fixture;
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  CHECK(kernels.size >= 1);
  const std::vector<float> best = fixture.price(fixture.query, 1, kernels.data[0]);

  for (std::size_t i = 0; i < kernels.size; ++i) {
    const wm::TileKernel& kernel = kernels.data[i];
    const std::vector<float> costs = fixture.price(fixture.query, 1, kernel);
    for (std::size_t k = 0; k < kSamples; ++k) {
      // Fused or not, float32 keeps about six digits through four steps. What bfloat16 keeps, tests/parity
      // says.
      CHECK(kernel.group != 1 || std::abs(costs[k] - best[k]) <= 1e-4F * std::abs(best[k]));
    }
    for (const std::size_t threads : {2, 3, 8})
      CHECK(same(fixture.price(fixture.query, threads, kernel), costs));
    for (const std::size_t k : {std::size_t{0}, std::size_t{33}, kSamples - 1}) {
      wm::QueryView alone = fixture.query;
      alone.actions.data += k * kHorizon * kNu;
      alone.actions.samples = 1;
      CHECK(same(fixture.price(alone, 1, kernel), {costs[k]}));
    }
  }
  return check::status();
}
