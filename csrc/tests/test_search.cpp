// A search over pendulums on every kernel: the same plan on any number of threads, nothing allocated once it
// has run, and an answer whatever the deadline.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "wm/allocations.hpp"
#include "wm/pendulum.hpp"
#include "wm/search.hpp"

namespace {

constexpr std::size_t kHorizon = 30;

wm::SearchSettings settings(wm::Learning learning) {
  wm::SearchSettings s;
  s.horizon = s.knots = kHorizon;
  s.nu = 1;
  s.candidates = {70, 70, 70};  // fills no whole number of tiles
  s.learning = learning;
  s.elites = learning == wm::Learning::kElites ? 8 : 0;
  s.keep_fraction = 0.5;
  s.min_noise = {0.1F, 0.1F, 0.1F};
  s.temperature = 0.1;
  return s;
}

void reset(wm::Search& search) {
  wm::Belief& belief = search.belief();
  std::fill(belief.mean.begin(), belief.mean.end(), 0.0F);
  std::fill(belief.std.begin(), belief.std.end(), 1.0F);
  belief.elite_count = 0;
}

std::vector<float> plan(const wm::TileKernel& kernel, wm::Learning learning, std::size_t threads) {
  wm::PendulumPricer pendulum(threads, kernel);
  pendulum.set_state(3.0F, 0.0F);
  wm::Search search(settings(learning), kernel);
  reset(search);
  search.run(pendulum, 7, 0);
  const std::uint64_t before = wm::allocations();
  reset(search);
  const wm::SearchOutcome outcome = search.run(pendulum, 7, 0);
  CHECK(wm::allocations() == before);
  CHECK(outcome.rounds == 3 && std::isfinite(outcome.cost) && !outcome.deadline_missed);
  const wm::View<float> knots = search.plan();
  return {knots.data, knots.data + knots.size};
}

void a_deadline_in_the_past_leaves_one_round(const wm::TileKernel& kernel) {
  wm::PendulumPricer pendulum(1, kernel);
  wm::Search search(settings(wm::Learning::kElites), kernel);
  reset(search);
  const wm::SearchOutcome outcome = search.run(pendulum, 7, 1);
  CHECK(outcome.rounds == 1 && outcome.deadline_missed && std::isfinite(outcome.cost));
}

void no_finite_cost_is_said(const wm::TileKernel& kernel) {
  wm::PendulumPricer pendulum(1, kernel);
  pendulum.set_state(NAN, 0.0F);
  wm::Search search(settings(wm::Learning::kSoftmax), kernel);
  reset(search);
  CHECK(search.run(pendulum, 7, 0).all_infinite);
}

}  // namespace

int main() {
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    const wm::TileKernel& kernel = kernels.data[i];
    for (const wm::Learning learning : {wm::Learning::kElites, wm::Learning::kSoftmax, wm::Learning::kBest}) {
      const std::vector<float> alone = plan(kernel, learning, 1);
      for (const std::size_t threads : {2, 5}) CHECK(plan(kernel, learning, threads) == alone);
    }
    a_deadline_in_the_past_leaves_one_round(kernel);
    no_finite_cost_is_said(kernel);
  }
  return check::status();
}
