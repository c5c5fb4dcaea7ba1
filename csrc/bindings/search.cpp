// A whole search as one call from Python.
#include "wm/search.hpp"

#include <memory>
#include <vector>

#include "outcome.hpp"
#include "views.hpp"
#include "wm/pendulum.hpp"
#include "wm/token_rollout.hpp"

namespace wm::python {
namespace {

py::dict run(Search& search, Pricer& model, const Array& mean, const Array& std, const Array& elites,
             std::uint64_t seed, std::int64_t deadline_ns) {
  fill(search.belief(), search.settings(), mean, std, elites);
  SearchOutcome outcome;
  released([&] { outcome = search.run(model, seed, deadline_ns); });
  return result(search, outcome);
}

template <class Model>
py::dict run_latent(Search& search, Model& rollout, const Terms& terms, const Array& latents,
                    const Array& past_actions, const Array& mean, const Array& std, const Array& elites,
                    std::uint64_t seed, std::int64_t deadline_ns) {
  const SearchSettings& settings = search.settings();
  const auto& p = rollout.predictor();
  const MatrixView history = matrix_view(latents);
  const MatrixView past = matrix_view(past_actions);
  require(history.rows == p.history && history.cols == p.latent, "latents must be (T, L)");
  require(past.rows == p.history - 1 && past.cols == p.nu, "past actions must be (T - 1, nu)");
  require(all_finite(history) && all_finite(past), "latents or past actions are not finite");
  require(settings.nu == p.nu && settings.horizon == terms.horizon && terms.latent == p.latent,
          "settings, terms and predictor do not fit");
  LatentPricer model(rollout, terms.set, history, past);
  return run(search, model, mean, std, elites, seed, deadline_ns);
}

py::dict run_pendulum(Search& search, PendulumPricer& model, const Array& mean, const Array& std,
                      const Array& elites, std::uint64_t seed, std::int64_t deadline_ns) {
  require(search.settings().nu == 1, "a pendulum has one action");
  return run(search, model, mean, std, elites, seed, deadline_ns);
}

}  // namespace

void bind_search(py::module_& module) {
  py::enum_<Learning>(module, "Learning")
      .value("elites", Learning::kElites)
      .value("softmax", Learning::kSoftmax)
      .value("best", Learning::kBest);
  py::class_<SearchSettings>(module, "SearchSettings")
      .def(py::init<>())
      .def_readwrite("horizon", &SearchSettings::horizon)
      .def_readwrite("knots", &SearchSettings::knots)
      .def_readwrite("nu", &SearchSettings::nu)
      .def_readwrite("candidates", &SearchSettings::candidates)
      .def_readwrite("interpolation", &SearchSettings::interpolation)
      .def_readwrite("colour", &SearchSettings::colour)
      .def_readwrite("noise", &SearchSettings::noise)
      .def_readwrite("learning", &SearchSettings::learning)
      .def_readwrite("elites", &SearchSettings::elites)
      .def_readwrite("keep_fraction", &SearchSettings::keep_fraction)
      .def_readwrite("smoothing", &SearchSettings::smoothing)
      .def_readwrite("min_noise", &SearchSettings::min_noise)
      .def_readwrite("temperature", &SearchSettings::temperature)
      .def_readwrite("returns_mean", &SearchSettings::returns_mean);
  py::class_<PendulumPricer>(module, "Pendulum")
      .def(py::init([](std::size_t threads) {
             return std::make_unique<PendulumPricer>(threads, tile_kernels().data[0]);
           }),
           py::arg("threads"))
      .def("set_state", &PendulumPricer::set_state, py::arg("angle"), py::arg("velocity"))
      .def(
          "price",
          [](PendulumPricer& pendulum, const Array& actions) {
            require(actions.ndim() == 3 && actions.shape(2) == 1, "actions must be (K, H, 1)");
            Array costs(actions.shape(0));
            pendulum.price({actions.data(), extent(actions, 0), extent(actions, 1), 1}, nullptr,
                           costs.mutable_data());
            return costs;
          },
          py::arg("actions"));
  py::class_<Search>(module, "Search")
      .def(py::init([](const Rollout& rollout, const SearchSettings& settings) {
             return std::make_unique<Search>(settings, rollout.kernel());
           }),
           py::arg("rollout"), py::arg("settings"))
      .def(py::init([](const TokenRollout& rollout, const SearchSettings& settings) {
             return std::make_unique<Search>(settings, rollout.kernel());
           }),
           py::arg("rollout"), py::arg("settings"))
      .def(py::init([](const PendulumPricer& pendulum, const SearchSettings& settings) {
             return std::make_unique<Search>(settings, pendulum.kernel());
           }),
           py::arg("pendulum"), py::arg("settings"))
      .def("run_pendulum", &run_pendulum, py::arg("pendulum"), py::arg("mean"), py::arg("std"),
           py::arg("elites"), py::arg("seed"), py::arg("deadline_ns"))
      .def("run", &run_latent<Rollout>, py::arg("rollout"), py::arg("terms"), py::arg("latents"),
           py::arg("past_actions"), py::arg("mean"), py::arg("std"), py::arg("elites"), py::arg("seed"),
           py::arg("deadline_ns"))
      .def("run", &run_latent<TokenRollout>, py::arg("rollout"), py::arg("terms"), py::arg("latents"),
           py::arg("past_actions"), py::arg("mean"), py::arg("std"), py::arg("elites"), py::arg("seed"),
           py::arg("deadline_ns"));
}

}  // namespace wm::python
