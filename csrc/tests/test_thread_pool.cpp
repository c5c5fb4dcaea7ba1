// Every item runs exactly once, whatever the number of threads, also when the pool is used again; what is for
// each thread runs once on each; and workers keep off the caller's processor, wherever that goes.
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "check.hpp"
#include "wm/thread_pool.hpp"

#ifdef __linux__
#include <sched.h>
#endif

namespace {

#ifdef __linux__
void pin_to(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  sched_setaffinity(0, sizeof(one), &one);
}

void workers_keep_off_the_callers_processor() {
  cpu_set_t usable;
  sched_getaffinity(0, sizeof(usable), &usable);
  wm::ThreadPool pool(2);
  struct Seen {
    int caller;
    std::atomic<int> worked{0};
    std::atomic<int> there{0};
  };
  const auto look = [](void* context, std::size_t, std::size_t worker) {
    Seen& seen = *static_cast<Seen*>(context);
    if (worker == 0) {
      // Leave an item to the worker.
      while (seen.worked == 0) sched_yield();
      return;
    }
    cpu_set_t mine;
    sched_getaffinity(0, sizeof(mine), &mine);
    if (CPU_ISSET(seen.caller, &mine)) ++seen.there;
    ++seen.worked;
  };
  for (int processor = 0; CPU_COUNT(&usable) > 1 && processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &usable)) continue;
    pin_to(processor);
    Seen seen{processor};
    pool.run({look, &seen}, 2);
    CHECK(seen.there == 0);
  }
  sched_setaffinity(0, sizeof(usable), &usable);
}
#endif

}  // namespace

int main() {
#ifdef __linux__
  workers_keep_off_the_callers_processor();
#endif
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
    std::vector<std::thread::id> ids(threads);
    const auto sign = [](void* context, std::size_t item, std::size_t worker) {
      CHECK(item == worker);
      (*static_cast<std::vector<std::thread::id>*>(context))[worker] = std::this_thread::get_id();
    };
    pool.run_on_each({sign, &ids});
    CHECK(ids[0] == std::this_thread::get_id());
    CHECK(std::set(ids.begin(), ids.end()).size() == threads);
  }
  return check::status();
}
