// The GPU's algorithm, played by threads of the host, against the CPU's: the same draws bit for bit, costs as
// near as bfloat16 comes, the same plan where they are that near.
#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstring>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "check.hpp"
#include "host_block.hpp"
#include "planner.hpp"
#include "search_block.hpp"
#include "wm/rollout.hpp"
#include "wm/search.hpp"

namespace {

constexpr std::size_t kHistory = 2, kLatent = 21, kNu = 3, kWidth = 24, kEmbedding = 7, kHidden = 26,
                      kHead = 18;
constexpr std::size_t kHorizon = 5, kKnots = 3;

class Problem {
 public:
  Problem() {
    predictor.history = kHistory;
    predictor.input = layer(kWidth, kHistory * kLatent);
    predictor.action0 = layer(kEmbedding, kHistory * kNu);
    predictor.action2 = layer(kEmbedding, kEmbedding);
    for (int i = 0; i < 2; ++i) {
      predictor.blocks.push_back(
          {layer(3 * kWidth, kEmbedding), layer(kHidden, kWidth), layer(kWidth, kHidden)});
    }
    predictor.output = layer(kLatent, kWidth);
  }

  // Into wm::TermSet and wm::gpu::TermUpload alike.
  template <class Terms>
  void add_terms(Terms& terms) const {
    terms.add_readout({weights, kHorizon}, {map, 5, kLatent}, {offset, 5}, {scale, 5});
    terms.add_readout({weights, kHorizon}, {}, {offset, 4}, {scale, 4});
    terms.add_distance({weights, kHorizon}, head_in, {head_goal, kHead, 6}, {goal, 6}, {head_hidden},
                       head_out);
    terms.add_smoothness({weights, kHorizon});
    terms.add_action_limits({weights, kHorizon}, 0.5F);
  }

  wm::PredictorView predictor;

 private:
  const float* noise(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = normal_(rng_);
    return values.data();
  }
  const float* positive(std::size_t size) {
    std::vector<float>& values = arrays_.emplace_back(size);
    for (float& value : values) value = std::abs(normal_(rng_));
    return values.data();
  }
  wm::LinearView layer(std::size_t rows, std::size_t cols) {
    return {{noise(rows * cols), rows, cols}, {noise(rows), rows}};
  }
  std::mt19937 rng_{1};
  std::normal_distribution<float> normal_{0.0F, 0.3F};
  std::deque<std::vector<float>> arrays_;

  const float* weights = positive(kHorizon);
  const float* map = noise(5 * kLatent);
  const float* offset = noise(5);
  const float* scale = positive(5);
  const float* head_goal = noise(kHead * 6);
  const float* goal = noise(6);
  wm::LinearView head_in = layer(kHead, kLatent);
  wm::LinearView head_hidden = layer(kHead, kHead);
  wm::LinearView head_out = layer(2, kHead);

 public:
  wm::MatrixView latents{noise(kHistory * kLatent), kHistory, kLatent};
  wm::MatrixView past{noise((kHistory - 1) * kNu), kHistory - 1, kNu};
};

wm::SearchSettings settings(wm::Learning learning, std::size_t rounds) {
  wm::SearchSettings s;
  s.horizon = kHorizon;
  s.knots = kKnots;
  s.nu = kNu;
  s.candidates.assign(rounds, 70);  // fills no whole number of tiles
  for (std::size_t t = 0; t < kHorizon; ++t) {
    for (std::size_t m = 0; m < kKnots; ++m)
      s.interpolation.push_back(t * kKnots / kHorizon == m ? 1.0F : 0.0F);
  }
  s.colour = {1.0F, 0.0F, 0.0F, 0.6F, 0.8F, 0.0F, 0.3F, 0.5F, 0.8F};
  s.learning = learning;
  if (learning != wm::Learning::kElites) s.noise.assign(rounds, 0.6F);
  s.elites = learning == wm::Learning::kElites ? 8 : 0;
  s.keep_fraction = 0.5;
  s.min_noise.assign(rounds, 0.1F);
  s.temperature = 0.3;
  return s;
}

template <class Searcher>
void reset(Searcher& search) {
  wm::Belief& belief = search.belief();
  std::fill(belief.mean.begin(), belief.mean.end(), 0.05F);
  std::fill(belief.std.begin(), belief.std.end(), 0.6F);
  belief.elite_count = 0;
}

struct Found {
  std::vector<float> plan, costs, mean;
  wm::SearchOutcome outcome;
};

template <class Searcher>
Found found(Searcher& search, const wm::SearchOutcome& outcome) {
  const wm::View<float> plan = search.plan();
  const wm::View<float> costs = search.costs();
  return {{plan.data, plan.data + plan.size},
          {costs.data, costs.data + costs.size},
          search.belief().mean,
          outcome};
}

Found on_cpu(const Problem& problem, const wm::SearchSettings& s, const wm::TileKernel& kernel) {
  wm::Rollout rollout(problem.predictor, 1, kernel);
  wm::TermSet terms(kernel);
  problem.add_terms(terms);
  wm::LatentPricer pricer(rollout, terms, problem.latents, problem.past);
  wm::Search search(s, kernel);
  reset(search);
  return found(search, search.run(pricer, 11, 0));
}

void run_grid(const wm::gpu::Problem& problem, int blocks) {
  std::barrier<> grid(blocks);
  const std::size_t bytes = wm::gpu::carve(problem, nullptr).bytes;
  std::vector<std::thread> threads;
  for (int block = 0; block < blocks; ++block) {
    threads.emplace_back([&, block] {
      std::vector<std::max_align_t> memory(bytes / sizeof(std::max_align_t) + 1);
      wm::gpu::HostBlock exec{block, blocks, grid};
      wm::gpu::RolloutBlock rollout(exec, problem, reinterpret_cast<char*>(memory.data()));
      wm::gpu::SearchBlock search(exec, problem, rollout);
      search.run();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

Found on_grid(const Problem& problem, const wm::SearchSettings& s, int blocks, std::int64_t budget_ns = 0) {
  wm::gpu::HostMemory memory;
  const wm::gpu::Model model(memory, problem.predictor);
  wm::gpu::TermUpload upload(memory);
  problem.add_terms(upload);
  wm::gpu::Planner planner(memory, s);
  reset(planner);
  wm::gpu::Start start(memory);
  const auto launch = [&](const wm::gpu::SearchProblem& search, int) {
    run_grid(start.with(search, model, upload.finish(), problem.latents, problem.past), blocks);
  };
  return found(planner, planner.run(11, budget_ns, launch));
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  CHECK(a.size() == b.size());
  float largest = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

}  // namespace

int main() {
  const Problem problem;
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  // The last kernel multiplies in bfloat16 where the processor can.
  const wm::TileKernel& kernel = kernels.data[kernels.size - 1];
  const bool both_bfloat16 = kernel.group == 2;
  for (const wm::Learning learning : {wm::Learning::kElites, wm::Learning::kSoftmax, wm::Learning::kBest}) {
    for (const std::size_t rounds : {1, 3}) {
      const wm::SearchSettings s = settings(learning, rounds);
      const Found want = on_cpu(problem, s, kernel);
      const Found have = on_grid(problem, s, 3);
      CHECK(have.outcome.rounds == rounds && !have.outcome.all_infinite && !have.outcome.deadline_missed);
      const float dearest = *std::max_element(want.costs.begin(), want.costs.end());
      std::printf("learning %d rounds %zu: costs differ by %.5f of %.3f, mean by %.5f, plan by %.5f\n",
                  static_cast<int>(learning), rounds, largest_difference(have.costs, want.costs), dearest,
                  largest_difference(have.mean, want.mean), largest_difference(have.plan, want.plan));
      if (rounds == 1)
        CHECK(largest_difference(have.costs, want.costs) < (both_bfloat16 ? 1e-2F : 5e-2F) * dearest);
      CHECK(std::abs(have.outcome.cost - want.outcome.cost) < (both_bfloat16 ? 1e-2F : 5e-2F) * dearest);
      for (const int blocks : {1, 8}) {
        const Found other = on_grid(problem, s, blocks);
        CHECK(other.plan == have.plan && other.costs == have.costs);
      }
    }
  }
  const Found late = on_grid(problem, settings(wm::Learning::kElites, 3), 3, 1);
  CHECK(late.outcome.rounds == 1 && late.outcome.deadline_missed && std::isfinite(late.outcome.cost));
  return check::failures;
}
