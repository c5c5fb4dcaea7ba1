// The GPU's algorithm, played by threads of the host, against the CPU's: the same draws bit for bit, costs as
// near as bfloat16 comes, the same plan where they are that near.
#include <barrier>
#include <thread>

#include "host_block.hpp"
#include "planner.hpp"
#include "rollout_block.hpp"
#include "search_block.hpp"
#include "search_fixture.hpp"

namespace {

using fixture::Found;

constexpr std::size_t kHistory = 2, kLatent = 21, kNu = 3, kWidth = 24, kEmbedding = 7, kHidden = 26;
// Candidates fill no whole number of tiles.
constexpr fixture::Extents kExtents{5, 3, kNu, 70};

class Problem {
 public:
  Problem() {
    predictor.history = kHistory;
    predictor.input = arrays_.layer(kWidth, kHistory * kLatent);
    predictor.action0 = arrays_.layer(kEmbedding, kHistory * kNu);
    predictor.action2 = arrays_.layer(kEmbedding, kEmbedding);
    for (int i = 0; i < 2; ++i) {
      predictor.blocks.push_back({arrays_.layer(3 * kWidth, kEmbedding), arrays_.layer(kHidden, kWidth),
                                  arrays_.layer(kWidth, kHidden)});
    }
    predictor.output = arrays_.layer(kLatent, kWidth);
  }

 private:
  fixture::Arrays arrays_{0.3F};

 public:
  wm::PredictorView predictor;
  fixture::CostTerms terms{arrays_, kExtents.horizon, kLatent};
  wm::MatrixView latents{arrays_.noise(kHistory * kLatent), kHistory, kLatent};
  wm::MatrixView past{arrays_.noise((kHistory - 1) * kNu), kHistory - 1, kNu};
};

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
  problem.terms.add_to(upload);
  wm::gpu::Planner planner(memory, s);
  fixture::reset(planner);
  wm::gpu::Start start(memory);
  const auto launch = [&](const wm::gpu::SearchProblem& search, int) {
    run_grid(start.with(search, model, upload.finish(), problem.latents, problem.past), blocks);
  };
  return fixture::found(planner, planner.run(11, budget_ns, launch));
}

}  // namespace

int main() {
  const Problem problem;
  wm::Rollout rollout(problem.predictor, 1, fixture::last_kernel());
  for (const wm::Learning learning : {wm::Learning::kElites, wm::Learning::kSoftmax, wm::Learning::kBest}) {
    for (const std::size_t rounds : {1, 3}) {
      const wm::SearchSettings s = fixture::settings(learning, rounds, kExtents);
      const Found want = fixture::on_cpu(rollout, problem.terms, problem.latents, problem.past, s);
      const Found have = on_grid(problem, s, 3);
      fixture::compare("compact", have, want, rounds);
      for (const int blocks : {1, 8}) {
        const Found other = on_grid(problem, s, blocks);
        CHECK(other.plan == have.plan && other.costs == have.costs);
      }
    }
  }
  const Found late = on_grid(problem, fixture::settings(wm::Learning::kElites, 3, kExtents), 3, 1);
  CHECK(late.outcome.rounds == 1 && late.outcome.deadline_missed && std::isfinite(late.outcome.cost));
  return check::status();
}
