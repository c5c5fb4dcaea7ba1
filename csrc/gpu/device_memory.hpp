// A GPU's memory; everything happens in order on a stream of its own.
#pragma once

#include <cuda_runtime.h>

#include <vector>

#include "memory.hpp"

namespace wm::gpu {

// Throws std::runtime_error with what CUDA says, as all of these do.
void check(cudaError_t status, const char* what);

class DeviceMemory final : public Memory {
 public:
  DeviceMemory();
  ~DeviceMemory() override;

  void* allocate(std::size_t bytes) override;
  void write(void* there, const void* here, std::size_t bytes) override;
  void read(void* here, const void* there, std::size_t bytes) override;
  void wait() override;
  cudaStream_t stream() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
  std::vector<void*> blocks_;
};

}  // namespace wm::gpu
