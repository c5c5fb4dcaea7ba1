// Memory that a grid of blocks reads and writes: a GPU's, or the host's own in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace wm::gpu {

class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  virtual ~Memory() = default;

  // Of zeros; lives as long as this object.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void write(void* there, const void* here, std::size_t bytes) = 0;
  // Waits until what was started has ended.
  virtual void read(void* here, const void* there, std::size_t bytes) = 0;
  // Until everything written is there for others to read.
  virtual void wait() = 0;

  template <class T>
  T* room(std::size_t size) {
    return static_cast<T*>(allocate((size == 0 ? 1 : size) * sizeof(T)));
  }
  template <class T>
  T* copy(const T* values, std::size_t size) {
    T* const there = room<T>(size);
    write(there, values, size * sizeof(T));
    return there;
  }
};

class HostMemory final : public Memory {
 public:
  void* allocate(std::size_t bytes) override {
    return blocks_.emplace_back(std::make_unique<Piece[]>(bytes / sizeof(Piece) + 1)).get();
  }
  void write(void* there, const void* here, std::size_t bytes) override { transfer(there, here, bytes); }
  void read(void* here, const void* there, std::size_t bytes) override { transfer(here, there, bytes); }
  void wait() override {}

 private:
  // memcpy may not be given the null pointer of an empty vector, not even to copy nothing.
  static void transfer(void* to, const void* from, std::size_t bytes) {
    if (bytes != 0) std::memcpy(to, from, bytes);
  }

  // Unlike std::max_align_t without padding, which nothing sets to zero.
  struct alignas(16) Piece {
    std::uint64_t words[2];
  };
  std::vector<std::unique_ptr<Piece[]>> blocks_;
};

}  // namespace wm::gpu
