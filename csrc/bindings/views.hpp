// numpy arrays as views. Shapes are checked here for memory safety only: wm_robot/kernels is the one caller,
// and has already told the user what is wrong with an input.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "wm/rollout.hpp"
#include "wm/term_set.hpp"
#include "wm/view.hpp"

namespace wm::python {

namespace py = pybind11;

using Array = py::array_t<float, py::array::c_style>;
using Parameters = std::map<std::string, Array>;

inline void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

inline std::size_t extent(const Array& array, int axis) {
  return static_cast<std::size_t>(array.shape(axis));
}

inline View<float> vector_view(const Array& array, std::size_t size) {
  require(array.ndim() == 1 && extent(array, 0) == size, "vector of another size");
  return {array.data(), size};
}

inline MatrixView matrix_view(const Array& array) {
  require(array.ndim() == 2, "not a matrix");
  return {array.data(), extent(array, 0), extent(array, 1)};
}

inline LinearView linear_view(const Parameters& parameters, const std::string& layer) {
  const MatrixView weight = matrix_view(parameters.at(layer + ".weight"));
  return {weight, vector_view(parameters.at(layer + ".bias"), weight.rows)};
}

inline PredictorView predictor_view(const Parameters& parameters, std::size_t history, std::size_t blocks) {
  PredictorView predictor;
  predictor.history = history;
  predictor.input = linear_view(parameters, "in");
  predictor.action0 = linear_view(parameters, "action.0");
  predictor.action2 = linear_view(parameters, "action.2");
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::string prefix = "blocks." + std::to_string(i);
    predictor.blocks.push_back({linear_view(parameters, prefix + ".modulation"),
                                linear_view(parameters, prefix + ".up"),
                                linear_view(parameters, prefix + ".down")});
  }
  predictor.output = linear_view(parameters, "out");
  return predictor;
}

// Terms has `horizon`, `latent` and a `set` with the functions of TermSet.
template <class Terms>
void add_readout(Terms& terms, const Array& step_weights, const std::optional<Array>& matrix,
                 const Array& offset, const Array& scale) {
  const std::size_t n = extent(offset, 0);
  const MatrixView map = matrix ? matrix_view(*matrix) : MatrixView{};
  require(matrix ? map.rows == n && map.cols == terms.latent : n <= terms.latent,
          "readout of another latent");
  terms.set.add_readout(vector_view(step_weights, terms.horizon), map, vector_view(offset, n),
                        vector_view(scale, n));
}

template <class Terms>
void add_distance(Terms& terms, const Array& step_weights, const Parameters& head, std::size_t layers,
                  const Array& goal) {
  const LinearView input = linear_view(head, "in");
  const MatrixView goal_weight = matrix_view(head.at("goal.weight"));
  std::vector<LinearView> hidden;
  std::size_t width = input.weight.rows;
  for (std::size_t i = 0; i < layers; ++i) {
    hidden.push_back(linear_view(head, "hidden." + std::to_string(i)));
    require(hidden.back().weight.cols == width, "hidden layers do not fit");
    width = hidden.back().weight.rows;
  }
  const LinearView output = linear_view(head, "out");
  require(input.weight.cols == terms.latent && goal_weight.rows == input.weight.rows &&
              output.weight.cols == width,
          "head of another latent");
  terms.set.add_distance(vector_view(step_weights, terms.horizon), input, goal_weight,
                         vector_view(goal, goal_weight.cols), hidden, output);
}

template <class Terms, class Model>
void bind_terms(py::module_& module) {
  py::class_<Terms>(module, "Terms")
      .def(py::init<const Model&, std::size_t>(), py::arg("model"), py::arg("horizon"))
      .def("add_readout", &add_readout<Terms>, py::arg("step_weights"), py::arg("matrix").none(true),
           py::arg("offset"), py::arg("scale"))
      .def("add_distance", &add_distance<Terms>, py::arg("step_weights"), py::arg("parameters"),
           py::arg("layers"), py::arg("goal"))
      .def(
          "add_smoothness",
          [](Terms& terms, const Array& step_weights) {
            terms.set.add_smoothness(vector_view(step_weights, terms.horizon));
          },
          py::arg("step_weights"))
      .def(
          "add_action_limits",
          [](Terms& terms, const Array& step_weights, float limit) {
            terms.set.add_action_limits(vector_view(step_weights, terms.horizon), limit);
          },
          py::arg("step_weights"), py::arg("limit"));
}

// The terms of a plan together with the sizes they were made for.
struct Terms {
  std::size_t horizon;
  std::size_t latent;
  TermSet set;

  Terms(const Rollout& rollout, std::size_t steps)
      : horizon(steps), latent(rollout.predictor().latent), set(rollout.kernel()) {}
};

void bind_search(py::module_& module);

}  // namespace wm::python
