#include "wm/workspaces.hpp"

#include <atomic>
#include <new>

namespace wm {

void Workspaces::reserve(std::size_t size) {
  if (size <= size_) return;
  struct Context {
    std::vector<AlignedFloats>& owned;
    std::size_t size;
    std::atomic<bool> failed{false};
  } context{owned_, size};
  const auto grow = [](void* opaque, std::size_t, std::size_t worker) {
    Context& c = *static_cast<Context*>(opaque);
    AlignedFloats& mine = c.owned[worker];
    mine = {};  // first, so that old and new need not fit beside each other
    try {
      mine = AlignedFloats(c.size);
    } catch (const std::bad_alloc&) {  // must not leave the thread
      c.failed = true;
    }
  };
  size_ = 0;
  pool_.run_on_each({grow, &context});
  if (context.failed) {
    for (AlignedFloats& workspace : owned_) workspace = {};
    throw std::bad_alloc();
  }
  size_ = size;
}

}  // namespace wm
