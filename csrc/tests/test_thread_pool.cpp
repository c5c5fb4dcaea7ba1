// Every item runs exactly once, whatever the number of threads, also when the pool is used again.
#include <atomic>
#include <vector>

#include "check.hpp"
#include "wm/thread_pool.hpp"

int main() {
  for (const std::size_t threads : {1, 2, 5}) {
    wm::ThreadPool pool(threads);
    CHECK(pool.size() == threads);
    for (const std::size_t items : {0, 1, 3, 1000}) {
      struct Record {
        std::vector<std::atomic<int>> runs;
        std::atomic<std::size_t> highest_worker{0};
      } record{std::vector<std::atomic<int>>(items), {}};
      const auto count = [](void* context, std::size_t item, std::size_t worker) {
        Record& r = *static_cast<Record*>(context);
        ++r.runs[item];
        std::size_t seen = r.highest_worker;
        while (worker > seen && !r.highest_worker.compare_exchange_weak(seen, worker)) {
        }
      };
      pool.run({count, &record}, items);
      for (const std::atomic<int>& runs : record.runs) CHECK(runs == 1);
      CHECK(record.highest_worker < threads);
    }
  }
  return check::failures;
}
