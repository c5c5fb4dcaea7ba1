// An arm whose tool is brought to poses, built joint by joint from Python.
#include "wm/differential_ik.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "views.hpp"

namespace wm::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

std::unique_ptr<DifferentialIk> make(const std::vector<double>& lower, const std::vector<double>& upper,
                                     const std::vector<double>& home, bool free_tool_yaw, double damping,
                                     double posture_gain, std::size_t iterations, double tolerance,
                                     double max_step) {
  require(lower.size() == home.size() && upper.size() == home.size(), "as many limits as joints");
  const IkSettings settings{free_tool_yaw, damping, posture_gain, iterations, tolerance, max_step};
  return std::make_unique<DifferentialIk>(settings, lower, upper, home);
}

bool exists(int joint, const DifferentialIk& arm) {
  return kWorld <= joint && joint < static_cast<int>(arm.joints());
}

void add_joint(DifferentialIk& arm, int parent, std::size_t coordinate, const Mat3& rotation,
               const Vec3& origin, const Vec3& axis) {
  require(exists(parent, arm), "a joint's parent comes before it");
  require(coordinate < arm.nq(), "no such coordinate");
  arm.add_joint({parent, coordinate, rotation, origin, axis});
}

void set_tool(DifferentialIk& arm, int joint, const Mat3& rotation, const Vec3& origin) {
  require(exists(joint, arm), "no such joint");
  arm.set_tool(joint, {rotation, origin});
}

bool finite(const Doubles& array) {
  return std::all_of(array.data(), array.data() + array.size(), [](double x) { return std::isfinite(x); });
}

// The GIL is kept: this takes microseconds. None for arguments that the caller must explain to its user.
py::object solve(DifferentialIk& arm, const Doubles& q, const Doubles& points, const Doubles& quat_wxyz) {
  const auto nq = static_cast<py::ssize_t>(arm.nq());
  if (q.ndim() != 1 || q.size() != nq || points.ndim() != 2 || points.shape(1) != 3) return py::none();
  if (quat_wxyz.ndim() != 1 || quat_wxyz.size() != 4) return py::none();
  if (!finite(q) || !finite(points) || !finite(quat_wxyz)) return py::none();
  const Mat3 rotation = rotation_of(quat_wxyz.data());
  Doubles path({points.shape(0), nq});
  const double* from = q.data();
  double* to = path.mutable_data();
  for (py::ssize_t t = 0; t < points.shape(0); ++t, from = to, to += nq) {
    std::copy(from, from + nq, to);
    const double* p = points.data() + 3 * t;
    arm.solve(to, {rotation, {p[0], p[1], p[2]}});
  }
  return path;
}

}  // namespace

void bind_differential_ik(py::module_& module) {
  py::class_<DifferentialIk>(module, "DifferentialIk")
      .def(py::init(&make), py::arg("lower"), py::arg("upper"), py::arg("home"), py::arg("free_tool_yaw"),
           py::arg("damping"), py::arg("posture_gain"), py::arg("iterations"), py::arg("tolerance"),
           py::arg("max_step"))
      .def("add_joint", &add_joint, py::arg("parent"), py::arg("coordinate"), py::arg("rotation"),
           py::arg("origin"), py::arg("axis"))
      .def("set_tool", &set_tool, py::arg("joint"), py::arg("rotation"), py::arg("origin"))
      .def("solve", &solve, py::arg("q"), py::arg("points"), py::arg("quat_wxyz"));
}

}  // namespace wm::python
