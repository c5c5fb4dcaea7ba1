// What a search asks of a model, whatever it is: the costs of action sequences.
#pragma once

#include <cstddef>

#include "wm/tile.hpp"
#include "wm/view.hpp"

namespace wm {

class Pricer {
 public:
  Pricer() = default;
  Pricer(const Pricer&) = delete;
  Pricer& operator=(const Pricer&) = delete;
  virtual ~Pricer() = default;

  // Costs (K,) of `actions`; where `draw` is given they are drawn, and `actions` has extents alone.
  virtual void price(const ActionsView& actions, const Draw* draw, float* costs) = 0;
};

}  // namespace wm
