// Memory of its own for each thread of a pool.
//
// A thread allocates and zeroes its own: Linux lays a page on the memory node of the thread that first writes to
// it, so on a machine of several nodes nobody works in another node's memory.
#pragma once

#include <cstddef>
#include <vector>

#include "wm/aligned.hpp"
#include "wm/thread_pool.hpp"

namespace wm {

class Workspaces {
 public:
  explicit Workspaces(ThreadPool& pool) : pool_(pool), owned_(pool.size()) {}

  // At least `size` floats for each thread. Those that must grow lose what they held; std::bad_alloc leaves
  // them empty.
  void reserve(std::size_t size);
  float* of(std::size_t worker) { return owned_[worker].data(); }

 private:
  ThreadPool& pool_;
  std::size_t size_ = 0;
  std::vector<AlignedFloats> owned_;
};

}  // namespace wm
