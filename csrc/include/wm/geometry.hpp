// Vectors and rotations of three dimensions, and the joints that an arm is built of.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace wm {

using Vec3 = std::array<double, 3>;
using Mat3 = std::array<Vec3, 3>;  // rows

inline constexpr int kWorld = -1;

// A joint that turns about `axis`; its frame is placed in its parent's, and q[coordinate] turns it, rad.
struct Joint {
  int parent;  // an earlier joint, or kWorld
  std::size_t coordinate;
  Mat3 rotation;
  Vec3 origin;
  Vec3 axis;  // of unit length
};

// A frame in another: p_outer = rotation p_inner + origin.
struct Placement {
  Mat3 rotation;
  Vec3 origin;
};

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Vec3 operator*(double s, const Vec3& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline Vec3 operator*(const Mat3& m, const Vec3& a) { return {dot(m[0], a), dot(m[1], a), dot(m[2], a)}; }
inline Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 product;
  for (std::size_t i = 0; i < 3; ++i) product[i] = a[i][0] * b[0] + a[i][1] * b[1] + a[i][2] * b[2];
  return product;
}
inline Mat3 transposed(const Mat3& m) {
  return {{{m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}}};
}

// Rodrigues' formula.
inline Mat3 turn(const Vec3& axis, double angle) {
  const double s = std::sin(angle);
  const double c = std::cos(angle);
  const auto [x, y, z] = axis;
  const double k = 1 - c;
  return {{{c + k * x * x, k * x * y - s * z, k * x * z + s * y},
           {k * x * y + s * z, c + k * y * y, k * y * z - s * x},
           {k * x * z - s * y, k * y * z + s * x, c + k * z * z}}};
}

// Of a quaternion (4) of any length but 0.
inline Mat3 rotation_of(const double* quat_wxyz) {
  const double w = quat_wxyz[0];
  const Vec3 v{quat_wxyz[1], quat_wxyz[2], quat_wxyz[3]};
  const auto [x, y, z] = v;
  const double k = 2 / (w * w + dot(v, v));
  return {{{1 - k * (y * y + z * z), k * (x * y - w * z), k * (x * z + w * y)},
           {k * (x * y + w * z), 1 - k * (x * x + z * z), k * (y * z - w * x)},
           {k * (x * z - w * y), k * (y * z + w * x), 1 - k * (x * x + y * y)}}};
}

}  // namespace wm
