// Philox4x32-10, a counter-based generator: any number of a stream at once, by any thread, on any device.
//
// Source: Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define WM_HOST_DEVICE __host__ __device__
#else
#define WM_HOST_DEVICE
#endif

namespace wm {

constexpr std::uint32_t kPhiloxMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kPhiloxMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kPhiloxWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kPhiloxWeyl1 = 0xBB67AE85;
constexpr int kPhiloxRounds = 10;

}  // namespace wm
