// The transformer predictor as Python sees it.
#include <memory>
#include <optional>
#include <string>

#include "token_view.hpp"
#include "views.hpp"

namespace wm::python {

void bind_tokens(py::module_& module) {
  py::class_<TokenRollout> rollout(module, "TokenRollout");
  rollout.def(py::init([](const Parameters& parameters, std::size_t history, std::size_t context,
                          std::size_t state, std::size_t patches, std::size_t patch, std::size_t nu,
                          std::size_t width, std::size_t heads, std::size_t head, std::size_t hidden,
                          std::size_t blocks, std::size_t embedding, std::size_t threads,
                          const std::optional<std::string>& instruction_set, const std::string& dtype) {
                require(threads > 0, "threads must be positive");
                const TokenSizes sizes{history, context, state, patches, patch,  nu,
                                       width,   heads,   head,  hidden,  blocks, embedding};
                return std::make_unique<TokenRollout>(token_view(parameters, sizes), threads,
                                                      find_kernel(instruction_set, dtype));
              }),
              py::arg("parameters"), py::kw_only(), py::arg("history"), py::arg("context"), py::arg("state"),
              py::arg("patches"), py::arg("patch"), py::arg("nu"), py::arg("width"), py::arg("heads"),
              py::arg("head"), py::arg("hidden"), py::arg("blocks"), py::arg("embedding"), py::arg("threads"),
              py::arg("instruction_set") = std::nullopt, py::arg("dtype") = "float32");
  bind_model(rollout);
}

}  // namespace wm::python
