#include "wm/pendulum.hpp"

namespace wm {

PendulumPricer::PendulumPricer(std::size_t threads, const TileKernel& kernel)
    : kernel_(kernel), pool_(threads), workspaces_(pool_) {}

void PendulumPricer::price(const ActionsView& actions, const Draw* draw, float* costs) {
  const PendulumJob job{state_, actions, draw, costs};
  workspaces_.reserve(kernel_.pendulum_workspace(job));
  struct Context {
    PendulumPricer* self;
    const PendulumJob* job;
  } context{this, &job};
  const auto tile = [](void* opaque, std::size_t item, std::size_t worker) {
    const Context& c = *static_cast<const Context*>(opaque);
    c.self->kernel_.run_pendulum(*c.job, item * c.self->kernel_.lanes, c.self->workspaces_.of(worker));
  };
  pool_.run({tile, &context}, (actions.samples + kernel_.lanes - 1) / kernel_.lanes);
}

}  // namespace wm
