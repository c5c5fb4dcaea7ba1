// The GPU's search with a transformer predictor, its blocks played by threads of the host, against the CPU's.
// Frames of one modulated row and of several rows with a state, sizes that fill no fragment, windows that
// slide, teams of one and of several blocks, groups that the candidates do not fill.
#include <barrier>
#include <deque>
#include <string>
#include <thread>

#include "host_team.hpp"
#include "planner.hpp"
#include "search_block.hpp"
#include "search_fixture.hpp"
#include "token_model.hpp"
#include "token_rollout_block.hpp"

namespace {

using fixture::Found;
using wm::gpu::Shape;

struct Sizes {
  std::size_t history, context, state, patches, patch, width, heads, head, hidden, embedding;
};

constexpr std::size_t kNu = 3;

class Problem {
 public:
  Problem(const Sizes& sizes, std::size_t horizon) : n_(sizes), horizon_(horizon) {
    wm::PackedTokens& n = predictor.sizes;
    n.history = sizes.history;
    n.context = sizes.context;
    n.state = sizes.state;
    n.patches = sizes.patches;
    n.patch = sizes.patch;
    n.latent = sizes.state + sizes.patches * sizes.patch;
    n.nu = kNu;
    n.rows = sizes.patches + (sizes.embedding == 0 ? 1 : 0) + (sizes.state > 0 ? 1 : 0);
    n.width = sizes.width;
    n.heads = sizes.heads;
    n.head = sizes.head;
    n.hidden = sizes.hidden;
    n.embedding = sizes.embedding;
    predictor.input = arrays_.layer(n.width, n.patch);
    predictor.action = arrays_.layer(n.embedding > 0 ? n.embedding : n.width, kNu);
    if (n.embedding > 0) predictor.action2 = arrays_.layer(n.embedding, n.embedding);
    if (n.state > 0) {
      predictor.proprio = arrays_.layer(n.width, n.state);
      predictor.motion = {arrays_.noise(n.state * kNu), n.state, kNu};
    }
    const std::size_t inner = n.heads * n.head;
    for (int i = 0; i < 2; ++i) {
      predictor.blocks.push_back(
          {n.embedding > 0 ? arrays_.layer(6 * n.width, n.embedding) : wm::LinearView{},
           arrays_.layer(3 * inner, n.width), arrays_.layer(n.width, inner), arrays_.layer(n.hidden, n.width),
           arrays_.layer(n.width, n.hidden)});
    }
    predictor.output = arrays_.layer(n.patch, n.width);
    predictor.time = {arrays_.noise(n.head / 2), n.head / 2};
    predictor.place = {arrays_.noise(n.rows * n.head / 2), n.rows, n.head / 2};
    latents = {arrays_.noise(n.history * n.latent), n.history, n.latent};
    past = {arrays_.noise((n.history - 1) * kNu), n.history - 1, kNu};
  }

  std::size_t horizon() const { return horizon_; }

 private:
  Sizes n_;
  std::size_t horizon_;
  fixture::Arrays arrays_{0.3F};

 public:
  wm::TokenPredictorView predictor;
  wm::MatrixView latents, past;
  fixture::CostTerms terms{arrays_, horizon_, n_.state + n_.patches * n_.patch};
};

using Aligned = std::vector<wm::gpu::Eight>;  // 16 bytes, as pairs and pieces want them

Aligned room(std::size_t bytes) { return Aligned(bytes / sizeof(wm::gpu::Eight) + 1); }
char* start_of(Aligned& memory) { return reinterpret_cast<char*>(memory.data()); }

void run_block(const wm::gpu::TokenProblem& problem, wm::gpu::HostTeam exec) {
  Aligned memory = room(wm::gpu::carve(problem, nullptr).bytes);
  wm::gpu::TokenRolloutBlock rollout(exec, problem, start_of(memory), exec.inboxes[exec.member]);
  wm::gpu::SearchBlock search(exec, problem, rollout);
  search.run();
}

void run_grid(const wm::gpu::TokenProblem& problem) {
  const Shape& shape = problem.shape;
  std::barrier<> grid(shape.teams * shape.members);
  std::deque<std::barrier<>> meetings;
  std::vector<Aligned> inboxes;
  std::vector<char*> starts;
  for (int i = 0; i < shape.teams * shape.members; ++i)
    inboxes.push_back(room(wm::gpu::carve_inbox(problem, nullptr).bytes));
  for (Aligned& inbox : inboxes) starts.push_back(start_of(inbox));
  std::vector<std::thread> threads;
  for (int team = 0; team < shape.teams; ++team) {
    std::barrier<>& meeting = meetings.emplace_back(shape.members);
    for (int member = 0; member < shape.members; ++member) {
      const wm::gpu::HostTeam exec{{team, shape.teams, grid, member, shape.members},
                                   meeting,
                                   starts.data() + team * shape.members,
                                   shape.clustered};
      threads.emplace_back([&problem, exec] { run_block(problem, exec); });
    }
  }
  for (std::thread& thread : threads) thread.join();
}

Found on_grid(const Problem& problem, const wm::SearchSettings& s, const Shape& shape) {
  wm::gpu::HostMemory memory;
  const wm::gpu::TokenModel model(memory, problem.predictor);
  wm::gpu::TermUpload upload(memory);
  problem.terms.add_to(upload);
  wm::gpu::Planner planner(memory, s);
  fixture::reset(planner);
  wm::gpu::TokenStart start(memory);
  const auto launch = [&](const wm::gpu::SearchProblem& search, int) {
    wm::gpu::TokenProblem there = start.with(search, model, upload.finish(), problem.latents, problem.past);
    start.cut(there, shape);
    run_grid(there);
  };
  const Found first = fixture::found(planner, planner.run(11, 0, launch));
  fixture::reset(planner);
  const Found again = fixture::found(planner, planner.run(11, 0, launch));
  CHECK(first.plan == again.plan && first.costs == again.costs);
  return first;
}

void compare(const std::string& what, const Sizes& sizes, const fixture::Extents& n,
             const std::vector<Shape>& shapes) {
  const Problem problem(sizes, n.horizon);
  wm::TokenRollout rollout(problem.predictor, 1, fixture::last_kernel());
  for (const wm::Learning learning : {wm::Learning::kElites, wm::Learning::kSoftmax}) {
    for (const std::size_t rounds : {1, 3}) {
      const wm::SearchSettings s = fixture::settings(learning, rounds, n);
      const Found want = fixture::on_cpu(rollout, problem.terms, problem.latents, problem.past, s);
      for (const Shape& shape : shapes)
        fixture::compare(what.c_str(), on_grid(problem, s, shape), want, rounds);
    }
  }
}

}  // namespace

int main() {
  // members, teams, rows, candidates, staged, clustered
  compare("one modulated token", {3, 3, 0, 1, 5, 18, 3, 6, 25, 6}, {5, 3, kNu, 70},
          {{1, 1, 16, 16, false, false}, {3, 2, 48, 35, true, true}, {2, 3, 32, 24, false, false}});
  compare("odd sizes", {2, 4, 0, 1, 7, 13, 2, 10, 11, 5}, {4, 2, kNu, 33},
          {{2, 2, 32, 17, true, false}, {1, 3, 16, 11, false, true}});
  compare("action, state and patches", {2, 3, 3, 5, 5, 18, 2, 6, 25, 0}, {5, 3, kNu, 40},
          {{2, 3, 48, 6, true, true}, {1, 2, 16, 2, false, false}});
  compare("one candidate, one step", {1, 1, 0, 1, 5, 18, 2, 6, 25, 6}, {1, 1, kNu, 1},
          {{2, 1, 16, 1, true, true}});
  compare("patches of one frame", {1, 16, 0, 3, 5, 18, 2, 6, 25, 0}, {3, 3, kNu, 9},
          {{2, 2, 16, 4, true, false}});
  return check::status();
}
