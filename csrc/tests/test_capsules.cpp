// Distances whose values are known on paper, and derivatives against finite differences. That they are those
// of coal and pinocchio is tested from Python, on real arms.
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "check.hpp"
#include "wm/capsules.hpp"

namespace {

using wm::Capsule;
using wm::CapsuleDistances;
using wm::Mat3;
using wm::Vec3;

constexpr Mat3 kStraight{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Vec3 kUp{0, 0, 1};

bool near(double a, double b, double within = 1e-15) { return std::abs(a - b) <= within; }

double between(const std::array<Vec3, 2>& a, const std::array<Vec3, 2>& b) {
  CapsuleDistances still(0);
  still.add_capsule({wm::kWorld, a, 0.25});
  still.add_capsule({wm::kWorld, b, 0.5});
  still.add_pair(0, 1, 0.125);
  const std::ptrdiff_t row = 0;
  double h = NAN;
  still.distances(nullptr, &row, 1, &h);
  return h + 0.25 + 0.5 + 0.125;
}

void segments_are_as_far_apart_as_on_paper() {
  const std::array<Vec3, 2> along{{{-1, 0, 0}, {1, 0, 0}}};
  // Crossing at a height; past the end, 3-4-5; in line, 2 apart; parallel, side by side and past each other.
  CHECK(near(between(along, {{{0, -1, 2}, {0, 1, 2}}}), 2));
  CHECK(near(between(along, {{{4, -1, 4}, {4, 1, 4}}}), 5));
  CHECK(near(between(along, {{{3, 0, 0}, {7, 0, 0}}}), 2));
  CHECK(near(between(along, {{{0.5, 3, 0}, {5, 3, 0}}}), 3));
  CHECK(near(between(along, {{{5, 3, 0}, {9, 3, 0}}}), 5));
  // A point beside a segment, beyond it, and beside a point; axes that cross are 0 apart.
  CHECK(near(between(along, {{{0.5, 0, 2}, {0.5, 0, 2}}}), 2));
  CHECK(near(between({{{4, 4, 0}, {4, 4, 0}}}, along), 5));
  CHECK(near(between({{{0, 0, 0}, {0, 0, 0}}}, {{{3, 4, 0}, {3, 4, 0}}}), 5));
  CHECK(near(between(along, {{{0, -1, 0}, {0, 1, 0}}}), 0));
}

void nearly_parallel_segments_lose_nothing() {
  // Two of length 2, 1 apart, one turned by 10⁻ᵏ about the line between their middles: still 1 apart.
  for (int k = 1; k <= 12; ++k) {
    const double s = std::pow(10.0, -k);
    CHECK(near(between({{{-1, 0, 0}, {1, 0, 0}}}, {{{-1, -s, 1}, {1, s, 1}}}), 1, 1e-12));
  }
}

void a_capsule_is_as_high_as_its_lower_end() {
  CapsuleDistances still(0);
  still.add_capsule({wm::kWorld, {{{0, 0, 2}, {0, 1, 5}}}, 0.5});
  still.add_plane(0, kUp, 0.25, 0.125);
  still.add_plane(0, {0, 0, -1}, -6, 0);
  still.add_other();
  const std::ptrdiff_t rows[] = {0, 1, 2};
  double h[3];
  still.distances(nullptr, rows, 3, h);
  CHECK(near(h[0], 2 - 0.5 - 0.25 - 0.125));
  CHECK(near(h[1], 6 - 5 - 0.5));
  CHECK(std::isnan(h[2]));
  double bend = 0;
  still.gradients(nullptr, nullptr, rows + 2, 1, nullptr, &bend);
  CHECK(std::isnan(bend));
}

// Four joints in a row, with a branch, about axes that are not parallel; coordinates in another order.
CapsuleDistances arm() {
  CapsuleDistances arm(4);
  const Mat3 tilted{{{1, 0, 0}, {0, 0.6, -0.8}, {0, 0.8, 0.6}}};
  arm.add_joint({wm::kWorld, 2, kStraight, {0, 0, 0.3}, kUp});
  arm.add_joint({0, 0, tilted, {0.1, 0, 0.2}, {0, 1, 0}});
  arm.add_joint({1, 3, kStraight, {0, 0.1, 0.4}, {0.6, 0, 0.8}});
  arm.add_joint({1, 1, tilted, {0.3, 0, 0}, kUp});
  arm.add_capsule({wm::kWorld, {{{0.5, 0.5, 0}, {0.5, 0.5, 1}}}, 0.05});
  arm.add_capsule({0, {{{0, 0, 0}, {0, 0, 0.2}}}, 0.05});
  arm.add_capsule({2, {{{0, 0, 0.1}, {0.1, 0, 0.5}}}, 0.04});
  arm.add_capsule({3, {{{0.1, 0, 0}, {0.5, 0.1, 0}}}, 0.03});
  arm.add_capsule({3, {{{0.5, 0.1, 0}, {0.5, 0.1, 0}}}, 0.0});
  for (std::size_t b = 1; b < 4; ++b) {
    for (std::size_t a = 0; a < b; ++a) arm.add_pair(a, b, 0.0);
  }
  arm.add_plane(4, kUp, 0.0, 0.0);
  arm.add_plane(4, {0.6, 0.8, 0}, -1.0, 0.0);
  return arm;
}

void derivatives_are_those_of_the_distances() {
  CapsuleDistances model = arm();
  const std::size_t nq = model.nq();
  std::vector<std::ptrdiff_t> rows(model.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::ptrdiff_t>(i);
  const auto at = [&](std::vector<double> q, const std::vector<double>& v, double t) {
    for (std::size_t j = 0; j < nq; ++j) q[j] += t * v[j];
    std::vector<double> h(rows.size());
    model.distances(q.data(), rows.data(), rows.size(), h.data());
    return h;
  };
  std::mt19937 rng(4);
  std::uniform_real_distribution<double> angle(-2, 2);
  std::size_t off = 0;
  constexpr std::size_t kPoses = 200;
  for (std::size_t pose = 0; pose < kPoses; ++pose) {
    std::vector<double> q(nq);
    std::vector<double> v(nq);
    for (std::size_t j = 0; j < nq; ++j) q[j] = angle(rng), v[j] = angle(rng);
    std::vector<double> gradient(rows.size() * nq);
    std::vector<double> bend(rows.size());
    model.gradients(q.data(), v.data(), rows.data(), rows.size(), gradient.data(), bend.data());
    // Rounding: 1e-16 / 1e-6 for slopes, 4e-16 / 1e-8 for bends; the rest is of the order step².
    const std::vector<double> now = at(q, v, 0);
    const std::vector<double> before = at(q, v, -1e-4);
    const std::vector<double> after = at(q, v, 1e-4);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = 0; j < nq; ++j) {
        std::vector<double> one(nq, 0.0);
        one[j] = 1;
        const double slope = (at(q, one, 1e-6)[i] - at(q, one, -1e-6)[i]) / 2e-6;
        off += near(slope, gradient[i * nq + j], 1e-7) ? 0 : 1;
      }
      // Only of a point and a plane are the nearest points the whole of it.
      if (i < 6) continue;
      off += near((before[i] - 2 * now[i] + after[i]) / 1e-8, bend[i], 1e-4) ? 0 : 1;
    }
  }
  // Where the nearest point jumps from one end to the other there is no derivative.
  CHECK(off < kPoses * rows.size() * nq / 1000);
}

}  // namespace

int main() {
  segments_are_as_far_apart_as_on_paper();
  nearly_parallel_segments_lose_nothing();
  a_capsule_is_as_high_as_its_lower_end();
  derivatives_are_those_of_the_distances();
  return check::status();
}
