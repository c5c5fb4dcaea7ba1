// numpy arrays as views. Shapes are checked here for memory safety only: wm_robot/kernels is the one caller,
// and has already told the user what is wrong with an input.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "wm/allocations.hpp"
#include "wm/rollout.hpp"
#include "wm/term_set.hpp"
#include "wm/tile.hpp"
#include "wm/view.hpp"

namespace wm::python {

namespace py = pybind11;

// Other numbers are converted here, which is cheaper than in Python.
using Array = py::array_t<float, py::array::c_style | py::array::forcecast>;
using Parameters = std::map<std::string, Array>;

inline void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

// Calls of operator new within `released`; what Python gets and gives is converted outside. Guarded by the
// GIL.
inline std::size_t allocations_within = 0;

// Does the work of a call without the GIL.
template <class Work>
void released(Work work) {
  const std::size_t before = allocations();
  {
    const py::gil_scoped_release others_may_run;
    work();
  }
  allocations_within += allocations() - before;
}

inline bool all_finite(const MatrixView& matrix) {
  for (std::size_t i = 0; i < matrix.rows * matrix.cols; ++i) {
    if (!std::isfinite(matrix.data[i])) return false;
  }
  return true;
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

template <class Terms, class... Models>
void bind_terms(py::module_& module) {
  py::class_<Terms> terms(module, "Terms");
  (terms.def(py::init<const Models&, std::size_t>(), py::arg("model"), py::arg("horizon")), ...);
  terms
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

  template <class Model>
  Terms(const Model& rollout, std::size_t steps)
      : horizon(steps), latent(rollout.predictor().latent), set(rollout.kernel()) {}
};

// What a kernel multiplies.
inline const char* dtype_of(const TileKernel& kernel) {
  return kernel.group == 1 ? "float32" : kernel.group == 2 ? "bfloat16" : "int8";
}

// The kernel asked for, or the best of that dtype.
inline const TileKernel& find_kernel(const std::optional<std::string>& instruction_set,
                                     const std::string& dtype) {
  const View<TileKernel> kernels = tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (dtype != dtype_of(kernels.data[i])) continue;
    if (!instruction_set || *instruction_set == kernels.data[i].name) return kernels.data[i];
  }
  throw std::invalid_argument("this machine has no kernel for " + instruction_set.value_or(dtype));
}

template <class Model>
QueryView query_view(const Model& rollout, const Array& latents, const Array& past_actions,
                     const Array& actions) {
  const auto& p = rollout.predictor();
  require(actions.ndim() == 3, "actions must be (K, H, nu)");
  const QueryView query{matrix_view(latents),
                        matrix_view(past_actions),
                        {actions.data(), extent(actions, 0), extent(actions, 1), extent(actions, 2)}};
  require(query.latents.rows == p.history && query.latents.cols == p.latent, "latents must be (T, L)");
  require(query.past_actions.rows == p.history - 1 && query.past_actions.cols == p.nu,
          "past actions must be (T - 1, nu)");
  require(query.actions.nu == p.nu, "actions must be (K, H, nu)");
  return query;
}

template <class Model>
Array imagine(Model& rollout, const Array& latents, const Array& past_actions, const Array& actions) {
  const QueryView query = query_view(rollout, latents, past_actions, actions);
  Array imagined({query.actions.samples, query.actions.horizon, rollout.predictor().latent});
  float* const out = imagined.mutable_data();
  released([&] { rollout.imagine(query, out); });
  return imagined;
}

template <class Model>
Array price(Model& rollout, const Array& latents, const Array& past_actions, const Array& actions,
            const Terms& terms) {
  const QueryView query = query_view(rollout, latents, past_actions, actions);
  require(query.actions.horizon == terms.horizon && terms.latent == rollout.predictor().latent,
          "terms of another horizon or latent");
  Array costs(static_cast<py::ssize_t>(query.actions.samples));
  float* const out = costs.mutable_data();
  released([&] { rollout.price(query, terms.set, out); });
  return costs;
}

// What Python asks of a model of either kind.
template <class Model>
void bind_model(py::class_<Model>& model) {
  model.def_property_readonly("instruction_set", [](const Model& rollout) { return rollout.kernel().name; })
      .def("imagine", &imagine<Model>, py::arg("latents"), py::arg("past_actions"), py::arg("actions"))
      .def("price", &price<Model>, py::arg("latents"), py::arg("past_actions"), py::arg("actions"),
           py::arg("terms"));
}

void bind_capsules(py::module_& module);
void bind_differential_ik(py::module_& module);
void bind_search(py::module_& module);
void bind_tokens(py::module_& module);

}  // namespace wm::python
