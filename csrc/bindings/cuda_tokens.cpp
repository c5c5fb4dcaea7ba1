// Searches on a GPU with a transformer predictor, as Python sees them.
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "cuda_model.hpp"
#include "cuda_terms.hpp"
#include "outcome.hpp"
#include "token_kernel.cuh"
#include "token_view.hpp"

namespace wm::python {
namespace {

struct CudaTokenSearch {
  gpu::DeviceMemory memory;
  gpu::Planner planner;
  gpu::TokenStart start;
  // How the grid was cut, and for what.
  std::optional<gpu::Shape> shape;
  const CudaTokenModel* model = nullptr;
  const CudaTerms* terms = nullptr;

  explicit CudaTokenSearch(const SearchSettings& settings) : planner(memory, settings), start(memory) {}
};

py::dict run(CudaTokenSearch& search, const CudaTokenModel& model, CudaTerms& terms, const Array& latents,
             const Array& past_actions, const Array& mean, const Array& std, const Array& elites,
             std::uint64_t seed, std::int64_t budget_ns) {
  const SearchSettings& settings = search.planner.settings();
  const MatrixView history = matrix_view(latents);
  const MatrixView past = matrix_view(past_actions);
  require_fit(model.model.predictor(), settings, terms, history, past);
  fill(search.planner.belief(), settings, mean, std, elites);
  SearchOutcome outcome;
  {
    const py::gil_scoped_release released;
    outcome = search.planner.run(seed, budget_ns, [&](const gpu::SearchProblem& problem, int most) {
      gpu::TokenProblem cut = search.start.with(problem, model.model, terms.there(), history, past);
      if (!search.shape || search.model != &model || search.terms != &terms) {
        search.shape = gpu::choose_shape(cut, most, gpu::this_device());
        search.model = &model;
        search.terms = &terms;
      }
      search.start.cut(cut, *search.shape);
      gpu::launch_search(cut, search.memory.stream());
    });
  }
  return result(search.planner, outcome);
}

// With the longest window that attention sees, and no terms: what they need is known when they come.
std::optional<std::string> what_does_not_fit(const TokenSizes& sizes) {
  gpu::TokenProblem problem;
  problem.predictor = gpu::sizes_of(packed_sizes(sizes), sizes.blocks);
  problem.settings.horizon = static_cast<int>(sizes.context);
  try {
    gpu::choose_shape(problem, 1, gpu::this_device());
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

void bind_cuda_tokens(py::module_& module) {
  using Size = std::size_t;
  const auto sizes = [](const py::kwargs& given) {
    const auto size = [&](const char* name) { return given[name].cast<Size>(); };
    return TokenSizes{size("history"), size("context"), size("state"),  size("patches"),
                      size("patch"),   size("nu"),      size("width"),  size("heads"),
                      size("head"),    size("hidden"),  size("blocks"), size("embedding")};
  };
  module.def(
      "what_does_not_fit", [sizes](const py::kwargs& given) { return what_does_not_fit(sizes(given)); },
      "Why a transformer of these sizes cannot be searched on the GPU in use; None where it can.");
  py::class_<CudaTokenModel>(module, "TokenModel")
      .def(py::init([sizes](const Parameters& parameters, const py::kwargs& given) {
             return std::make_unique<CudaTokenModel>(token_view(parameters, sizes(given)));
           }),
           py::arg("parameters"));
  py::class_<CudaTokenSearch>(module, "TokenSearch")
      .def(py::init<const SearchSettings&>(), py::arg("settings"))
      .def("run", &run, py::arg("model"), py::arg("terms"), py::arg("latents"), py::arg("past_actions"),
           py::arg("mean"), py::arg("std"), py::arg("elites"), py::arg("seed"), py::arg("budget_ns"));
}

}  // namespace wm::python
