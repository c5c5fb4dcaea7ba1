// A warp's share of a layer on tensor cores: 48 rows of a group meet three fragments of weights at a time.
#pragma once

#include "device_block.cuh"

namespace wm::gpu {

constexpr int kRowTiles = 3;  // 48 rows meet each weight that is loaded
constexpr int kColumns = 3;   // fragments: 9 sums of 16 × 8 in 36 registers

using Sums = float[kRowTiles][kColumns][4];

// 16 × 16 of an operand in shared memory; each lane gives the address of one row's half.
__device__ inline void load_operand(std::uint32_t (&a)[4], std::uint32_t at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
               : "r"(at)
               : "memory");
}

// This lane's words of fragments, in shared memory or in global.
struct SharedWeights {
  std::uint32_t at;
  __device__ SharedWeights(const uint2* fragments, int words)
      : at(static_cast<std::uint32_t>(__cvta_generic_to_shared(fragments + words))) {}
  __device__ uint2 operator[](int i) const {
    uint2 b;
    asm volatile("ld.shared.v2.u32 {%0, %1}, [%2];" : "=r"(b.x), "=r"(b.y) : "r"(at + i * 8) : "memory");
    return b;
  }
};

struct GlobalWeights {
  const uint2* at;
  __device__ GlobalWeights(const uint2* fragments, int words) : at(fragments + words) {}
  __device__ uint2 operator[](int i) const { return __ldg(at + i); }
};

// sums += x W for three tiles of rows, `tile_bytes` apart, and three fragments from `first` on, of which
// those beyond the last are the last again. One loop for all sizes: what is multiplied in vain costs less
// than a copy of it for every size would cost in instructions to fetch.
template <class Weights>
__device__ inline void accumulate(Sums& sums, const Linear& layer, int first, std::uint32_t x,
                                  int tile_bytes) {
  const int k_tiles = (layer.cols + 15) / 16;
  const int last = (layer.rows + 7) / 8 - 1;
  const auto* const fragments = reinterpret_cast<const uint2*>(layer.fragments) + threadIdx.x % 32;
  const Weights column[kColumns] = {{fragments, first * k_tiles * 32},
                                    {fragments, min(first + 1, last) * k_tiles * 32},
                                    {fragments, min(first + 2, last) * k_tiles * 32}};
#pragma unroll 4
  for (int k = 0; k < k_tiles; ++k) {
    uint2 b[kColumns];
#pragma unroll
    for (int j = 0; j < kColumns; ++j) b[j] = column[j][k * 32];
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
      std::uint32_t a[4];
      load_operand(a, x + m * tile_bytes + 32 * k);
#pragma unroll
      for (int j = 0; j < kColumns; ++j) multiply_add(sums[m][j], a, b[j]);
    }
  }
}

}  // namespace wm::gpu
