#include "wm/thread_pool.hpp"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#endif

namespace wm {

namespace {

#ifdef __linux__
// Linux lists it beside the processor's other properties; 0 where it does not, as without several nodes.
int memory_node(int processor) {
  const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(processor);
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("node") && name.find_first_not_of("0123456789", 4) == std::string::npos)
      return std::atoi(name.c_str() + 4);
  }
  return 0;
}
#endif

}  // namespace

// The processors that this thread may use; none where that cannot be known.
std::vector<ThreadPool::Processor> ThreadPool::usable_processors() {
  std::vector<Processor> processors;
#ifdef __linux__
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof(usable), &usable) != 0) return processors;
  for (int number = 0; number < CPU_SETSIZE; ++number) {
    if (CPU_ISSET(number, &usable)) processors.push_back({number, memory_node(number)});
  }
#endif
  return processors;
}

ThreadPool::ThreadPool(std::size_t size) : processors_(usable_processors()) {
  for (std::size_t worker = 1; worker < size; ++worker) {
    threads_.emplace_back([this, worker] { serve(worker); });
  }
}

// Linux wakes a sleeping thread on the processor of whoever wakes it, even where others are idle but share no
// cache with it, and moves it only milliseconds later: a whole plan long, two threads would share one core.
// So workers are sent away from the caller's processor before they are woken: to any other one of its memory
// node, or of all nodes where one has too few of them.
void ThreadPool::place_workers() {
#ifdef __linux__
  const int caller = sched_getcpu();
  if (caller < 0 || caller == left_ || processors_.size() < 2) return;
  const auto here = std::find_if(processors_.begin(), processors_.end(),
                                 [caller](const Processor& processor) { return processor.number == caller; });
  cpu_set_t near, others;
  CPU_ZERO(&near);
  CPU_ZERO(&others);
  for (const Processor& processor : processors_) {
    if (processor.number == caller) continue;
    CPU_SET(processor.number, &others);
    if (here != processors_.end() && processor.node == here->node) CPU_SET(processor.number, &near);
  }
  const bool enough = CPU_COUNT(&near) >= static_cast<int>(threads_.size());
  for (std::thread& thread : threads_)
    pthread_setaffinity_np(thread.native_handle(), sizeof(cpu_set_t), enough ? &near : &others);
  left_ = caller;
#endif
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(Task task, std::size_t items) { start_and_wait(task, items, false); }

void ThreadPool::run_on_each(Task task) { start_and_wait(task, 0, true); }

void ThreadPool::start_and_wait(Task task, std::size_t items, bool each) {
  place_workers();
  {
    const std::lock_guard lock(mutex_);
    task_ = task;
    items_ = items;
    each_ = each;
    next_ = 0;
    busy_ = threads_.size();
    ++generation_;
  }
  wake_.notify_all();
  work(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadPool::serve(std::size_t worker) {
  std::size_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
    if (stop_) return;
    seen = generation_;
    lock.unlock();
    work(worker);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

void ThreadPool::work(std::size_t worker) {
  if (each_) task_.call(task_.context, worker, worker);
  for (std::size_t item = next_++; item < items_; item = next_++) task_.call(task_.context, item, worker);
}

}  // namespace wm
