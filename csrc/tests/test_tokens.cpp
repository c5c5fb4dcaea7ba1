// The transformer's rollouts, as test_rollout does for the other predictor: neither neighbours nor threads
// change a bit, and every instruction set tells the same story. Frames of 1, 7 and 40 rows; the window
// slides.
#include <cmath>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "check.hpp"
#include "wm/token_rollout.hpp"

namespace {

constexpr std::size_t kSamples = 37, kHorizon = 4, kNu = 3;

class Fixture {
 public:
  Fixture(std::size_t patches, std::size_t state, std::size_t embedding) {
    wm::PackedTokens& n = predictor.sizes;
    n.history = 2;
    n.context = 3;
    n.state = state;
    n.patches = patches;
    n.patch = 5;
    n.latent = state + patches * n.patch;
    n.nu = kNu;
    n.rows = patches + (embedding == 0 ? 1 : 0) + (state > 0 ? 1 : 0);
    n.width = 18;
    n.heads = 2;
    n.head = 6;
    n.hidden = 25;
    n.embedding = embedding;
    const std::size_t inner = n.heads * n.head;
    predictor.input = layer(n.width, n.patch);
    predictor.action = layer(embedding > 0 ? embedding : n.width, kNu);
    if (embedding > 0) predictor.action2 = layer(embedding, embedding);
    if (state > 0) {
      predictor.proprio = layer(n.width, state);
      predictor.motion = {noise(state * kNu), state, kNu};
    }
    for (int i = 0; i < 2; ++i) {
      predictor.blocks.push_back({embedding > 0 ? layer(6 * n.width, embedding) : wm::LinearView{},
                                  layer(3 * inner, n.width), layer(n.width, inner), layer(n.hidden, n.width),
                                  layer(n.width, n.hidden)});
    }
    predictor.output = layer(n.patch, n.width);
    predictor.time = {noise(n.head / 2), n.head / 2};
    predictor.place = {noise(n.rows * n.head / 2), n.rows, n.head / 2};
    query = {{noise(n.history * n.latent), n.history, n.latent},
             {noise(kNu), 1, kNu},
             {noise(kSamples * kHorizon * kNu), kSamples, kHorizon, kNu}};
  }

  std::vector<float> imagine(const wm::QueryView& asked, std::size_t threads, const wm::TileKernel& kernel) {
    wm::TokenRollout rollout(predictor, threads, kernel);
    std::vector<float> latents(asked.actions.samples * kHorizon * predictor.sizes.latent, NAN);
    rollout.imagine(asked, latents.data());
    const std::vector<float> first = latents;
    rollout.imagine(asked, latents.data());
    CHECK(std::memcmp(first.data(), latents.data(), latents.size() * sizeof(float)) == 0);
    return latents;
  }

  wm::TokenPredictorView predictor;
  wm::QueryView query;

 private:
  const float* noise(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = 0.2F * normal_(rng_);
    return values.data();
  }
  wm::LinearView layer(std::size_t rows, std::size_t cols) {
    return {{noise(rows * cols), rows, cols}, {noise(rows), rows}};
  }

  std::mt19937 rng_{5};
  std::normal_distribution<float> normal_;
  std::deque<std::vector<float>> arrays_;
};

void compare(std::size_t patches, std::size_t state, std::size_t embedding) {
  Fixture fixture(patches, state, embedding);
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  const std::vector<float> expected = fixture.imagine(fixture.query, 1, kernels.data[0]);
  const std::size_t size = kHorizon * fixture.predictor.sizes.latent;
  for (std::size_t i = 0; i < kernels.size; ++i) {
    const std::vector<float> one = fixture.imagine(fixture.query, 1, kernels.data[i]);
    const std::vector<float> four = fixture.imagine(fixture.query, 4, kernels.data[i]);
    CHECK(std::memcmp(one.data(), four.data(), one.size() * sizeof(float)) == 0);
    wm::QueryView last = fixture.query;
    last.actions.data += (kSamples - 1) * kHorizon * kNu;
    last.actions.samples = 1;
    const std::vector<float> alone = fixture.imagine(last, 2, kernels.data[i]);
    CHECK(std::memcmp(alone.data(), one.data() + (kSamples - 1) * size, size * sizeof(float)) == 0);
    float largest = 0.0F, error = 0.0F;
    for (std::size_t at = 0; at < one.size(); ++at) {
      largest = std::fmax(largest, std::fabs(expected[at]));
      error = std::fmax(error, std::fabs(one[at] - expected[at]));
    }
    CHECK(error < largest * (kernels.data[i].group == 1 ? 1e-4F : 1e-1F));
  }
}

}  // namespace

int main() {
  compare(1, 0, 6);
  compare(5, 3, 0);
  compare(39, 0, 0);
  return check::status();
}
