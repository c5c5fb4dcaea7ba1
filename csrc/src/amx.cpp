#include "wm/amx.hpp"

#if defined(WM_X86) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace wm {

#if defined(WM_X86) && defined(__linux__)

namespace {

constexpr unsigned kAmxBf16 = 1U << 22, kAmxTile = 1U << 24;           // CPUID 7.0 EDX
constexpr unsigned kOsxsave = 1U << 27;                                // CPUID 1 ECX
constexpr std::uint32_t kTileConfig = 1U << 17, kTileData = 1U << 18;  // XCR0
// asm/prctl.h has these from Linux 5.16 on, the headers of a build may be older than the kernel it runs on.
constexpr long kRequestPermission = 0x1023, kTileDataFeature = 18;

bool processor_has_it() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsxsave) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0;
}

// Whether the system saves the registers; only after OSXSAVE was seen.
bool system_keeps_it() {
  std::uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileConfig) != 0 && (low & kTileData) != 0;
}

}  // namespace

bool amx_is_granted() {
  return processor_has_it() && system_keeps_it() &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileDataFeature) == 0;
}

#else

bool amx_is_granted() { return false; }

#endif

}  // namespace wm
