// Each thread's memory is written to first by that thread, and so lies on that thread's memory node.
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

#include "check.hpp"
#include "wm/workspaces.hpp"

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace {

constexpr std::size_t kFloats = std::size_t{8} << 20;  // 32 MiB: some 8,000 pages, 16 where they are huge

void they_grow_and_never_shrink() {
  wm::ThreadPool pool(3);
  wm::Workspaces workspaces(pool);
  workspaces.reserve(100);
  std::vector<float*> before;
  for (std::size_t worker = 0; worker < 3; ++worker) {
    CHECK(reinterpret_cast<std::uintptr_t>(workspaces.of(worker)) % 64 == 0);
    for (std::size_t i = 0; i < 100; ++i) CHECK(workspaces.of(worker)[i] == 0.0F);
    before.push_back(workspaces.of(worker));
  }
  workspaces.reserve(50);
  for (std::size_t worker = 0; worker < 3; ++worker) CHECK(workspaces.of(worker) == before[worker]);
  workspaces.reserve(200);
  for (std::size_t worker = 0; worker < 3; ++worker) workspaces.of(worker)[199] = 1.0F;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which end a process that asks for so much
void too_much_is_refused() {
  wm::ThreadPool pool(2);
  wm::Workspaces workspaces(pool);
  bool refused = false;
  try {
    workspaces.reserve(std::numeric_limits<std::size_t>::max() / 16);
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  CHECK(refused);
  workspaces.reserve(10);
  workspaces.of(1)[9] = 1.0F;
}

#ifdef __linux__
long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

void each_thread_faults_its_own_pages() {
  wm::ThreadPool pool(3);
  wm::Workspaces workspaces(pool);
  std::vector<long> before(3), after(3);
  const auto count = [](void* context, std::size_t, std::size_t worker) {
    (*static_cast<std::vector<long>*>(context))[worker] = page_faults();
  };
  pool.run_on_each({count, &before});
  workspaces.reserve(kFloats);
  pool.run_on_each({count, &after});
  for (std::size_t worker = 0; worker < 3; ++worker) CHECK(after[worker] - before[worker] >= 15);
}

// Of memory, nearest to the processor that this runs on.
int node_here() {
  unsigned processor = 0, node = 0;
  syscall(SYS_getcpu, &processor, &node, nullptr);
  return static_cast<int>(node);
}

int node_of(void* page) {
  int node = -1;
  return syscall(SYS_move_pages, 0, 1UL, &page, nullptr, &node, 0) == 0 ? node : -1;
}

// With as many threads as processors some are on every node; each stays where it is meanwhile.
void memory_lies_on_each_threads_node() {
  cpu_set_t usable;
  sched_getaffinity(0, sizeof(usable), &usable);
  wm::ThreadPool pool(static_cast<std::size_t>(CPU_COUNT(&usable)));
  wm::Workspaces workspaces(pool);
  std::vector<int> nodes(pool.size());
  const auto stay = [](void* context, std::size_t, std::size_t worker) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof(here), &here);
    (*static_cast<std::vector<int>*>(context))[worker] = node_here();
  };
  pool.run_on_each({stay, &nodes});
  workspaces.reserve(kFloats);
  for (std::size_t worker = 0; worker < pool.size(); ++worker) {
    for (std::size_t i = 0; i < kFloats; i += kFloats / 8) {
      const int node = node_of(workspaces.of(worker) + i);
      if (node >= 0) CHECK(node == nodes[worker]);  // below: the kernel does not tell
    }
  }
  sched_setaffinity(0, sizeof(usable), &usable);
}

// Two threads find room on the caller's node, on whatever machine of several processors a node.
void few_threads_stay_on_the_callers_node() {
  wm::ThreadPool pool(2);
  struct Seen {
    int node;
    bool elsewhere;
  } seen{node_here(), false};
  cpu_set_t usable;
  sched_getaffinity(0, sizeof(usable), &usable);
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(sched_getcpu(), &here);
  sched_setaffinity(0, sizeof(here), &here);
  seen.node = node_here();
  const auto look = [](void* context, std::size_t, std::size_t) {
    Seen& s = *static_cast<Seen*>(context);
    if (node_here() != s.node) s.elsewhere = true;
  };
  for (int turn = 0; turn < 200; ++turn) pool.run_on_each({look, &seen});
  sched_setaffinity(0, sizeof(usable), &usable);
  CHECK(!seen.elsewhere);
}
#endif
#endif

}  // namespace

int main() {
  they_grow_and_never_shrink();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  too_much_is_refused();
#ifdef __linux__
  each_thread_faults_its_own_pages();
  memory_lies_on_each_threads_node();
  few_threads_stay_on_the_callers_node();
#endif
#endif
  return check::status();
}
