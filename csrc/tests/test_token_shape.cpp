// How a grid is cut for a transformer: LeWM's size on GPUs with and without clusters, and what does not fit.
#include <stdexcept>
#include <string>

#include "check.hpp"
#include "token_memory.hpp"
#include "token_shape.hpp"

namespace {

using wm::gpu::Shape;

wm::gpu::TokenProblem lewm() {
  wm::gpu::TokenProblem problem;
  wm::gpu::TokenPredictor& p = problem.predictor;
  p.history = p.context = 3;
  p.patches = p.rows = 1;
  p.patch = p.latent = p.width = p.embedding = 192;
  p.nu = 4;
  p.heads = 16;
  p.head = 64;
  p.hidden = 2048;
  p.units = p.hidden / p.heads;
  p.blocks = 6;
  problem.settings.horizon = 5;
  return problem;
}

// One block a multiprocessor; a cluster of 16 leaves some of them over.
wm::gpu::Device device(int processors, std::size_t bytes, bool clusters) {
  return {bytes, clusters, [processors](const Shape& shape, std::size_t) {
            return (shape.clustered && shape.members > 8 ? processors / 16 * 16 : processors) / shape.members;
          }};
}

// Every candidate has a place, and no team is idle.
void check_filled(const Shape& shape, int candidates, const wm::gpu::TokenProblem& problem) {
  std::printf(
      "%d candidates: %d teams of %d, %d rows, %d candidates, staged %d, clustered %d: %.1f us a frame\n",
      candidates, shape.teams, shape.members, shape.rows, shape.candidates, shape.staged, shape.clustered,
      wm::gpu::frame_ns(problem.predictor, shape) / 1e3);
  CHECK(shape.candidates * problem.predictor.rows <= shape.rows);
  CHECK(shape.teams * shape.candidates < candidates || (shape.teams - 1) * shape.candidates < candidates);
}

std::string refusal(const wm::gpu::TokenProblem& problem, const wm::gpu::Device& there) {
  try {
    wm::gpu::choose_shape(problem, 300, there);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

int main() {
  const wm::gpu::Device h200 = device(132, 232448, true);
  wm::gpu::TokenProblem problem = lewm();
  const Shape cem = wm::gpu::choose_shape(problem, 300, h200);
  check_filled(cem, 300, problem);
  // 8 clusters of 16 on 132 multiprocessors; 300 / 8 rounded up.
  CHECK(cem == (Shape{16, 8, 48, 38, true, true}));
  CHECK(wm::gpu::shared_bytes(problem, cem) <= h200.block_bytes);
  problem.settings.horizon = 16;
  for (const int candidates : {1, 64, 4096}) {
    check_filled(wm::gpu::choose_shape(problem, candidates, h200), candidates, problem);
    check_filled(wm::gpu::choose_shape(problem, candidates, device(108, 166912, false)), candidates, problem);
    check_filled(wm::gpu::choose_shape(problem, candidates, device(84, 101376, false)), candidates, problem);
  }
  CHECK(refusal(problem, device(108, 20000, false))
            .find("bytes of shared memory a block, but the GPU has 20000") != std::string::npos);
  problem.predictor.rows = 258;
  CHECK(refusal(problem, h200).find("a frame of 258 rows is more than the 48") == 0);
  for (const int by : {1, 2, 3, 7, 48, 192}) {
    for (int n = 0; n < 20000; n += 7) {
      const wm::gpu::Divisor divisor(by);
      CHECK(divisor.quotient(n) == n / by && divisor.remainder(n) == n % by);
    }
  }
  return check::status();
}
