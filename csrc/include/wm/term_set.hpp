// The cost terms of a plan, prepared for one kernel; the equations are in wm_robot/kernels/terms.py.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "wm/packed_store.hpp"
#include "wm/tile.hpp"
#include "wm/view.hpp"

namespace wm {

class TermSet {
 public:
  explicit TermSet(const TileKernel& kernel) : store_(kernel) {}

  // offset = b − y (n,); a matrix without data reads the first n entries of the latent.
  void add_readout(View<float> step_weights, MatrixView matrix, View<float> offset, View<float> scale);
  void add_distance(View<float> step_weights, LinearView input, MatrixView goal_weight, View<float> goal,
                    const std::vector<LinearView>& hidden, LinearView output);
  void add_smoothness(View<float> step_weights);
  void add_action_limits(View<float> step_weights, float limit);

  TermsView view() const;

 private:
  PackedStore store_;
  std::deque<std::vector<PackedLinear>> hidden_;
  std::vector<ReadoutTerm> readouts_;
  std::vector<DistanceTerm> distances_;
  std::vector<SmoothnessTerm> smoothness_;
  std::vector<ActionLimitsTerm> limits_;
};

}  // namespace wm
