// Cost terms of one step for the lanes of a tile; the equations are in wm_robot/kernels/terms.py.
#pragma once

#include "linear.hpp"

namespace {

struct StepView {
  std::size_t index;       // t
  const float* latent;     // z_{t+1} (L, kLanes)
  const Operand* operand;  // the same, for products
  const float* before;     // a_{t−1} (nu, kLanes), or null
  const float* action;     // a_t (nu, kLanes)
  std::size_t nu;
};

// Adds the step's costs to `total` (kLanes,); `front` and `back` hold the widest head's layer.
struct CostAdder {
  float* total;
  Operand* front;
  Operand* back;

  void add(std::size_t lane, Vec cost) const { store(total + lane, load(total + lane) + cost); }

  void operator()(const wm::ReadoutTerm& term, float weight, const StepView& step) const {
    const auto square = [&](std::size_t row, std::size_t lane, Vec y) {
      add(lane, weight * term.scale[row] * (y * y));
    };
    if (term.map.panels != nullptr) {
      linear(term.map, step.operand, square);
      return;
    }
    for (std::size_t row = 0; row < term.map.rows; ++row) {
      for (std::size_t lane = 0; lane < kLanes; lane += kWidth) {
        square(row, lane, load(step.latent + row * kLanes + lane) + term.map.bias[row]);
      }
    }
  }

  void operator()(const wm::DistanceTerm& term, float weight, const StepView& step) const {
    Operand* x = front;
    Operand* y = back;
    linear(term.input, step.operand,
           [&](std::size_t i, std::size_t lane, Vec h) { store_operand(x, i, lane, operand_gelu(h)); });
    for (std::size_t layer = 0; layer < term.hidden.size; ++layer) {
      linear(term.hidden.data[layer], x,
             [&](std::size_t i, std::size_t lane, Vec h) { store_operand(y, i, lane, operand_gelu(h)); });
      Operand* const swapped = x;
      x = y;
      y = swapped;
    }
    const float each = weight / static_cast<float>(term.output.rows);
    linear(term.output, x, [&](std::size_t, std::size_t lane, Vec d) { add(lane, each * softplus(d)); });
  }

  void operator()(const wm::SmoothnessTerm&, float weight, const StepView& step) const {
    if (step.before == nullptr) return;
    for (std::size_t at = 0; at < step.nu * kLanes; at += kWidth) {
      const Vec change = load(step.action + at) - load(step.before + at);
      add(at % kLanes, weight * (change * change));
    }
  }

  void operator()(const wm::ActionLimitsTerm& term, float weight, const StepView& step) const {
    for (std::size_t at = 0; at < step.nu * kLanes; at += kWidth) {
      const Vec excess = max(abs(load(step.action + at)) - term.limit, splat(0.0F));
      add(at % kLanes, weight * (excess * excess));
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

// The widest layer of the terms' heads.
inline std::size_t widest_head(const wm::TermsView& terms) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < terms.distances.size; ++i) {
    const wm::DistanceTerm& head = terms.distances.data[i];
    if (head.input.rows > width) width = head.input.rows;
    for (std::size_t j = 0; j < head.hidden.size; ++j) {
      if (head.hidden.data[j].rows > width) width = head.hidden.data[j].rows;
    }
  }
  return width;
}

inline void add_costs(const wm::TermsView& terms, const StepView& step, const CostAdder& adder) {
  adder.each(terms.readouts, step);
  adder.each(terms.distances, step);
  adder.each(terms.smoothness, step);
  adder.each(terms.limits, step);
}

}  // namespace
