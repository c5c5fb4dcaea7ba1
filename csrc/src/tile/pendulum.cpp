// Compiled once for each instruction set, as tile.cpp is: a tile of pendulums.
//
// A step is about 25 vector operations, half of them the sine; its chain of dependent ones is some 60 cycles
// long, which two vectors side by side hide in part. Floor for 16 lanes: about 1 ns a candidate and step with
// its noise.
#include "draw.hpp"

#define WM_JOIN(prefix, name) prefix##name
#define WM_SYMBOL(prefix, name) WM_JOIN(prefix, name)

namespace wm {

void WM_SYMBOL(noise_, WM_ISA)(std::uint64_t, std::uint32_t, std::uint32_t, std::size_t, float*);
std::size_t WM_SYMBOL(pendulum_workspace_, WM_ISA)(const PendulumJob& job);
void WM_SYMBOL(pendulum_, WM_ISA)(const PendulumJob& job, std::size_t first, float* workspace);

}  // namespace wm

namespace {

constexpr float kStepS = 0.05F, kMaxSpeed = 8.0F, kMaxTorque = 2.0F;
constexpr float kGravityGain = 15.0F, kTorqueGain = 3.0F;  // 3 g / (2 l) and 3 / (m l²), g = 10, l = m = 1

struct Motion {
  Vec angle, velocity, cost;
};

// Within [−π, π], by whole turns.
inline Vec wrapped(Vec x) {
  const Vec shifter = splat(12582912.0F);  // 1.5 · 2^23 rounds to integers
  const Vec turns = (x * 0.159154943F + shifter) - shifter;
  return x - turns * 6.28318531F;
}

// sin x on [−π, π] by its Taylor polynomial to x^15, error below 8e-6 at the ends.
inline Vec sine(Vec x) {
  const Vec z = x * x;
  Vec p = splat(-7.6471637e-13F);
  p = p * z + 1.6059044e-10F;
  p = p * z + -2.5052108e-8F;
  p = p * z + 2.7557319e-6F;
  p = p * z + -1.9841270e-4F;
  p = p * z + 8.3333333e-3F;
  p = p * z + -1.6666667e-1F;
  return x + x * z * p;
}

inline void step(Motion& m, Vec action) {
  const Vec torque = action * kMaxTorque;
  m.cost += m.angle * m.angle + 0.1F * m.velocity * m.velocity + 0.001F * torque * torque;
  const Vec velocity = m.velocity + (kGravityGain * sine(m.angle) + kTorqueGain * torque) * kStepS;
  m.velocity = max(min(velocity, splat(kMaxSpeed)), splat(-kMaxSpeed));
  m.angle = wrapped(m.angle + m.velocity * kStepS);
}

}  // namespace

namespace wm {

std::size_t WM_SYMBOL(pendulum_workspace_, WM_ISA)(const PendulumJob& job) {
  const std::size_t white = job.draw == nullptr ? 0 : (job.draw->knots + 3) / 4 * 4;
  return (job.actions.horizon + white) * kLanes;
}

void WM_SYMBOL(pendulum_, WM_ISA)(const PendulumJob& job, std::size_t first, float* workspace) {
  const std::size_t horizon = job.actions.horizon;
  float* const actions = workspace;
  const std::size_t left = job.actions.samples - first;
  const std::size_t count = left < kLanes ? left : kLanes;
  if (job.draw == nullptr) {
    load_actions(job.actions, first, count, actions);
  } else {
    draw_candidates(*job.draw, WM_SYMBOL(noise_, WM_ISA), first, horizon, 1, actions + horizon * kLanes,
                    actions);
  }
  Motion motions[kVectors];
  for (Motion& m : motions) m = {splat(job.start.angle), splat(job.start.velocity), Vec{}};
  for (std::size_t t = 0; t < horizon; ++t) {
    for (std::size_t v = 0; v < kVectors; ++v) step(motions[v], load(actions + t * kLanes + v * kWidth));
  }
  for (std::size_t lane = 0; lane < count; ++lane) {
    job.costs[first + lane] = motions[lane / kWidth].cost[lane % kWidth];
  }
}

}  // namespace wm
