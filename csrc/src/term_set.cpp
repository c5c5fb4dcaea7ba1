#include "wm/term_set.hpp"

namespace wm {

void TermSet::add_readout(View<float> step_weights, MatrixView matrix, View<float> offset,
                          View<float> scale) {
  PackedLinear map{nullptr, nullptr, offset.size, 0};
  if (matrix.data != nullptr) {
    map = store_.pack({matrix, offset});
  } else {
    map.bias = store_.keep(offset);
  }
  readouts_.push_back({store_.keep(step_weights), map, store_.keep(scale)});
}

void TermSet::add_distance(View<float> step_weights, LinearView input, MatrixView goal_weight,
                           View<float> goal, const std::vector<LinearView>& hidden, LinearView output) {
  // The goal stays the same for a whole plan, so its share of the first layer is added up here, once.
  std::vector<float> bias(input.bias.size);
  for (std::size_t row = 0; row < bias.size(); ++row) {
    double sum = input.bias.data[row];
    for (std::size_t k = 0; k < goal.size; ++k) {
      sum += static_cast<double>(goal_weight.data[row * goal_weight.cols + k]) * goal.data[k];
    }
    bias[row] = static_cast<float>(sum);
  }
  input.bias = {bias.data(), bias.size()};

  std::vector<PackedLinear>& layers = hidden_.emplace_back();
  for (const LinearView& layer : hidden) layers.push_back(store_.pack(layer));
  distances_.push_back(
      {store_.keep(step_weights), store_.pack(input), {layers.data(), layers.size()}, store_.pack(output)});
}

void TermSet::add_smoothness(View<float> step_weights) { smoothness_.push_back({store_.keep(step_weights)}); }

void TermSet::add_action_limits(View<float> step_weights, float limit) {
  limits_.push_back({store_.keep(step_weights), limit});
}

TermsView TermSet::view() const {
  return {{readouts_.data(), readouts_.size()},
          {distances_.data(), distances_.size()},
          {smoothness_.data(), smoothness_.size()},
          {limits_.data(), limits_.size()}};
}

}  // namespace wm
