// A block of a team on a GPU: what token_frame.hpp asks of it. Teams are clusters, whose blocks reach each
// other's shared memory (architecture 90), or blocks that meet and write in global memory.
#pragma once

#include "device_block.cuh"
#include "token_memory.hpp"

namespace wm::gpu {

constexpr int kRowTiles = 3;  // that a warp multiplies at once: 48 rows meet each weight that it loads
constexpr int kColumns = 3;   // fragments of weights likewise: 9 sums of 16 × 8 in 36 registers
constexpr int kOctet = 8;     // lanes that share a short sum

template <bool kClustered>
struct DeviceTeam : DeviceBlock {
  const TokenProblem& problem;
  std::size_t inbox_bytes;
  unsigned met = 0;  // arrivals at the barriers so far

  __device__ explicit DeviceTeam(const TokenProblem& p)
      : problem(p), inbox_bytes(carve_inbox(p, nullptr).bytes) {
    members = p.shape.members;
    teams = p.shape.teams;
    team = static_cast<int>(blockIdx.x) / members;
    member = static_cast<int>(blockIdx.x) % members;
  }

  template <class Row>
  __device__ void matmul(const Linear& layer, const Bf16* x, int stride, int rows, Row row) {
    const int k_tiles = (layer.cols + 15) / 16;
    const int n_tiles = (layer.rows + 7) / 8;
    const int row_tiles = (rows + 15) / 16;
    const int each = min(kColumns, (n_tiles + kWarps - 1) / kWarps);
    const int group = lane() / 4;
    const int pair = lane() % 4;
    const auto* const words = reinterpret_cast<const std::uint32_t*>(x) + group * stride / 2 + pair;
    const auto* const fragments = reinterpret_cast<const uint2*>(layer.fragments) + lane();
    for (int first = warp() * each; first < n_tiles; first += kWarps * each) {
      const uint2* column[kColumns];  // those beyond the last are the last again, and not kept
      float c[kRowTiles][kColumns][4];
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int n = min(first + j, n_tiles - 1);
        column[j] = fragments + n * k_tiles * 32;
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          c[m][j][0] = c[m][j][2] = layer.bias[8 * n + 2 * pair];
          c[m][j][1] = c[m][j][3] = layer.bias[8 * n + 2 * pair + 1];
        }
      }
#pragma unroll 4
      for (int k = 0; k < k_tiles; ++k) {
        uint2 b[kColumns];
#pragma unroll
        for (int j = 0; j < kColumns; ++j) {
          if (j < each) b[j] = column[j][k * 32];
        }
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          if (m >= row_tiles) continue;
          const std::uint32_t* const upper = words + m * 8 * stride + 8 * k;
          const std::uint32_t* const lower = upper + 4 * stride;
          const std::uint32_t a[4] = {upper[0], lower[0], upper[4], lower[4]};
#pragma unroll
          for (int j = 0; j < kColumns; ++j) {
            if (j < each) multiply_add(c[m][j], a, b[j]);
          }
        }
      }
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int r = 16 * m + 8 * half + group;
          if (r >= rows) continue;
          const auto use = row(r);
#pragma unroll
          for (int j = 0; j < kColumns; ++j) {
            const int i = 8 * (first + j) + 2 * pair;
            if (j < each && i < layer.rows) use(i, c[m][j][2 * half], c[m][j][2 * half + 1]);
          }
        }
      }
    }
    __syncthreads();
  }

  template <class Term, class Use>
  __device__ void dots(int tasks, int n, Term term, Use use) {
    const int part = static_cast<int>(threadIdx.x) % kOctet;
    for (int first = 0; first < tasks; first += kThreads / kOctet) {  // all lanes take part in the shuffles
      const int task = first + static_cast<int>(threadIdx.x) / kOctet;
      float total = 0.0F;
      if (task < tasks) {
        const auto load = term(task);
        for (int i = part; i < n; i += kOctet) total += load(i);
      }
      for (int offset = kOctet / 2; offset > 0; offset /= 2)
        total += __shfl_xor_sync(0xffffffff, total, offset);
      if (part == 0 && task < tasks) use(task, total);
    }
    __syncthreads();
  }

  template <class T>
  __device__ T* peer(int other, T* at) const {
    if constexpr (kClustered) {
#if __CUDA_ARCH__ >= 900
      if (members > 1)
        return cooperative_groups::this_cluster().map_shared_rank(at, static_cast<unsigned>(other));
#endif
      return at;
    } else {
      const auto apart =
          static_cast<std::ptrdiff_t>(other - member) * static_cast<std::ptrdiff_t>(inbox_bytes);
      return reinterpret_cast<T*>(reinterpret_cast<char*>(at) + apart);
    }
  }

  // An inbox in global memory is read once, not by every warp.
  __device__ const Bf16* near(const Bf16* far, Bf16* near, int rows, int stride) {
    if constexpr (kClustered) return far;
    parallel(rows * stride / 8, [&](int i) { put(near + 8 * i, get<Eight>(far + 8 * i)); });
    return near;
  }

  __device__ void stage(const std::uint32_t* from, int words, std::uint32_t* to) {
    const auto there = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
    for (int i = 4 * static_cast<int>(threadIdx.x); i < words; i += 4 * kThreads) {
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(there + 4 * i), "l"(from + i)
                   : "memory");
    }
  }

  __device__ void staged() {
    asm volatile("cp.async.wait_all;" ::: "memory");
    __syncthreads();
  }

  __device__ void team_barrier() {
    if (members == 1) {
      __syncthreads();
      return;
    }
    if constexpr (kClustered) {
#if __CUDA_ARCH__ >= 900
      cooperative_groups::this_cluster().sync();
#endif
    } else {
      meet();
    }
  }

 private:
  // All blocks of the grid run at once, so waiting for one of them ends.
  __device__ void meet() {
    met += static_cast<unsigned>(members);
    __syncthreads();
    if (threadIdx.x == 0) {
      unsigned* const arrived = problem.arrived + team;
      asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(arrived) : "memory");
      unsigned now;
      do {
        asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(now) : "l"(arrived) : "memory");
      } while (now < met);
    }
    __syncthreads();
  }
};

}  // namespace wm::gpu
