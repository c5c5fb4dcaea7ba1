// A thread block played by one thread, and a grid by several: the algorithm without a GPU.
#pragma once

#include <barrier>
#include <chrono>
#include <cmath>

#include "rollout_block.hpp"

namespace wm::gpu {

struct HostBlock {
  int team;
  int teams;
  std::barrier<>& grid;
  int member = 0;
  int members = 1;

  template <class F>
  void parallel(int n, F f) {
    for (int i = 0; i < n; ++i) f(i);
  }

  template <class Load, class Use>
  void sum(int n, Load load, Use use) {
    for (int row = 0; row < kTile; ++row) {
      float total = 0.0F;
      for (int i = 0; i < n; ++i) total += load(row, i);
      use(row, total);
    }
  }

  template <class Load, class Use>
  void normalize(int n, Load load, Use use) {
    norm_rows(kTile, n, load, use);
  }

  template <class Load, class Use>
  void norm_rows(int rows, int n, Load load, Use use) {
    for (int row = 0; row < rows; ++row) {
      float total = 0.0F;
      for (int i = 0; i < n; ++i) total += load(row, i);
      const float mean = total / static_cast<float>(n);
      float squares = 0.0F;
      for (int i = 0; i < n; ++i) squares += (load(row, i) - mean) * (load(row, i) - mean);
      const float scale = 1.0F / std::sqrt(squares / static_cast<float>(n) + 1e-6F);
      for (int i = 0; i < n; ++i) use(row, i, (load(row, i) - mean) * scale);
    }
  }

  template <class Epilogue>
  void product(const Linear& layer, const Bf16* x, int stride, Epilogue epilogue) {
    for (int n = 0; n < layer.rows; ++n) {
      for (int m = 0; m < kTile; ++m) {
        float total = layer.bias[n];
        for (int k = 0; k < layer.cols; ++k) total += weight_of(layer, n, k) * from_bf16(x[m * stride + k]);
        epilogue(n, m, total);
      }
    }
  }

  void count(int& counter) { ++counter; }
  void grid_barrier() { grid.arrive_and_wait(); }
  std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
};

}  // namespace wm::gpu
