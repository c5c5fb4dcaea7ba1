// Waking the pool's threads, giving each an empty task, and waiting for them.
#include <algorithm>
#include <thread>

#include "phases.hpp"
#include "wm/thread_pool.hpp"

namespace wm::bench {
namespace {

void run(benchmark::State& state) {
  ThreadPool pool(static_cast<std::size_t>(state.range(0)));
  const auto nothing = [](void*, std::size_t, std::size_t) {};
  for (auto _ : state) pool.run({nothing, nullptr}, pool.size());
}

}  // namespace

void add_wake() {
  const auto processors = static_cast<int>(std::thread::hardware_concurrency());
  benchmark::RegisterBenchmark("wake", run)
      ->ArgName("threads")
      ->RangeMultiplier(2)
      ->Range(1, std::max(processors, 1))
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace wm::bench
