// Each phase of a plan on one core, on every kernel that this machine can run.
#include "phases.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const wm::View<wm::TileKernel> kernels = wm::tile_kernels();
  for (const auto add :
       {wm::bench::add_draw, wm::bench::add_rollout, wm::bench::add_price, wm::bench::add_learn}) {
    for (std::size_t i = 0; i < kernels.size; ++i) add(kernels.data[i]);
  }
  wm::bench::add_wake();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
