#include "device_memory.hpp"

#include <stdexcept>
#include <string>

namespace wm::gpu {

void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

DeviceMemory::DeviceMemory() {
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a CUDA stream");
}

DeviceMemory::~DeviceMemory() {
  cudaStreamSynchronize(stream_);
  for (void* block : blocks_) cudaFree(block);
  cudaStreamDestroy(stream_);
}

void* DeviceMemory::allocate(std::size_t bytes) {
  void* block = nullptr;
  check(cudaMalloc(&block, bytes), "GPU memory");
  blocks_.push_back(block);
  check(cudaMemsetAsync(block, 0, bytes, stream_), "GPU memory");
  return block;
}

void DeviceMemory::write(void* there, const void* here, std::size_t bytes) {
  check(cudaMemcpyAsync(there, here, bytes, cudaMemcpyHostToDevice, stream_), "copying to the GPU");
}

void DeviceMemory::read(void* here, const void* there, std::size_t bytes) {
  check(cudaMemcpyAsync(here, there, bytes, cudaMemcpyDeviceToHost, stream_), "copying from the GPU");
  wait();
}

void DeviceMemory::wait() { check(cudaStreamSynchronize(stream_), "waiting for the GPU"); }

}  // namespace wm::gpu
