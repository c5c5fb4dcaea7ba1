// Joints whose values are known on paper. That they are those of the loop in Python is tested from there, on
// real arms.
#include "wm/differential_ik.hpp"

#include <array>
#include <cmath>

#include "check.hpp"
#include "wm/allocations.hpp"

namespace {

using wm::DifferentialIk;
using wm::IkSettings;
using wm::Mat3;

constexpr Mat3 kStraight{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr IkSettings kSettings{false, 1e-3, 0.05, 50, 1e-6, 0.2};

bool near(double a, double b, double within) { return std::abs(a - b) <= within; }

// Three links of 1 m in the plane z = 0.
DifferentialIk planar(double limit, bool free_tool_yaw = false) {
  IkSettings settings = kSettings;
  settings.free_tool_yaw = free_tool_yaw;
  DifferentialIk arm(settings, {-limit, -limit, -limit}, {limit, limit, limit}, {0.1, 0.1, 0.1});
  for (int j = 0; j < 3; ++j) {
    arm.add_joint({j - 1, static_cast<std::size_t>(j), kStraight, {j > 0 ? 1.0 : 0.0, 0, 0}, {0, 0, 1}});
  }
  arm.set_tool(2, {kStraight, {1, 0, 0}});
  return arm;
}

void a_pose_that_the_arm_can_reach_is_reached() {
  // Forward kinematics of a chain in a plane: each link of 1 m along the sum of the angles so far.
  const std::array<double, 3> wanted{0.4, 0.5, 0.6};
  double x = 0, y = 0, heading = 0;
  for (const double angle : wanted) {
    heading += angle;
    x += std::cos(heading);
    y += std::sin(heading);
  }
  const double c = std::cos(heading), s = std::sin(heading);
  std::array<double, 3> q{0.1, 0.1, 0.1};
  DifferentialIk arm = planar(3);
  const std::size_t before = wm::allocations();
  arm.solve(q.data(), {{{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}}, {x, y, 0}});
  CHECK(wm::allocations() == before);
  // Three joints, three things to reach: no null space, so they are the wanted ones.
  for (std::size_t i = 0; i < 3; ++i) CHECK(near(q[i], wanted[i], 1e-5));
}

void no_joint_passes_its_limit() {
  std::array<double, 3> q{0.1, 0.1, 0.1};
  DifferentialIk arm = planar(0.25);
  arm.solve(q.data(), {kStraight, {0, 3, 0}});
  for (const double angle : q) CHECK(-0.25 <= angle && angle <= 0.25);
}

void with_a_free_yaw_the_tool_may_turn_about_its_axis() {
  // The tool's axis is normal to the plane, so any heading will do: only the place is left, and the posture.
  std::array<double, 3> q{0.1, 0.1, 0.1};
  DifferentialIk arm = planar(3, true);
  arm.solve(q.data(), {kStraight, {1.5, 1.5, 0}});
  double x = 0, y = 0, heading = 0;
  for (const double angle : q) {
    heading += angle;
    x += std::cos(heading);
    y += std::sin(heading);
  }
  CHECK(near(x, 1.5, 1e-5) && near(y, 1.5, 1e-5));
  CHECK(std::abs(heading) > 0.1);
}

}  // namespace

int main() {
  a_pose_that_the_arm_can_reach_is_reached();
  no_joint_passes_its_limit();
  with_a_free_yaw_the_tool_may_turn_about_its_axis();
  return check::status();
}
