#include <algorithm>
#include <stdexcept>
#include <string>

#include "device_block.cuh"
#include "rollout_block.hpp"
#include "search_block.hpp"
#include "search_kernel.cuh"

namespace wm::gpu {
namespace {

__global__ void __launch_bounds__(kThreads) search_kernel(const __grid_constant__ Problem problem) {
  extern __shared__ __align__(16) char memory[];
  DeviceBlock exec;
  RolloutBlock<DeviceBlock> rollout(exec, problem, memory);
  SearchBlock<DeviceBlock, RolloutBlock<DeviceBlock>> search(exec, problem, rollout);
  search.run();
}

}  // namespace

std::size_t workspace_bytes(const Problem& problem) { return carve(problem, nullptr).bytes; }

void launch_search(const Problem& problem, int most_candidates, cudaStream_t stream) {
  int device = 0;
  int limit = 0;
  int processors = 0;
  check(cudaGetDevice(&device), "no CUDA device");
  check(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "shared memory");
  check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device), "multiprocessors");
  const std::size_t bytes = workspace_bytes(problem);
  if (bytes > static_cast<std::size_t>(limit)) {
    throw std::runtime_error("this predictor needs " + std::to_string(bytes) +
                             " bytes of shared memory a block, but the GPU has " + std::to_string(limit) +
                             "; use the backend cpu or torch");
  }
  const auto* const kernel = reinterpret_cast<const void*>(search_kernel);
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "shared memory of the search");
  int resident = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, search_kernel, kThreads, bytes),
        "occupancy");
  const int tiles = (most_candidates + kTile - 1) / kTile;
  const int blocks = std::max(1, std::min(tiles, resident * processors));
  Problem copy = problem;
  void* arguments[] = {&copy};
  const dim3 grid(static_cast<unsigned>(blocks));
  check(cudaLaunchCooperativeKernel(kernel, grid, dim3(kThreads), arguments, bytes, stream),
        "launching the search");
}

}  // namespace wm::gpu
