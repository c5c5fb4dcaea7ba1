// A whole search with a transformer predictor in one launch.
//
// Shapes, of LeWM's size: W 192, 16 heads of 64, M 2048, E 192, 6 blocks, D 192; CEM of 300 candidates, 30
// rounds of 5 steps. On 128 multiprocessors 8 teams of 16 blocks; a group is 38 candidates, padded to 48
// rows.
//
// The floor: 10.8 M multiply-adds a candidate and step, 0.97 TFLOP a plan: 1 ms at an H200's dense bfloat16
// peak of 990 TFLOP/s, which mma.sync reaches about 0.6 of; with 48 rows for 38, 2.1 ms. Weights are 21.6 MB,
// and every team reads them once a frame, a block its sixteenth: 1.35 MB, 34 µs at 40 B/ns from L2, 5 ms a
// plan, which hides behind the rest only as far as the weights are staged. Between blocks go, a frame, 12
// times 38 rows of 192 sums and operands: 0.9 MB a block, and 27 barriers.
//
// Not measured: this has not yet run on a GPU.
#include "device_team.cuh"
#include "search_block.hpp"
#include "token_kernel.cuh"
#include "token_rollout_block.hpp"

namespace wm::gpu {
namespace {

template <bool kClustered>
__global__ void __launch_bounds__(kThreads) token_kernel(const __grid_constant__ TokenProblem problem) {
  extern __shared__ __align__(16) char memory[];
  DeviceTeam<kClustered> exec(problem);
  char* const inbox =
      kClustered ? memory + carve(problem, nullptr).bytes : problem.inboxes + blockIdx.x * exec.inbox_bytes;
  TokenRolloutBlock<DeviceTeam<kClustered>> rollout(exec, problem, memory, inbox);
  SearchBlock<DeviceTeam<kClustered>, TokenRolloutBlock<DeviceTeam<kClustered>>> search(exec, problem,
                                                                                        rollout);
  search.run();
  exec.team_barrier();  // nobody leaves while a teammate may write to its inbox
}

auto kernel_of(const Shape& shape) { return shape.clustered ? token_kernel<true> : token_kernel<false>; }

int attribute(cudaDeviceAttr name, const char* what) {
  int device = 0;
  int value = 0;
  check(cudaGetDevice(&device), "no CUDA device");
  check(cudaDeviceGetAttribute(&value, name, device), what);
  return value;
}

// A launch of so many teams, with what it points to.
struct Launch {
  cudaLaunchAttribute attributes[2];
  cudaLaunchConfig_t config = {};

  Launch(const Shape& shape, int teams, std::size_t bytes, cudaStream_t stream) {
    attributes[0].id = cudaLaunchAttributeCooperative;
    attributes[0].val.cooperative = 1;
    attributes[1].id = cudaLaunchAttributeClusterDimension;
    attributes[1].val.clusterDim.x = static_cast<unsigned>(shape.members);
    attributes[1].val.clusterDim.y = attributes[1].val.clusterDim.z = 1;
    config.gridDim = dim3(static_cast<unsigned>(teams * shape.members));
    config.blockDim = dim3(kThreads);
    config.dynamicSmemBytes = bytes;
    config.stream = stream;
    config.attrs = attributes;
    config.numAttrs = is_cluster(shape) ? 2 : 1;
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  static bool is_cluster(const Shape& shape) { return shape.clustered && shape.members > 1; }
};

// May be refused: a cluster of more than 8 blocks is not promised by the architecture.
bool prepare(const Shape& shape, std::size_t bytes) {
  const auto kernel = kernel_of(shape);
  const bool has_memory = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                               static_cast<int>(bytes)) == cudaSuccess;
  const bool has_cluster =
      !Launch::is_cluster(shape) ||
      cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1) == cudaSuccess;
  return has_memory && has_cluster;
}

int teams_at_once(const Shape& shape, std::size_t bytes) {
  int count = 0;
  bool known = prepare(shape, bytes);
  if (known && Launch::is_cluster(shape)) {
    Launch launch(shape, 1, bytes, nullptr);
    launch.config.attrs = &launch.attributes[1];  // the question is of clusters alone
    launch.config.numAttrs = 1;
    known = cudaOccupancyMaxActiveClusters(&count, kernel_of(shape), &launch.config) == cudaSuccess;
  } else if (known) {
    known = cudaOccupancyMaxActiveBlocksPerMultiprocessor(&count, kernel_of(shape), kThreads, bytes) ==
            cudaSuccess;
    count = count * attribute(cudaDevAttrMultiProcessorCount, "multiprocessors") / shape.members;
  }
  if (known) return count;
  cudaGetLastError();  // a refusal is an answer, not an error of the next call
  return 0;
}

}  // namespace

Device this_device() {
  const int bytes = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, "shared memory");
  const bool clusters = attribute(cudaDevAttrClusterLaunch, "clusters") != 0;
  return {static_cast<std::size_t>(bytes), clusters, teams_at_once};
}

void launch_search(const TokenProblem& problem, cudaStream_t stream) {
  const Shape& shape = problem.shape;
  const std::size_t bytes = shared_bytes(problem, shape);
  if (!prepare(shape, bytes)) check(cudaGetLastError(), "shared memory of the search");
  const Launch launch(shape, shape.teams, bytes, stream);
  check(cudaLaunchKernelEx(&launch.config, kernel_of(shape), problem), "launching the search");
}

}  // namespace wm::gpu
