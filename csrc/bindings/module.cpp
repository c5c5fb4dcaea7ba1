// Python's view of the kernel. Shapes are checked here for memory safety only: wm_robot/kernels/native.py is
// the one caller, and has already told the user what is wrong with an input.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "wm/rollout.hpp"
#include "wm/term_set.hpp"
#include "wm/tile.hpp"

namespace py = pybind11;

namespace {

using Array = py::array_t<float, py::array::c_style>;
using Parameters = std::map<std::string, Array>;

void require(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

std::size_t extent(const Array& array, int axis) { return static_cast<std::size_t>(array.shape(axis)); }

wm::View<float> vector_view(const Array& array, std::size_t size) {
  require(array.ndim() == 1 && extent(array, 0) == size, "vector of another size");
  return {array.data(), size};
}

wm::MatrixView matrix_view(const Array& array) {
  require(array.ndim() == 2, "not a matrix");
  return {array.data(), extent(array, 0), extent(array, 1)};
}

wm::LinearView linear_view(const Parameters& parameters, const std::string& layer) {
  const wm::MatrixView weight = matrix_view(parameters.at(layer + ".weight"));
  return {weight, vector_view(parameters.at(layer + ".bias"), weight.rows)};
}

std::unique_ptr<wm::Rollout> make_rollout(const Parameters& parameters, std::size_t history,
                                          std::size_t blocks, std::size_t threads,
                                          const std::optional<std::string>& instruction_set) {
  require(history > 0 && threads > 0, "history and threads must be positive");
  wm::PredictorView predictor;
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

  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (!instruction_set || *instruction_set == kernels.data[i].name) {
      return std::make_unique<wm::Rollout>(predictor, threads, kernels.data[i]);
    }
  }
  throw std::invalid_argument("this machine cannot run the instruction set " + *instruction_set);
}

wm::QueryView query_view(const wm::Rollout& rollout, const Array& latents, const Array& past_actions,
                         const Array& actions) {
  const wm::PackedPredictor& p = rollout.predictor();
  require(actions.ndim() == 3, "actions must be (K, H, nu)");
  const wm::QueryView query{matrix_view(latents),
                            matrix_view(past_actions),
                            {actions.data(), extent(actions, 0), extent(actions, 1), extent(actions, 2)}};
  require(query.latents.rows == p.history && query.latents.cols == p.latent, "latents must be (T, L)");
  require(query.past_actions.rows == p.history - 1 && query.past_actions.cols == p.nu,
          "past actions must be (T - 1, nu)");
  require(query.actions.nu == p.nu, "actions must be (K, H, nu)");
  return query;
}

Array imagine(wm::Rollout& rollout, const Array& latents, const Array& past_actions, const Array& actions) {
  const wm::QueryView query = query_view(rollout, latents, past_actions, actions);
  Array imagined({query.actions.samples, query.actions.horizon, rollout.predictor().latent});
  float* const out = imagined.mutable_data();
  {
    const py::gil_scoped_release released;
    rollout.imagine(query, out);
  }
  return imagined;
}

// The terms of a plan together with the sizes they were made for.
struct Terms {
  std::size_t horizon;
  std::size_t latent;
  wm::TermSet set;

  Terms(const wm::Rollout& rollout, std::size_t steps)
      : horizon(steps), latent(rollout.predictor().latent), set(rollout.kernel()) {}

  void add_readout(const Array& step_weights, const std::optional<Array>& matrix, const Array& offset,
                   const Array& scale) {
    const std::size_t n = extent(offset, 0);
    const wm::MatrixView map = matrix ? matrix_view(*matrix) : wm::MatrixView{};
    require(matrix ? map.rows == n && map.cols == latent : n <= latent, "readout of another latent");
    set.add_readout(vector_view(step_weights, horizon), map, vector_view(offset, n), vector_view(scale, n));
  }

  void add_distance(const Array& step_weights, const Parameters& head, std::size_t layers,
                    const Array& goal) {
    const wm::LinearView input = linear_view(head, "in");
    const wm::MatrixView goal_weight = matrix_view(head.at("goal.weight"));
    std::vector<wm::LinearView> hidden;
    std::size_t width = input.weight.rows;
    for (std::size_t i = 0; i < layers; ++i) {
      hidden.push_back(linear_view(head, "hidden." + std::to_string(i)));
      require(hidden.back().weight.cols == width, "hidden layers do not fit");
      width = hidden.back().weight.rows;
    }
    const wm::LinearView output = linear_view(head, "out");
    require(
        input.weight.cols == latent && goal_weight.rows == input.weight.rows && output.weight.cols == width,
        "head of another latent");
    set.add_distance(vector_view(step_weights, horizon), input, goal_weight,
                     vector_view(goal, goal_weight.cols), hidden, output);
  }
};

Array price(wm::Rollout& rollout, const Array& latents, const Array& past_actions, const Array& actions,
            const Terms& terms) {
  const wm::QueryView query = query_view(rollout, latents, past_actions, actions);
  require(query.actions.horizon == terms.horizon && terms.latent == rollout.predictor().latent,
          "terms of another horizon or latent");
  Array costs(static_cast<py::ssize_t>(query.actions.samples));
  float* const out = costs.mutable_data();
  {
    const py::gil_scoped_release released;
    rollout.price(query, terms.set, out);
  }
  return costs;
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) names.emplace_back(kernels.data[i].name);
  return names;
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  module.doc() = "Batched latent rollouts in C++; used through wm_robot.kernels.native.";
  module.def("instruction_sets", &instruction_sets, "Kernels that this machine can run, best first.");

  py::class_<wm::Rollout>(module, "Rollout")
      .def(py::init(&make_rollout), py::arg("parameters"), py::kw_only(), py::arg("history"),
           py::arg("blocks"), py::arg("threads"), py::arg("instruction_set") = std::nullopt)
      .def_property_readonly("instruction_set",
                             [](const wm::Rollout& rollout) { return rollout.kernel().name; })
      .def("imagine", &imagine, py::arg("latents"), py::arg("past_actions"), py::arg("actions"))
      .def("price", &price, py::arg("latents"), py::arg("past_actions"), py::arg("actions"),
           py::arg("terms"));

  py::class_<Terms>(module, "Terms")
      .def(py::init<const wm::Rollout&, std::size_t>(), py::arg("rollout"), py::arg("horizon"))
      .def("add_readout", &Terms::add_readout, py::arg("step_weights"), py::arg("matrix").none(true),
           py::arg("offset"), py::arg("scale"))
      .def("add_distance", &Terms::add_distance, py::arg("step_weights"), py::arg("parameters"),
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
