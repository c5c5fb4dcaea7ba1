// How far an arm made of capsules is from itself and from planes, and how those distances change.
//
// A distance of a pair is that between two segments less both radii; of a capsule from a plane, the height of
// its lower end less its radius. Both are closed forms. Sizes: an arm of 7 joints and 18 capsules has 126
// rows; all of them at one q take 3 µs, most of it in pairs of segments.
//
// Sources: Ericson 2004, Real-Time Collision Detection, 5.1.9 (segments); differs: s is projected once more
// in every case, so that near-parallel segments lose nothing.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "wm/geometry.hpp"

namespace wm {

// All points within `radius`, m, of a segment, whose ends are in its joint's frame.
struct Capsule {
  int joint;  // or kWorld
  std::array<Vec3, 2> ends;
  double radius;
};

// Row by row: h is positive as long as a row's two keep more than `keep` m between them. Lengths in m,
// angles in rad, and everything in the world's frame. Not thread-safe: where the arm is, is kept inside.
class CapsuleDistances {
 public:
  explicit CapsuleDistances(std::size_t nq) : nq_(nq) {}

  void add_joint(const Joint& joint);
  void add_capsule(const Capsule& capsule);
  void add_pair(std::size_t a, std::size_t b, double keep);
  // The capsule must stay where normal · p > offset.
  void add_plane(std::size_t capsule, const Vec3& normal, double offset, double keep);
  // A row that is neither: its h is NaN, and somebody else's to find.
  void add_other();

  std::size_t nq() const { return nq_; }
  std::size_t joints() const { return joints_.size(); }
  std::size_t capsules() const { return capsules_.size(); }
  std::size_t rows() const { return rows_.size(); }

  // h (rows), m, at joints q (nq).
  void distances(const double* q, const std::ptrdiff_t* rows, std::size_t count, double* h);
  // ∂h/∂q (rows, nq), m/rad, and ḧ (rows), m/s², of joints that pass q at a constant v. ḧ is that of the
  // nearest points, fixed to their capsules: exact for a point and a plane, else without the turning of the
  // normal and the rolling of round surfaces.
  void gradients(const double* q, const double* v, const std::ptrdiff_t* rows, std::size_t count,
                 double* gradient, double* bend);

 private:
  enum class Kind { kPair, kPlane, kOther };
  struct Row {
    Kind kind;
    std::size_t a;  // capsules
    std::size_t b;  // of a pair
    Vec3 normal;    // of a plane, away from it
    double offset;  // of a plane
    double keep;
  };
  // Where a joint is and how it moves; the world rests.
  struct Frame {
    Mat3 rotation{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    Vec3 origin{};
    Vec3 axis{};
    Vec3 turning{};  // ω
    Vec3 spin{};     // ω̇
    Vec3 pull{};     // acceleration of the origin
  };
  // The nearest points of a row, on the capsules' surfaces, and how h grows: with b along n, with a against
  // it.
  struct Contact {
    double h;
    Vec3 n;
    Vec3 a;
    Vec3 b;
  };

  void place(const double* q, const double* v);
  Contact contact(const Row& row) const;
  void descend(int joint, const Vec3& point, const Vec3& n, double sign, double* gradient) const;
  double acceleration(int joint, const Vec3& point, const Vec3& n) const;
  const Frame& frame(int joint) const { return frames_[static_cast<std::size_t>(joint + 1)]; }

  std::size_t nq_;
  std::vector<Joint> joints_;
  std::vector<Capsule> capsules_;
  std::vector<Row> rows_;
  std::vector<Frame> frames_ = std::vector<Frame>(1);  // the world's, then one for each joint
  std::vector<std::array<Vec3, 2>> ends_;              // of each capsule
};

}  // namespace wm
