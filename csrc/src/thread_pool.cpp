#include "wm/thread_pool.hpp"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

namespace wm {

namespace {

// The processors that this thread may use; none where that cannot be known.
std::vector<int> usable_processors() {
  std::vector<int> processors;
#ifdef __linux__
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof(usable), &usable) != 0) return processors;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &usable)) processors.push_back(processor);
  }
#endif
  return processors;
}

}  // namespace

ThreadPool::ThreadPool(std::size_t size) : processors_(usable_processors()) {
  for (std::size_t worker = 1; worker < size; ++worker) {
    threads_.emplace_back([this, worker] { serve(worker); });
  }
}

// Linux wakes a sleeping thread on the processor of whoever wakes it, even where others are idle but share no
// cache with it, and moves it only milliseconds later: a whole plan long, two threads would share one core.
// So workers are sent away from the caller's processor before they are woken; any other one that they may use
// will do.
void ThreadPool::leave_processor_to_caller() {
#ifdef __linux__
  const int caller = sched_getcpu();
  if (caller < 0 || caller == left_ || processors_.size() < 2) return;
  cpu_set_t others;
  CPU_ZERO(&others);
  for (const int processor : processors_) {
    if (processor != caller) CPU_SET(processor, &others);
  }
  for (std::thread& thread : threads_)
    pthread_setaffinity_np(thread.native_handle(), sizeof(others), &others);
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

void ThreadPool::run(Task task, std::size_t items) {
  leave_processor_to_caller();
  {
    const std::lock_guard lock(mutex_);
    task_ = task;
    items_ = items;
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
  for (std::size_t item = next_++; item < items_; item = next_++) task_.call(task_.context, item, worker);
}

}  // namespace wm
