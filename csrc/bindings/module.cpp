// Python's view of the kernel.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "views.hpp"
#include "wm/allocations.hpp"
#include "wm/tile.hpp"

namespace wm::python {
namespace {

std::string dtype_name(const TileKernel& kernel) { return kernel.group == 1 ? "float32" : "bfloat16"; }

std::unique_ptr<Rollout> make_rollout(const Parameters& parameters, std::size_t history, std::size_t blocks,
                                      std::size_t threads, const std::optional<std::string>& instruction_set,
                                      const std::string& dtype) {
  require(history > 0 && threads > 0, "history and threads must be positive");
  const PredictorView predictor = predictor_view(parameters, history, blocks);
  const View<TileKernel> kernels = tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (dtype != dtype_name(kernels.data[i])) continue;
    if (!instruction_set || *instruction_set == kernels.data[i].name) {
      return std::make_unique<Rollout>(predictor, threads, kernels.data[i]);
    }
  }
  throw std::invalid_argument("this machine has no kernel for " + instruction_set.value_or(dtype));
}

QueryView query_view(const Rollout& rollout, const Array& latents, const Array& past_actions,
                     const Array& actions) {
  const PackedPredictor& p = rollout.predictor();
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

Array imagine(Rollout& rollout, const Array& latents, const Array& past_actions, const Array& actions) {
  const QueryView query = query_view(rollout, latents, past_actions, actions);
  Array imagined({query.actions.samples, query.actions.horizon, rollout.predictor().latent});
  float* const out = imagined.mutable_data();
  {
    const py::gil_scoped_release released;
    rollout.imagine(query, out);
  }
  return imagined;
}

Array price(Rollout& rollout, const Array& latents, const Array& past_actions, const Array& actions,
            const Terms& terms) {
  const QueryView query = query_view(rollout, latents, past_actions, actions);
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

std::vector<std::string> instruction_sets(const std::string& dtype) {
  std::vector<std::string> names;
  const View<TileKernel> kernels = tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (dtype == dtype_name(kernels.data[i])) names.emplace_back(kernels.data[i].name);
  }
  return names;
}

}  // namespace
}  // namespace wm::python

PYBIND11_MODULE(_native, module) {
  namespace py = pybind11;
  using wm::python::Array;
  using wm::python::Terms;
  module.doc() = "Batched latent rollouts in C++; used through wm_robot.kernels.native.";
  module.def("instruction_sets", &wm::python::instruction_sets, py::arg("dtype"),
             "Kernels that this machine can run, best first.");

  module.def("allocations", &wm::allocations, "Calls of operator new by this module, from the beginning.");

  py::class_<wm::Rollout>(module, "Rollout")
      .def(py::init(&wm::python::make_rollout), py::arg("parameters"), py::kw_only(), py::arg("history"),
           py::arg("blocks"), py::arg("threads"), py::arg("instruction_set") = std::nullopt,
           py::arg("dtype") = "float32")
      .def_property_readonly("instruction_set",
                             [](const wm::Rollout& rollout) { return rollout.kernel().name; })
      .def("imagine", &wm::python::imagine, py::arg("latents"), py::arg("past_actions"), py::arg("actions"))
      .def("price", &wm::python::price, py::arg("latents"), py::arg("past_actions"), py::arg("actions"),
           py::arg("terms"));

  wm::python::bind_terms<Terms, wm::Rollout>(module);
  wm::python::bind_search(module);
}
