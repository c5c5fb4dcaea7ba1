#include "wm/capsules.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wm {
namespace {

// The sine squared of an angle between segments below which the line that is nearest to both is lost in
// rounding. Taken for parallel, their distance is off by less than 1e-14 times their length.
constexpr double kParallel = 1e-14;

// A capsule this level, m, lies along a plane: its middle is the nearest point.
constexpr double kLevel = 1e-12;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double share(double value) { return std::clamp(value, 0.0, 1.0); }

using Segment = std::array<Vec3, 2>;

// The nearest points of two segments, one on each.
Segment nearest(const Segment& one, const Segment& other) {
  const Vec3 along = one[1] - one[0];
  const Vec3 beside = other[1] - other[0];
  const Vec3 apart = one[0] - other[0];
  const double a = dot(along, along);
  const double b = dot(along, beside);
  const double e = dot(beside, beside);
  const double c = dot(along, apart);
  const double f = dot(beside, apart);
  const double lines = a * e - b * b;
  double s = lines > kParallel * a * e ? share((b * f - c * e) / lines) : 0.0;
  const double t = e > 0 ? share((b * s + f) / e) : 0.0;
  s = a > 0 ? share((b * t - c) / a) : 0.0;
  return {one[0] + s * along, other[0] + t * beside};
}

}  // namespace

void CapsuleDistances::add_joint(const Joint& joint) {
  joints_.push_back(joint);
  frames_.emplace_back();
}

void CapsuleDistances::add_capsule(const Capsule& capsule) {
  capsules_.push_back(capsule);
  ends_.emplace_back();
}

void CapsuleDistances::add_pair(std::size_t a, std::size_t b, double keep) {
  rows_.push_back({Kind::kPair, a, b, {}, 0.0, keep});
}

void CapsuleDistances::add_plane(std::size_t capsule, const Vec3& normal, double offset, double keep) {
  rows_.push_back({Kind::kPlane, capsule, 0, normal, offset, keep});
}

void CapsuleDistances::add_other() { rows_.push_back({Kind::kOther, 0, 0, {}, 0.0, 0.0}); }

void CapsuleDistances::distances(const double* q, const std::ptrdiff_t* rows, std::size_t count, double* h) {
  place(q, nullptr);
  for (std::size_t i = 0; i < count; ++i) h[i] = contact(rows_[static_cast<std::size_t>(rows[i])]).h;
}

void CapsuleDistances::gradients(const double* q, const double* v, const std::ptrdiff_t* rows,
                                 std::size_t count, double* gradient, double* bend) {
  place(q, v);
  for (std::size_t i = 0; i < count; ++i) {
    const Row& row = rows_[static_cast<std::size_t>(rows[i])];
    double* const own = gradient + i * nq_;
    std::fill(own, own + nq_, row.kind == Kind::kOther ? kNone : 0.0);
    bend[i] = kNone;
    if (row.kind == Kind::kOther) continue;
    const Contact found = contact(row);
    const int a = capsules_[row.a].joint;
    descend(a, found.a, found.n, -1.0, own);
    bend[i] = -acceleration(a, found.a, found.n);
    if (row.kind == Kind::kPair) {
      const int b = capsules_[row.b].joint;
      descend(b, found.b, found.n, 1.0, own);
      bend[i] += acceleration(b, found.b, found.n);
    }
  }
}

void CapsuleDistances::place(const double* q, const double* v) {
  for (std::size_t j = 0; j < joints_.size(); ++j) {
    const Joint& joint = joints_[j];
    const Frame& parent = frame(joint.parent);
    Frame& own = frames_[j + 1];
    const Vec3 lever = parent.rotation * joint.origin;
    const Mat3 before = parent.rotation * joint.rotation;
    own.origin = parent.origin + lever;
    own.axis = before * joint.axis;
    own.rotation = before * turn(joint.axis, q[joint.coordinate]);
    if (v == nullptr) continue;
    const Vec3 rate = v[joint.coordinate] * own.axis;
    own.turning = parent.turning + rate;
    own.spin = parent.spin + cross(parent.turning, rate);
    own.pull = parent.pull + cross(parent.spin, lever) + cross(parent.turning, cross(parent.turning, lever));
  }
  for (std::size_t i = 0; i < capsules_.size(); ++i) {
    const Frame& at = frame(capsules_[i].joint);
    for (std::size_t end = 0; end < 2; ++end) {
      ends_[i][end] = at.origin + at.rotation * capsules_[i].ends[end];
    }
  }
}

CapsuleDistances::Contact CapsuleDistances::contact(const Row& row) const {
  if (row.kind == Kind::kOther) return {kNone, {}, {}, {}};
  const Segment& axis = ends_[row.a];
  const double radius = capsules_[row.a].radius;
  if (row.kind == Kind::kPlane) {
    const double first = dot(row.normal, axis[0]);
    const double second = dot(row.normal, axis[1]);
    const Vec3 lowest = std::abs(first - second) <= kLevel ? 0.5 * (axis[0] + axis[1])
                        : first < second                   ? axis[0]
                                                           : axis[1];
    const Vec3 point = lowest - radius * row.normal;
    return {dot(row.normal, point) - row.offset - row.keep, -1.0 * row.normal, point, point};
  }
  const auto [a, b] = nearest(axis, ends_[row.b]);
  const Vec3 between = b - a;
  const double length = std::sqrt(dot(between, between));
  // Axes that cross have no direction to part in: a gradient of 0 promises none.
  const Vec3 n = length > 0 ? (1 / length) * between : Vec3{};
  const double other = capsules_[row.b].radius;
  return {length - radius - other - row.keep, n, a + radius * n, b - other * n};
}

void CapsuleDistances::descend(int joint, const Vec3& point, const Vec3& n, double sign,
                               double* gradient) const {
  for (int j = joint; j != kWorld; j = joints_[static_cast<std::size_t>(j)].parent) {
    const Frame& at = frame(j);
    gradient[joints_[static_cast<std::size_t>(j)].coordinate] +=
        sign * dot(n, cross(at.axis, point - at.origin));
  }
}

double CapsuleDistances::acceleration(int joint, const Vec3& point, const Vec3& n) const {
  const Frame& at = frame(joint);
  const Vec3 lever = point - at.origin;
  return dot(n, at.pull + cross(at.spin, lever) + cross(at.turning, cross(at.turning, lever)));
}

}  // namespace wm
