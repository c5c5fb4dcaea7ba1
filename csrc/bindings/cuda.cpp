// Python's view of the search on a GPU; settings are those of the module _native.
#include <pybind11/pybind11.h>

#include <memory>

#include "cuda_model.hpp"
#include "cuda_terms.hpp"
#include "outcome.hpp"
#include "planner.hpp"
#include "search_kernel.cuh"
#include "views.hpp"

namespace wm::python {
namespace {

struct CudaSearch {
  gpu::DeviceMemory memory;
  gpu::Planner planner;
  gpu::Start start;

  explicit CudaSearch(const SearchSettings& settings) : planner(memory, settings), start(memory) {}
};

py::dict run(CudaSearch& search, const CudaModel& model, CudaTerms& terms, const Array& latents,
             const Array& past_actions, const Array& mean, const Array& std, const Array& elites,
             std::uint64_t seed, std::int64_t budget_ns) {
  const SearchSettings& settings = search.planner.settings();
  const gpu::Predictor& p = model.model.predictor();
  const MatrixView history = matrix_view(latents);
  const MatrixView past = matrix_view(past_actions);
  require_fit(p, settings, terms, history, past);
  fill(search.planner.belief(), settings, mean, std, elites);
  SearchOutcome outcome;
  {
    const py::gil_scoped_release released;
    outcome = search.planner.run(seed, budget_ns, [&](const gpu::SearchProblem& problem, int most) {
      gpu::launch_search(search.start.with(problem, model.model, terms.there(), history, past), most,
                         search.memory.stream());
    });
  }
  return result(search.planner, outcome);
}

std::string device_name() {
  int device = 0;
  cudaDeviceProp properties;
  gpu::check(cudaGetDevice(&device), "no CUDA device");
  gpu::check(cudaGetDeviceProperties(&properties, device), "no CUDA device");
  return properties.name;
}

}  // namespace
}  // namespace wm::python

PYBIND11_MODULE(_cuda, module) {
  namespace py = pybind11;
  using namespace wm::python;
  module.doc() = "Latent searches on a GPU; used through wm_robot.kernels.cuda.";
  py::module_::import("wm_robot.kernels._native");  // knows SearchSettings
  module.def("device_name", &device_name, "Of the GPU in use; RuntimeError where there is none.");

  py::class_<CudaModel>(module, "Model")
      .def(py::init([](const Parameters& parameters, std::size_t history, std::size_t blocks) {
             return std::make_unique<CudaModel>(predictor_view(parameters, history, blocks));
           }),
           py::arg("parameters"), py::kw_only(), py::arg("history"), py::arg("blocks"));
  bind_cuda_tokens(module);
  bind_terms<CudaTerms, CudaModel, CudaTokenModel>(module);
  py::class_<CudaSearch>(module, "Search")
      .def(py::init<const wm::SearchSettings&>(), py::arg("settings"))
      .def("run", &run, py::arg("model"), py::arg("terms"), py::arg("latents"), py::arg("past_actions"),
           py::arg("mean"), py::arg("std"), py::arg("elites"), py::arg("seed"), py::arg("budget_ns"));
}
