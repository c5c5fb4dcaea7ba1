// Threads that sleep until there is work: planning must not slow down what runs beside it. They use the
// processors that the constructor's thread may use, but for the caller's own, and only those of the caller's
// memory node where these are enough: weights lie there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace wm {

class ThreadPool {
 public:
  // A task is called once for each item in [0, items); `worker` < size() names the calling thread.
  struct Task {
    void (*call)(void* context, std::size_t item, std::size_t worker) = nullptr;
    void* context = nullptr;
  };

  // `size` threads including the one that calls run(); at least 1.
  explicit ThreadPool(std::size_t size);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return threads_.size() + 1; }

  // Runs all items and returns when they are done. One caller at a time; the task must not throw.
  void run(Task task, std::size_t items);
  // Calls the task once on each thread, with item == worker.
  void run_on_each(Task task);

 private:
  struct Processor {
    int number;
    int node;  // of memory, nearest to it
  };
  static std::vector<Processor> usable_processors();
  void place_workers();
  void start_and_wait(Task task, std::size_t items, bool each);
  void serve(std::size_t worker);
  void work(std::size_t worker);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::size_t generation_ = 0;  // guarded by mutex_, as are busy_ and stop_
  std::size_t busy_ = 0;
  bool stop_ = false;
  Task task_;
  std::size_t items_ = 0;
  bool each_ = false;
  std::atomic<std::size_t> next_{0};
  std::vector<Processor> processors_;  // that the constructor's thread could use
  int left_ = -1;                      // the one that the workers keep away from
  std::vector<std::thread> threads_;
};

}  // namespace wm
