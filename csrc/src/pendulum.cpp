#include "wm/pendulum.hpp"

namespace wm {

PendulumPricer::PendulumPricer(std::size_t threads, const TileKernel& kernel)
    : kernel_(kernel), workspaces_(threads), pool_(threads) {}

void PendulumPricer::price(const ActionsView& actions, const Draw* draw, float* costs) {
  const PendulumJob job{state_, actions, draw, costs};
  const std::size_t needed = kernel_.pendulum_workspace(job);
  for (AlignedFloats& workspace : workspaces_) {
    if (workspace.size() < needed) workspace = AlignedFloats(needed);
  }
  struct Context {
    PendulumPricer* self;
    const PendulumJob* job;
  } context{this, &job};
  const auto tile = [](void* opaque, std::size_t item, std::size_t worker) {
    const Context& c = *static_cast<const Context*>(opaque);
    c.self->kernel_.run_pendulum(*c.job, item * c.self->kernel_.lanes, c.self->workspaces_[worker].data());
  };
  pool_.run({tile, &context}, (actions.samples + kernel_.lanes - 1) / kernel_.lanes);
}

}  // namespace wm
