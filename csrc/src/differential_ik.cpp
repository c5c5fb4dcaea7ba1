#include "wm/differential_ik.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace wm {
namespace {

// The rotation vector of R, rad. By way of the quaternion, whose largest entry is found first: exact at half
// a turn too.
Vec3 logarithm(const Mat3& R) {
  const double trace = R[0][0] + R[1][1] + R[2][2];
  double w = 0;
  Vec3 v{};
  if (trace > 0) {
    w = 0.5 * std::sqrt(1 + trace);
    v = (0.25 / w) * Vec3{R[2][1] - R[1][2], R[0][2] - R[2][0], R[1][0] - R[0][1]};
  } else {
    const std::size_t i = R[0][0] > R[1][1] ? (R[0][0] > R[2][2] ? 0 : 2) : (R[1][1] > R[2][2] ? 1 : 2);
    const std::size_t j = (i + 1) % 3;
    const std::size_t k = (i + 2) % 3;
    const double largest = 0.5 * std::sqrt(1 + R[i][i] - R[j][j] - R[k][k]);
    const double share = 0.25 / largest;
    v[i] = largest;
    v[j] = share * (R[j][i] + R[i][j]);
    v[k] = share * (R[k][i] + R[i][k]);
    w = share * (R[k][j] - R[j][k]);
    if (w < 0) {
      w = -w;
      v = -1.0 * v;
    }
  }
  const double sine = std::sqrt(dot(v, v));
  // Below, the angle is 2 sine to the last digit.
  return (sine < 1e-9 ? 2.0 : 2.0 * std::atan2(sine, w) / sine) * v;
}

}  // namespace

DifferentialIk::DifferentialIk(const IkSettings& settings, std::vector<double> lower,
                               std::vector<double> upper, std::vector<double> home)
    : settings_(settings),
      rows_(settings.free_tool_yaw ? kRows - 1 : kRows),
      lower_(std::move(lower)),
      upper_(std::move(upper)),
      home_(std::move(home)),
      jacobian_(home_.size()),
      pull_(home_.size()),
      dq_(home_.size()),
      free_(home_.size()) {}

void DifferentialIk::add_joint(const Joint& joint) {
  joints_.push_back(joint);
  frames_.emplace_back();
}

void DifferentialIk::set_tool(int joint, const Placement& in_joint) {
  tool_joint_ = joint;
  in_joint_ = in_joint;
}

void DifferentialIk::solve(double* q, const Placement& wanted) {
  const double enough = settings_.tolerance * settings_.tolerance;
  for (std::size_t iteration = 0; iteration < settings_.iterations; ++iteration) {
    place(q);
    const Task e = error(wanted);
    double square = 0;
    for (std::size_t row = 0; row < rows_; ++row) square += e[row] * e[row];
    step(q, e, settings_.damping * settings_.damping + 0.5 * square);
    for (std::size_t i = 0; i < nq(); ++i) q[i] = std::clamp(q[i] + dq_[i], lower_[i], upper_[i]);
    if (square < enough) break;
  }
}

void DifferentialIk::place(const double* q) {
  for (std::size_t j = 0; j < joints_.size(); ++j) {
    const Joint& joint = joints_[j];
    const Mat3 turned = joint.rotation * turn(joint.axis, q[joint.coordinate]);
    if (joint.parent == kWorld) {
      frames_[j] = {turned, joint.origin};
    } else {
      const Placement& parent = frames_[static_cast<std::size_t>(joint.parent)];
      frames_[j] = {parent.rotation * turned, parent.origin + parent.rotation * joint.origin};
    }
  }
  tool_ = in_joint_;
  if (tool_joint_ != kWorld) {
    const Placement& carrier = frames_[static_cast<std::size_t>(tool_joint_)];
    tool_ = {carrier.rotation * in_joint_.rotation, carrier.origin + carrier.rotation * in_joint_.origin};
  }
  const Mat3 into_tool = transposed(tool_.rotation);
  std::fill(jacobian_.begin(), jacobian_.end(), Task{});
  for (int j = tool_joint_; j != kWorld; j = joints_[static_cast<std::size_t>(j)].parent) {
    const Joint& joint = joints_[static_cast<std::size_t>(j)];
    const Placement& at = frames_[static_cast<std::size_t>(j)];
    const Vec3 axis = at.rotation * joint.axis;
    const Vec3 linear = into_tool * cross(axis, tool_.origin - at.origin);
    const Vec3 angular = into_tool * axis;
    jacobian_[joint.coordinate] = {linear[0], linear[1], linear[2], angular[0], angular[1], angular[2]};
  }
}

DifferentialIk::Task DifferentialIk::error(const Placement& wanted) const {
  const Mat3 into_tool = transposed(tool_.rotation);
  const Vec3 away = into_tool * (wanted.origin - tool_.origin);
  const Mat3 turned = into_tool * wanted.rotation;
  // With a free yaw, z_E × z*: the wanted axis is the last column.
  const Vec3 angle = settings_.free_tool_yaw ? Vec3{-turned[1][2], turned[0][2], 0} : logarithm(turned);
  return {away[0], away[1], away[2], angle[0], angle[1], angle[2]};
}

void DifferentialIk::step(const double* q, const Task& error, double damping) {
  for (std::size_t i = 0; i < nq(); ++i) pull_[i] = settings_.posture_gain * (home_[i] - q[i]);
  std::fill(free_.begin(), free_.end(), char{1});
  solve_free(error, damping);
  for (bool stopped = true; stopped;) {
    stopped = false;
    for (std::size_t i = 0; i < nq(); ++i) {
      if (!free_[i] || (lower_[i] <= q[i] + dq_[i] && q[i] + dq_[i] <= upper_[i])) continue;
      free_[i] = 0;
      stopped = true;
    }
    if (stopped) solve_free(error, damping);
  }
}

// dq of the joints that are free; of the others, 0.
void DifferentialIk::solve_free(const Task& error, double damping) {
  std::array<Task, kRows> gram{};  // J Jᵀ + damping I, then the lower half of its Cholesky factor
  Task weights = error;            // error − J pull, then the solution
  for (std::size_t i = 0; i < nq(); ++i) {
    if (!free_[i]) continue;
    const Task& column = jacobian_[i];
    for (std::size_t r = 0; r < rows_; ++r) {
      weights[r] -= column[r] * pull_[i];
      for (std::size_t c = 0; c <= r; ++c) gram[r][c] += column[r] * column[c];
    }
  }
  for (std::size_t r = 0; r < rows_; ++r) {
    gram[r][r] += damping;
    for (std::size_t c = 0; c <= r; ++c) {
      double sum = gram[r][c];
      for (std::size_t k = 0; k < c; ++k) sum -= gram[r][k] * gram[c][k];
      gram[r][c] = r == c ? std::sqrt(sum) : sum / gram[c][c];
    }
  }
  for (std::size_t r = 0; r < rows_; ++r) {
    for (std::size_t k = 0; k < r; ++k) weights[r] -= gram[r][k] * weights[k];
    weights[r] /= gram[r][r];
  }
  for (std::size_t r = rows_; r-- > 0;) {
    for (std::size_t k = r + 1; k < rows_; ++k) weights[r] -= gram[k][r] * weights[k];
    weights[r] /= gram[r][r];
  }
  double largest = 0;
  for (std::size_t i = 0; i < nq(); ++i) {
    dq_[i] = 0;
    if (!free_[i]) continue;
    dq_[i] = pull_[i];
    for (std::size_t r = 0; r < rows_; ++r) dq_[i] += jacobian_[i][r] * weights[r];
    largest = std::max(largest, std::abs(dq_[i]));
  }
  const double scale = std::max(1.0, largest / settings_.max_step);
  for (double& turned : dq_) turned /= scale;
}

}  // namespace wm
