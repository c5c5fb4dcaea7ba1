// Which of the compiled kernels this machine can run.
#include <vector>

#include "wm/amx.hpp"
#include "wm/tile.hpp"

namespace wm {

extern const TileKernel kernel_generic;
#ifdef WM_X86
extern const TileKernel kernel_avx2;
extern const TileKernel kernel_avx512;
extern const TileKernel kernel_avx512_vnni;
extern const TileKernel kernel_avx2_bf16;
extern const TileKernel kernel_avx512_bf16;
extern const TileKernel kernel_amx_bf16;
#endif

View<TileKernel> tile_kernels() {
  static const std::vector<TileKernel> kernels = [] {
    std::vector<TileKernel> usable;
#ifdef WM_X86
    if (__builtin_cpu_supports("x86-64-v4")) usable.push_back(kernel_avx512);
    if (__builtin_cpu_supports("x86-64-v3")) usable.push_back(kernel_avx2);
#endif
    usable.push_back(kernel_generic);
#ifdef WM_X86
    if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni"))
      usable.push_back(kernel_avx512_vnni);
    if (__builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16")) {
      if (amx_is_granted()) usable.push_back(kernel_amx_bf16);
      usable.push_back(kernel_avx512_bf16);
    }
    if (__builtin_cpu_supports("x86-64-v3")) usable.push_back(kernel_avx2_bf16);
#endif
    return usable;
  }();
  return {kernels.data(), kernels.size()};
}

}  // namespace wm
