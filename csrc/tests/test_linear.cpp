// Packing and the packed product against a plain triple loop in double, at sizes that fill no panel.
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"
#include "linear.hpp"
#include "wm/aligned.hpp"
#include "wm/packed_store.hpp"

namespace {

std::vector<float> noise(std::size_t size, std::mt19937& rng) {
  std::normal_distribution<float> normal;
  std::vector<float> values(size);
  for (float& value : values) value = normal(rng);
  return values;
}

// What packing asks of a kernel: float32 in this file's panels.
wm::TileKernel kernel() {
  wm::TileKernel kernel;
  kernel.panel_rows = kPanelRows;
  return kernel;
}

void product_is_exact(std::size_t rows, std::size_t cols, std::mt19937& rng) {
  const std::vector<float> weight = noise(rows * cols, rng);
  const std::vector<float> bias = noise(rows, rng);
  wm::AlignedFloats x(cols * kLanes);
  const std::vector<float> values = noise(cols * kLanes, rng);
  std::copy(values.begin(), values.end(), x.data());

  wm::PackedStore store(kernel());
  const wm::PackedLinear layer = store.pack({{weight.data(), rows, cols}, {bias.data(), rows}});
  std::vector<float> y(rows * kLanes, NAN);
  std::size_t calls = 0;
  linear(layer, x.data(), [&](std::size_t row, std::size_t at, Vec sum) {
    CHECK(row < rows && at % kWidth == 0 && at < kLanes);
    for (std::size_t i = 0; i < kWidth; ++i) y[row * kLanes + at + i] = sum[i];
    ++calls;
  });
  CHECK(calls == rows * kVectors);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      double want = bias[row];
      for (std::size_t k = 0; k < cols; ++k) {
        want += static_cast<double>(weight[row * cols + k]) * values[k * kLanes + lane];
      }
      // Rounding grows like √cols units in the last place (6e-8) of terms of size 1.
      CHECK(std::abs(y[row * kLanes + lane] - want) < 1e-5);
    }
  }
}

void columns_are_those_asked_for() {
  // weight = [[0, 1, 2], [3, 4, 5]]; columns 1 and 2 in one panel, input by input: 1, 4, … then 2, 5, …
  const float weight[] = {0, 1, 2, 3, 4, 5};
  wm::PackedStore store(kernel());
  const wm::PackedLinear layer = store.pack_columns({weight, 2, 3}, 1, 2);
  CHECK(layer.rows == 2 && layer.cols == 2);
  const auto* const panels = static_cast<const float*>(layer.panels);
  CHECK(panels[0] == 1 && panels[1] == 4);
  CHECK(panels[kPanelRows] == 2 && panels[kPanelRows + 1] == 5);
  CHECK(panels[2] == 0 && layer.bias[0] == 0);
}

}  // namespace

int main() {
  std::mt19937 rng(1);
  for (const std::size_t rows : {1, 5, 6, 7, 12, 13, 31}) {
    for (const std::size_t cols : {1, 2, 17, 64}) product_is_exact(rows, cols, rng);
  }
  columns_are_those_asked_for();
  return check::failures;
}
