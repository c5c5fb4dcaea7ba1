// Python's view of the kernel.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "views.hpp"
#include "wm/tile.hpp"
#include "wm/token_rollout.hpp"

namespace wm::python {
namespace {

std::unique_ptr<Rollout> make_rollout(const Parameters& parameters, std::size_t history, std::size_t blocks,
                                      std::size_t threads, const std::optional<std::string>& instruction_set,
                                      const std::string& dtype) {
  require(history > 0 && threads > 0, "history and threads must be positive");
  return std::make_unique<Rollout>(predictor_view(parameters, history, blocks), threads,
                                   find_kernel(instruction_set, dtype));
}

std::vector<std::string> instruction_sets(const std::string& dtype) {
  std::vector<std::string> names;
  const View<TileKernel> kernels = tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (dtype == dtype_of(kernels.data[i])) names.emplace_back(kernels.data[i].name);
  }
  return names;
}

}  // namespace
}  // namespace wm::python

PYBIND11_MODULE(_native, module) {
  namespace py = pybind11;
  using wm::python::Terms;
  module.doc() = "Batched latent rollouts in C++; used through wm_robot.kernels.native.";
  module.def("instruction_sets", &wm::python::instruction_sets, py::arg("dtype"),
             "Kernels that this machine can run, best first.");

  module.def(
      "allocations", [] { return wm::python::allocations_within; },
      "Calls of operator new within rollouts and searches, from the beginning.");

  py::class_<wm::Rollout> rollout(module, "Rollout");
  rollout.def(py::init(&wm::python::make_rollout), py::arg("parameters"), py::kw_only(), py::arg("history"),
              py::arg("blocks"), py::arg("threads"), py::arg("instruction_set") = std::nullopt,
              py::arg("dtype") = "float32");
  wm::python::bind_model(rollout);
  wm::python::bind_tokens(module);

  wm::python::bind_terms<Terms, wm::Rollout, wm::TokenRollout>(module);
  wm::python::bind_search(module);
  wm::python::bind_capsules(module);
  wm::python::bind_differential_ik(module);
}
