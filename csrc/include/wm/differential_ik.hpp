// Joints that bring an arm's tool to a pose, by damped least squares: one row of the formulas of
// wm_controllers/differential_ik.py after the other, whose Python loop is the reference.
//
// An iteration of an arm of 7 joints takes 1 µs: its frames and Jacobian, J Jᵀ (6, 6), one Cholesky
// factorisation. From Python that is 40 µs, nearly all of it calls.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "wm/geometry.hpp"

namespace wm {

struct IkSettings {
  bool free_tool_yaw;  // leave the tool's turn about its own axis to the arm
  double damping;
  double posture_gain;
  std::size_t iterations;
  double tolerance;  // m and rad together
  double max_step;   // rad
};

// Not thread-safe: where the arm is, is kept inside. `solve` allocates nothing.
class DifferentialIk {
 public:
  // Of joints with limits and a posture to return to, rad, by coordinate.
  DifferentialIk(const IkSettings& settings, std::vector<double> lower, std::vector<double> upper,
                 std::vector<double> home);

  void add_joint(const Joint& joint);
  // Where the tool is fixed to its joint, the last thing to say.
  void set_tool(int joint, const Placement& in_joint);

  std::size_t nq() const { return home_.size(); }
  std::size_t joints() const { return joints_.size(); }

  // Moves q (nq), rad, from where it is towards the wanted pose of the tool in the world.
  void solve(double* q, const Placement& wanted);

 private:
  static constexpr std::size_t kRows = 6;
  using Task = std::array<double, kRows>;

  void place(const double* q);
  Task error(const Placement& wanted) const;
  void step(const double* q, const Task& error, double damping);
  void solve_free(const Task& error, double damping);

  IkSettings settings_;
  std::size_t rows_;  // of the task: 6, or 5 with a free yaw
  std::vector<double> lower_, upper_, home_;
  std::vector<Joint> joints_;
  int tool_joint_ = kWorld;
  Placement in_joint_{};

  std::vector<Placement> frames_;  // one for each joint
  Placement tool_{};
  std::vector<Task> jacobian_;  // in the tool's frame, column by column
  std::vector<double> pull_, dq_;
  std::vector<char> free_;
};

}  // namespace wm
