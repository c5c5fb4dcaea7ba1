// Cost terms of one step for the lanes of a tile; the equations are in wm_robot/kernels/terms.py.
#pragma once

#include "linear.hpp"

namespace {

struct StepView {
  std::size_t index;    // t
  const float* latent;  // z_{t+1} (L, kLanes)
  const float* before;  // a_{t−1} (nu, kLanes), or null
  const float* action;  // a_t (nu, kLanes)
  std::size_t nu;
};

// Adds the step's costs to `total` (kLanes,); `front` and `back` hold the widest head's layer.
struct CostAdder {
  float* total;
  float* front;
  float* back;

  void add(std::size_t at, Vec cost) const {
    float* lane = total + at % kLanes;
    store(lane, load(lane) + cost);
  }

  void operator()(const wm::ReadoutTerm& term, float weight, const StepView& step) const {
    const auto square = [&](std::size_t row, std::size_t at, Vec y) {
      add(at, weight * term.scale[row] * (y * y));
    };
    if (term.map.panels != nullptr) {
      linear(term.map, step.latent, square);
      return;
    }
    for (std::size_t row = 0; row < term.map.rows; ++row) {
      for (std::size_t at = row * kLanes; at < (row + 1) * kLanes; at += kWidth) {
        square(row, at, load(step.latent + at) + term.map.bias[row]);
      }
    }
  }

  void operator()(const wm::DistanceTerm& term, float weight, const StepView& step) const {
    float* x = front;
    float* y = back;
    linear(term.input, step.latent, [&](std::size_t, std::size_t at, Vec h) { store(x + at, gelu(h)); });
    for (std::size_t i = 0; i < term.hidden.size; ++i) {
      linear(term.hidden.data[i], x, [&](std::size_t, std::size_t at, Vec h) { store(y + at, gelu(h)); });
      float* const swapped = x;
      x = y;
      y = swapped;
    }
    const float each = weight / static_cast<float>(term.output.rows);
    linear(term.output, x, [&](std::size_t, std::size_t at, Vec d) { add(at, each * softplus(d)); });
  }

  void operator()(const wm::SmoothnessTerm&, float weight, const StepView& step) const {
    if (step.before == nullptr) return;
    for (std::size_t at = 0; at < step.nu * kLanes; at += kWidth) {
      const Vec change = load(step.action + at) - load(step.before + at);
      add(at, weight * (change * change));
    }
  }

  void operator()(const wm::ActionLimitsTerm& term, float weight, const StepView& step) const {
    for (std::size_t at = 0; at < step.nu * kLanes; at += kWidth) {
      const Vec excess = max(abs(load(step.action + at)) - term.limit, splat(0.0F));
      add(at, weight * (excess * excess));
    }
  }

  template <class Term>
  void each(wm::View<Term> terms, const StepView& step) const {
    for (std::size_t i = 0; i < terms.size; ++i) {
      const float weight = terms.data[i].step_weights[step.index];
      if (weight != 0.0F) (*this)(terms.data[i], weight, step);
    }
  }
};

inline void add_costs(const wm::TermsView& terms, const StepView& step, const CostAdder& adder) {
  adder.each(terms.readouts, step);
  adder.each(terms.distances, step);
  adder.each(terms.smoothness, step);
  adder.each(terms.limits, step);
}

}  // namespace
