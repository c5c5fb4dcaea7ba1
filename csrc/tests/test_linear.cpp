// Packing and the packed product against a plain triple loop in double, at sizes that fill no panel. Compiled
// once for each kernel; skipped where this machine cannot run it.
#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "instructions.hpp"
#include "linear.hpp"
#include "wm/aligned.hpp"
#include "wm/packed_store.hpp"

namespace {

#ifdef WM_INT8
// 128ths that lie on the levels of their row or lane: the first two of each are the ends of its range, of 255 steps
// of an input or ±127 of a weight. So every kind of product sums the same terms.
std::vector<float> noise(std::size_t rows, std::size_t cols, bool weights, std::mt19937& rng) {
  std::uniform_int_distribution<int> level(weights ? -127 : -100, weights ? 127 : 155);
  std::vector<float> values(rows * cols);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t place = weights ? i % cols : i / cols;
    const int end = place == 0 ? (weights ? 127 : -100) : 155;
    values[i] = static_cast<float>(place == 0 || (place == 1 && !weights) ? end : level(rng)) / 128.0F;
  }
  return values;
}
#else
// Normal numbers that are their own bfloat16, so that every kind of product sums the same terms.
std::vector<float> noise(std::size_t rows, std::size_t cols, bool, std::mt19937& rng) {
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * cols);
  for (float& value : values) {
    value = normal(rng);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    bits &= 0xffff0000;
    std::memcpy(&value, &bits, sizeof(bits));
  }
  return values;
}
#endif

// What packing asks of a kernel.
wm::TileKernel kernel() {
  wm::TileKernel kernel;
  kernel.panel_rows = kPanelRows;
  kernel.group = kGroup;
  kernel.depth = kDepth;
  return kernel;
}

void product_is_exact(std::size_t rows, std::size_t cols, std::mt19937& rng) {
  const std::vector<float> weight = noise(rows, cols, true, rng);
  const std::vector<float> bias = noise(rows, 1, true, rng);
  wm::AlignedFloats x(cols * kLanes);
  const std::vector<float> values = noise(cols, kLanes, false, rng);
  std::copy(values.begin(), values.end(), x.data());
  // What lies behind the inputs is no number, and must not matter.
  const std::size_t words = (cols + kGroup - 1) / kGroup * kLanes;
  wm::Aligned<Operand> buffer(words + 16 * kLanes);
  std::memset(buffer.data(), 0xff, buffer.size() * sizeof(Operand));

  wm::PackedStore store(kernel());
  const wm::PackedLinear layer = store.pack({{weight.data(), rows, cols}, {bias.data(), rows}});
  std::vector<float> y(rows * kLanes, NAN);
  std::size_t calls = 0;
  const Multiplying multiplying;
  linear(layer, as_operand(x.data(), cols, buffer.data()), [&](std::size_t row, std::size_t at, Vec sum) {
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

// A candidate that has come to no number must cost none, and its neighbours what they do without it.
void what_is_no_number_stays_none_and_alone(float value) {
  constexpr std::size_t kRows = 5, kCols = 9, kLane = 3;
  std::mt19937 rng(2);
  const std::vector<float> weight = noise(kRows, kCols, true, rng), bias = noise(kRows, 1, true, rng);
  const std::vector<float> values = noise(kCols, kLanes, false, rng);
  wm::AlignedFloats x(kCols * kLanes);
  std::copy(values.begin(), values.end(), x.data());
  wm::Aligned<Operand> buffer((kCols + 17) * kLanes);
  wm::PackedStore store(kernel());
  const wm::PackedLinear layer = store.pack({{weight.data(), kRows, kCols}, {bias.data(), kRows}});
  std::vector<float> before(kRows * kLanes), after(kRows * kLanes);
  const Multiplying multiplying;
  for (std::vector<float>* y : {&before, &after}) {
    linear(layer, as_operand(x.data(), kCols, buffer.data()), [&](std::size_t row, std::size_t at, Vec sum) {
      for (std::size_t i = 0; i < kWidth; ++i) (*y)[row * kLanes + at + i] = sum[i];
    });
    x.data()[4 * kLanes + kLane] = value;
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(i % kLanes == kLane ? !std::isfinite(after[i]) : after[i] == before[i]);
  }
}

// One of a word's weights.
float weight_at(const char* place) {
#ifdef WM_INT8
  return static_cast<signed char>(*place);
#else
  std::uint32_t bits = 0;
  std::memcpy(reinterpret_cast<char*>(&bits) + (kGroup - 1) * 2, place, 4 / kGroup);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
#endif
}

// Word (p, block, r, j) is that of row p kPanelRows + r and of inputs kGroup (block kDepth + j) and, with more
// in a word, those behind it; here row and column make a number that each kind holds.
void columns_are_those_asked_for() {
  constexpr std::size_t kRows = kPanelRows + 1, kCols = 2 * kGroup * kDepth + 1, kFirst = 1;
  std::vector<float> weight(kRows * kCols);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    weight[i] = static_cast<float>(i % kCols == kFirst ? 127 : i % 126);  // 127 in each row: int8's scale is 1
  }
  wm::PackedStore store(kernel());
  const wm::PackedLinear layer = store.pack_columns({weight.data(), kRows, kCols}, kFirst, kCols - kFirst);
  CHECK(layer.rows == kRows && layer.cols == kCols - kFirst);
  const auto* const panels = static_cast<const char*>(layer.panels);
  for (std::size_t word = 0; word < 2 * kPanelRows * 2 * kDepth; ++word) {
    const std::size_t row = word / (kPanelRows * 2 * kDepth) * kPanelRows + word / kDepth % kPanelRows;
    const std::size_t col = kGroup * (word / (kPanelRows * kDepth) % 2 * kDepth + word % kDepth);
    for (std::size_t i = 0; i < kGroup; ++i) {
      const float want = row < kRows ? weight[row * kCols + kFirst + col + i] : 0.0F;
      CHECK(weight_at(panels + 4 * word + 4 / kGroup * i) == want);
    }
  }
  for (std::size_t row = 0; row < 2 * kPanelRows; ++row) CHECK(layer.bias[row] == 0);
}

#ifdef WM_INT8
void layers_of_too_many_inputs_are_refused() {
  const std::vector<float> weight(wm::kMostInt8Inputs + 1, 1.0F);
  wm::PackedStore store(kernel());
  store.pack_columns({weight.data(), 1, wm::kMostInt8Inputs}, 0, wm::kMostInt8Inputs);
  bool refused = false;
  try {
    store.pack_columns({weight.data(), 1, weight.size()}, 0, weight.size());
  } catch (const std::invalid_argument& error) {
    refused = std::string_view(error.what()).find("one here has 4097") != std::string_view::npos;
  }
  CHECK(refused);
}
#endif

#ifdef WM_AMX
// Which state components this thread has in use; the tiles' is the 18th.
bool tiles_in_use() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return (low >> 18 & 1) != 0;
}

void tiles_are_given_back() {
  {
    const Multiplying multiplying;
    _tile_zero(0);
    CHECK(tiles_in_use());
  }
  CHECK(!tiles_in_use());
}
#endif

void test_all() {
  std::mt19937 rng(1);
  for (const std::size_t rows : {1, 5, 6, 7, 12, 13, 16, 17, 31, 33, 64}) {
    for (const std::size_t cols : {1, 2, 17, 31, 32, 33, 64}) product_is_exact(rows, cols, rng);
  }
  columns_are_those_asked_for();
  what_is_no_number_stays_none_and_alone(NAN);
  what_is_no_number_stays_none_and_alone(INFINITY);
#ifdef WM_INT8
  layers_of_too_many_inputs_are_refused();
#endif
#ifdef WM_AMX
  tiles_are_given_back();
#endif
}

}  // namespace

int main() {
  if (!instructions::are_here()) return instructions::kSkipped;
  test_all();
  return check::status();
}
