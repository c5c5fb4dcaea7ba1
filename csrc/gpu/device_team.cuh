// A block of a team on a GPU: what token_frame.hpp asks of it. Teams are clusters, whose blocks reach each
// other's shared memory (architecture 90), or blocks that meet and write in global memory.
#pragma once

#include "device_product.cuh"
#include "token_memory.hpp"

namespace wm::gpu {

constexpr int kOctet = 8;  // lanes that share a short sum

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
    const int n_tiles = (layer.rows + 7) / 8;
    const int columns = min(kColumns, (n_tiles + kWarps - 1) / kWarps);
    const auto operand =
        static_cast<std::uint32_t>(__cvta_generic_to_shared(x + lane() % 16 * stride + lane() / 16 * 8));
    // Where there is one tile of rows it is multiplied again and not kept.
    const int tile_bytes = problem.shape.rows > kTile ? kTile * stride * static_cast<int>(sizeof(Bf16)) : 0;
    const bool is_near = __isShared(layer.fragments) != 0;
    for (int first = warp() * columns; first < n_tiles; first += kWarps * columns) {
      Sums sums;
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const float* const bias = layer.bias + 8 * min(first + j, n_tiles - 1) + lane() % 4 * 2;
        const float even = bias[0];
        const float odd = bias[1];
#pragma unroll
        for (int m = 0; m < kRowTiles; ++m) {
          sums[m][j][0] = sums[m][j][2] = even;
          sums[m][j][1] = sums[m][j][3] = odd;
        }
      }
      if (is_near)
        accumulate<SharedWeights>(sums, layer, first, operand, tile_bytes);
      else
        accumulate<GlobalWeights>(sums, layer, first, operand, tile_bytes);
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int r = 16 * m + 8 * half + lane() / 4;
          if (r >= rows) continue;
          const auto use = row(r);
#pragma unroll
          for (int j = 0; j < kColumns; ++j) {
            const int i = 8 * (first + j) + lane() % 4 * 2;
            if (j < columns && i < layer.rows) use(i, sums[m][j][2 * half], sums[m][j][2 * half + 1]);
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
