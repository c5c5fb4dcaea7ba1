// What a thread block does on a GPU: tensor-core products of bfloat16 with float32 sums.
#pragma once

#include <cooperative_groups.h>

#include "rollout_block.hpp"

namespace wm::gpu {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;
constexpr int kFragments = 4;  // of weights that a warp multiplies with the same candidates: independent sums

// c (16 × 8) += a (16 × 16) b (16 × 8).
__device__ inline void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], uint2 b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

__device__ inline float warp_sum(float x) {
  for (int offset = 16; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffff, x, offset);
  return x;
}

struct DeviceBlock {
  cooperative_groups::grid_group grid = cooperative_groups::this_grid();
  int team = static_cast<int>(blockIdx.x);
  int teams = static_cast<int>(gridDim.x);
  int member = 0;
  int members = 1;

  template <class F>
  __device__ void parallel(int n, F f) {
    for (int i = static_cast<int>(threadIdx.x); i < n; i += kThreads) f(i);
    __syncthreads();
  }

  // Each warp takes every kWarps-th row.
  template <class Load, class Use>
  __device__ void sum(int n, Load load, Use use) {
    for (int row = warp(); row < kTile; row += kWarps) {
      float total = 0.0F;
      for (int i = lane(); i < n; i += 32) total += load(row, i);
      total = warp_sum(total);
      if (lane() == 0) use(row, total);
    }
    __syncthreads();
  }

  template <class Load, class Use>
  __device__ void normalize(int n, Load load, Use use) {
    norm_rows(kTile, n, load, use);
  }

  template <class Load, class Use>
  __device__ void norm_rows(int rows, int n, Load load, Use use) {
    for (int row = warp(); row < rows; row += kWarps) {
      float total = 0.0F;
      for (int i = lane(); i < n; i += 32) total += load(row, i);
      const float mean = warp_sum(total) / static_cast<float>(n);
      float squares = 0.0F;
      for (int i = lane(); i < n; i += 32) squares += (load(row, i) - mean) * (load(row, i) - mean);
      const float scale = rsqrtf(warp_sum(squares) / static_cast<float>(n) + 1e-6F);
      for (int i = lane(); i < n; i += 32) use(row, i, (load(row, i) - mean) * scale);
    }
    __syncthreads();
  }

  template <class Epilogue>
  __device__ void product(const Linear& layer, const Bf16* x, int stride, Epilogue epilogue) {
    const int k_tiles = (layer.cols + 15) / 16;
    const int n_tiles = (layer.rows + 7) / 8;
    const int group = lane() / 4;
    const int pair = lane() % 4;
    const auto* const rows = reinterpret_cast<const std::uint32_t*>(x);
    const int upper = group * stride / 2 + pair;
    const int lower = (group + 8) * stride / 2 + pair;
    const auto* const fragments = reinterpret_cast<const uint2*>(layer.fragments) + lane();
    for (int first = warp() * kFragments; first < n_tiles; first += kWarps * kFragments) {
      float c[kFragments][4];
#pragma unroll
      for (int j = 0; j < kFragments; ++j) {
        const int n = (first + j) * 8 + 2 * pair;
        c[j][0] = c[j][2] = first + j < n_tiles ? layer.bias[n] : 0.0F;
        c[j][1] = c[j][3] = first + j < n_tiles ? layer.bias[n + 1] : 0.0F;
      }
#pragma unroll 2
      for (int k = 0; k < k_tiles; ++k) {
        const std::uint32_t a[4] = {rows[upper + 8 * k], rows[lower + 8 * k], rows[upper + 8 * k + 4],
                                    rows[lower + 8 * k + 4]};
#pragma unroll
        for (int j = 0; j < kFragments; ++j) {
          if (first + j >= n_tiles) continue;
          multiply_add(c[j], a, __ldg(fragments + ((first + j) * k_tiles + k) * 32));
        }
      }
#pragma unroll
      for (int j = 0; j < kFragments; ++j) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int n = (first + j) * 8 + 2 * pair + i % 2;
          if (n < layer.rows) epilogue(n, group + i / 2 * 8, c[j][i]);
        }
      }
    }
    __syncthreads();
  }

  __device__ void count(int& counter) { atomicAdd(&counter, 1); }
  __device__ void grid_barrier() { grid.sync(); }
  __device__ std::int64_t now_ns() {
    std::uint64_t now;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    return static_cast<std::int64_t>(now);
  }

 protected:
  __device__ int warp() const { return static_cast<int>(threadIdx.x) / 32; }
  __device__ int lane() const { return static_cast<int>(threadIdx.x) % 32; }
};

}  // namespace wm::gpu
