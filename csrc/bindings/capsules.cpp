// An arm of capsules, built joint by joint from Python.
#include "wm/capsules.hpp"

#include <vector>

#include "views.hpp"

namespace wm::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Rows = py::array_t<std::ptrdiff_t, py::array::c_style | py::array::forcecast>;

bool exists(int joint, const CapsuleDistances& arm) {
  return kWorld <= joint && joint < static_cast<int>(arm.joints());
}

void add_joint(CapsuleDistances& arm, int parent, std::size_t coordinate, const Mat3& rotation,
               const Vec3& origin, const Vec3& axis) {
  require(exists(parent, arm), "a joint's parent comes before it");
  require(coordinate < arm.nq(), "no such coordinate");
  arm.add_joint({parent, coordinate, rotation, origin, axis});
}

void add_capsule(CapsuleDistances& arm, int joint, const std::array<Vec3, 2>& ends, double radius) {
  require(exists(joint, arm), "a capsule's joint comes before it");
  arm.add_capsule({joint, ends, radius});
}

void add_pair(CapsuleDistances& arm, std::size_t a, std::size_t b, double keep) {
  require(a < arm.capsules() && b < arm.capsules(), "no such capsule");
  arm.add_pair(a, b, keep);
}

void add_plane(CapsuleDistances& arm, std::size_t capsule, const Vec3& normal, double offset, double keep) {
  require(capsule < arm.capsules(), "no such capsule");
  arm.add_plane(capsule, normal, offset, keep);
}

void check(const CapsuleDistances& arm, const Rows& rows) {
  require(rows.ndim() == 1, "rows must be (n,)");
  for (py::ssize_t i = 0; i < rows.size(); ++i) {
    require(0 <= rows.data()[i] && rows.data()[i] < static_cast<std::ptrdiff_t>(arm.rows()), "no such row");
  }
}

// The GIL is kept: this takes microseconds, and a control loop that gives it away may wait for it for longer.
Doubles distances(CapsuleDistances& arm, const Doubles& q, const Rows& rows) {
  const auto nq = static_cast<py::ssize_t>(arm.nq());
  require(q.ndim() >= 1 && q.shape(q.ndim() - 1) == nq, "q must be (..., nq)");
  check(arm, rows);
  std::vector<py::ssize_t> shape(q.shape(), q.shape() + q.ndim());
  shape.back() = rows.size();
  Doubles h(shape);
  const auto count = static_cast<std::size_t>(rows.size());
  double* out = h.mutable_data();
  for (py::ssize_t at = 0; at < q.size(); at += nq, out += count) {
    arm.distances(q.data() + at, rows.data(), count, out);
  }
  return h;
}

py::tuple gradients(CapsuleDistances& arm, const Doubles& q, const Doubles& v, const Rows& rows) {
  const auto nq = static_cast<py::ssize_t>(arm.nq());
  require(q.ndim() == 1 && q.size() == nq && v.ndim() == 1 && v.size() == nq, "q and v must be (nq,)");
  check(arm, rows);
  Doubles gradient({rows.size(), nq});
  Doubles bend(rows.size());
  arm.gradients(q.data(), v.data(), rows.data(), static_cast<std::size_t>(rows.size()),
                gradient.mutable_data(), bend.mutable_data());
  return py::make_tuple(gradient, bend);
}

}  // namespace

void bind_capsules(py::module_& module) {
  py::class_<CapsuleDistances>(module, "CapsuleDistances")
      .def(py::init<std::size_t>(), py::arg("nq"))
      .def("add_joint", &add_joint, py::arg("parent"), py::arg("coordinate"), py::arg("rotation"),
           py::arg("origin"), py::arg("axis"))
      .def("add_capsule", &add_capsule, py::arg("joint"), py::arg("ends"), py::arg("radius"))
      .def("add_pair", &add_pair, py::arg("a"), py::arg("b"), py::arg("keep"))
      .def("add_plane", &add_plane, py::arg("capsule"), py::arg("normal"), py::arg("offset"), py::arg("keep"))
      .def("add_other", &CapsuleDistances::add_other)
      .def("distances", &distances, py::arg("q"), py::arg("rows"))
      .def("gradients", &gradients, py::arg("q"), py::arg("v"), py::arg("rows"));
}

}  // namespace wm::python
