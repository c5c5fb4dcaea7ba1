// Linux refuses the tile registers to a process that has a signal stack too small to save them on. Then there
// is no kernel that needs them, and once it is granted there is one.
#include <signal.h>

#include <string_view>

#include "check.hpp"
#include "wm/amx.hpp"
#include "wm/tile.hpp"

namespace {

bool has_kernel(std::string_view name) {
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (std::size_t i = 0; i < kernels.size; ++i) {
    if (kernels.data[i].name == name) return true;
  }
  return false;
}

}  // namespace

int main() {
#ifdef __linux__
  alignas(64) static char memory[6144];  // holds AVX-512's registers, but not 8 kB of tiles
  stack_t small{};
  small.ss_sp = memory;
  small.ss_size = sizeof(memory);
  CHECK(sigaltstack(&small, nullptr) == 0);
  CHECK(!wm::amx_is_granted());
  small.ss_flags = SS_DISABLE;
  CHECK(sigaltstack(&small, nullptr) == 0);
#endif
  const bool granted = wm::amx_is_granted();
  CHECK(has_kernel("amx_bf16") == granted);
  CHECK(wm::amx_is_granted() == granted);
  return check::status();
}
