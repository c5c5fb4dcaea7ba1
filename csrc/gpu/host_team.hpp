// A team's blocks played by threads: what token_frame.hpp asks of a block, without a GPU.
#pragma once

#include <cstring>

#include "host_block.hpp"
#include "token_memory.hpp"

namespace wm::gpu {

struct HostTeam : HostBlock {
  std::barrier<>& meeting;
  char* const* inboxes;  // of the members
  bool clustered;

  // As on tensor cores: what pads an operand is multiplied too.
  template <class Row>
  void matmul(const Linear& layer, const Bf16* x, int stride, int rows, Row row) {
    const int cols = ceil_div(layer.cols, 16) * 16;
    const auto output = [&](int i, int r) {
      float total = layer.bias[i];
      for (int k = 0; k < cols; ++k) total += weight_of(layer, i, k) * from_bf16(x[r * stride + k]);
      return total;
    };
    for (int r = 0; r < rows; ++r) {
      const auto use = row(r);
      for (int i = 0; i < layer.rows; i += 2) use(i, output(i, r), output(i + 1, r));
    }
  }

  template <class Term, class Use>
  void dots(int tasks, int n, Term term, Use use) {
    for (int task = 0; task < tasks; ++task) {
      const auto load = term(task);
      float total = 0.0F;
      for (int i = 0; i < n; ++i) total += load(i);
      use(task, total);
    }
  }

  template <class T>
  T* peer(int other, T* at) {
    return reinterpret_cast<T*>(inboxes[other] + (reinterpret_cast<char*>(at) - inboxes[member]));
  }
  const Bf16* near(const Bf16* far, Bf16* near, int rows, int stride) {
    if (clustered) return far;
    std::memcpy(near, far, sizeof(Bf16) * static_cast<std::size_t>(rows) * static_cast<std::size_t>(stride));
    return near;
  }
  void stage(const std::uint32_t* from, int words, std::uint32_t* to) {
    std::memcpy(to, from, sizeof(std::uint32_t) * static_cast<std::size_t>(words));
  }
  void staged() {}
  void team_barrier() { meeting.arrive_and_wait(); }
};

}  // namespace wm::gpu
