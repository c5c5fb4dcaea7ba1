// A pendulum to swing up, whose motion is known: a search with next to no model behind it, so that what the
// search itself costs is seen. Angle 0 is upright; lengths, masses and limits are those of Gymnasium's
// Pendulum-v1.
#pragma once

#include <cstddef>
#include <vector>

#include "wm/aligned.hpp"
#include "wm/pricer.hpp"
#include "wm/thread_pool.hpp"
#include "wm/tile.hpp"
#include "wm/workspaces.hpp"

namespace wm {

class PendulumPricer final : public Pricer {
 public:
  PendulumPricer(std::size_t threads, const TileKernel& kernel);

  const TileKernel& kernel() const { return kernel_; }
  // Where the next candidates start; angle in radians from upright, velocity in radians a second.
  void set_state(float angle, float velocity) { state_ = {angle, velocity}; }
  void price(const ActionsView& actions, const Draw* draw, float* costs) override;

 private:
  TileKernel kernel_;
  PendulumState state_;
  ThreadPool pool_;
  Workspaces workspaces_;
};

}  // namespace wm
