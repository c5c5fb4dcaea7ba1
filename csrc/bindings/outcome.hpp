// A search's belief and outcome as Python sees them, on whatever device it ran.
#pragma once

#include <algorithm>
#include <tuple>
#include <vector>

#include "views.hpp"
#include "wm/search.hpp"

namespace wm::python {

inline Array copied(View<float> values, const std::vector<py::ssize_t>& shape) {
  Array array(shape);
  std::copy_n(values.data, values.size, array.mutable_data());
  return array;
}

// Sets where a search begins.
inline void fill(Belief& belief, const SearchSettings& settings, const Array& mean, const Array& std,
                 const Array& elites) {
  const std::size_t size = settings.knots * settings.nu;
  const auto count = static_cast<std::size_t>(elites.ndim() == 0 ? 0 : elites.shape(0));
  require(static_cast<std::size_t>(mean.size()) == size && static_cast<std::size_t>(std.size()) == size &&
              static_cast<std::size_t>(elites.size()) == count * size && count <= settings.elites,
          "belief of another size");
  std::copy_n(mean.data(), size, belief.mean.data());
  std::copy_n(std.data(), size, belief.std.data());
  std::copy_n(elites.data(), count * size, belief.elites.data());
  belief.elite_count = count;
}

template <class Searcher>
py::dict result(Searcher& search, const SearchOutcome& outcome) {
  const SearchSettings& settings = search.settings();
  const Belief& belief = search.belief();
  const std::size_t size = settings.knots * settings.nu;
  const auto M = static_cast<py::ssize_t>(settings.knots);
  const auto nu = static_cast<py::ssize_t>(settings.nu);
  const auto elite_count = static_cast<py::ssize_t>(belief.elite_count);
  py::dict result;
  result["knots"] = copied(search.plan(), {M, nu});
  result["cost"] = outcome.cost;
  result["costs"] = copied(search.costs(), {static_cast<py::ssize_t>(search.costs().size)});
  result["rounds"] = outcome.rounds;
  result["deadline_missed"] = outcome.deadline_missed;
  result["all_infinite"] = outcome.all_infinite;
  result["phase_ns"] = std::make_tuple(outcome.evaluate_ns, outcome.update_ns);
  result["mean"] = copied({belief.mean.data(), size}, {M, nu});
  result["std"] = copied({belief.std.data(), size}, {M, nu});
  result["elites"] = copied({belief.elites.data(), belief.elite_count * size}, {elite_count, M, nu});
  return result;
}

}  // namespace wm::python
