// Cost terms for searches on a GPU, whatever is rolled out.
#pragma once

#include <optional>

#include "device_memory.hpp"
#include "planner.hpp"
#include "views.hpp"

namespace wm::python {

// As Terms, in GPU memory of its own.
struct CudaTerms {
  std::size_t horizon;
  std::size_t latent;
  gpu::DeviceMemory memory;
  gpu::TermUpload set;
  std::optional<gpu::Terms> finished;

  template <class Model>
  CudaTerms(const Model& model, std::size_t steps)
      : horizon(steps), latent(static_cast<std::size_t>(model.model.predictor().latent)), set(memory) {}

  const gpu::Terms& there() {
    if (!finished) {
      finished = set.finish();
      memory.wait();  // the search reads them from another stream
    }
    return *finished;
  }
};

template <class Predictor>
void require_fit(const Predictor& p, const SearchSettings& settings, const CudaTerms& terms,
                 const MatrixView& latents, const MatrixView& past) {
  require(latents.rows == static_cast<std::size_t>(p.history) &&
              latents.cols == static_cast<std::size_t>(p.latent),
          "latents must be (T, L)");
  require(past.rows == latents.rows - 1 && past.cols == static_cast<std::size_t>(p.nu),
          "past actions must be (T - 1, nu)");
  require(settings.nu == past.cols && settings.horizon == terms.horizon && terms.latent == latents.cols,
          "settings, terms and predictor do not fit");
}

void bind_cuda_tokens(py::module_& module);

}  // namespace wm::python
