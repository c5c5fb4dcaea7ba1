// Philox4x32-10, a counter-based generator: any number of a stream at once, by any thread, on any device.
//
// Source: Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3; differs: nothing.
// The numpy form of the same stream is wm_robot/kernels/noise.py.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define WM_HOST_DEVICE __host__ __device__
#else
#define WM_HOST_DEVICE
#endif

namespace wm {

struct Words4 {
  std::uint32_t x[4];
};

WM_HOST_DEVICE inline Words4 philox(Words4 counter, std::uint64_t key) {
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter.x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter.x[2];
    counter = {{static_cast<std::uint32_t>(b >> 32) ^ counter.x[1] ^ k0, static_cast<std::uint32_t>(b),
                static_cast<std::uint32_t>(a >> 32) ^ counter.x[3] ^ k1, static_cast<std::uint32_t>(a)}};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

struct Normals4 {
  float x[4];
};

// Standard normal numbers 4 block … 4 block + 3 of one candidate in one round of a search.
//
// Box-Muller on u = (word + ½) 2⁻³², in double so that every backend rounds to the same float32.
WM_HOST_DEVICE inline Normals4 normals(std::uint64_t key, std::uint32_t round, std::uint32_t candidate,
                                       std::uint32_t block) {
  const Words4 words = philox({{block, candidate, round, 0}}, key);
  Normals4 result{};
  for (int pair = 0; pair < 4; pair += 2) {
    const double radius = std::sqrt(-2.0 * std::log((words.x[pair] + 0.5) * 0x1p-32));
    const double angle = 2.0 * 3.14159265358979323846 * ((words.x[pair + 1] + 0.5) * 0x1p-32);
    result.x[pair] = static_cast<float>(radius * std::cos(angle));
    result.x[pair + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return result;
}

}  // namespace wm
