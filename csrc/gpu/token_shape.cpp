#include "token_shape.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "token_memory.hpp"

namespace wm::gpu {
namespace {

constexpr int kMostRows = 48;     // DeviceTeam::matmul's
constexpr int kMostMembers = 16;  // of a cluster

// Assumed of one multiprocessor of an H100 or H200 while the others do the same.
constexpr double kBytesPerNs = 40.0;       // from L2
constexpr double kProductsPerNs = 2000.0;  // multiply-adds by mma.sync
constexpr double kClusterBarrierNs = 500.0, kGlobalBarrierNs = 1500.0, kBlockBarrierNs = 100.0;

double block_weights(const TokenPredictor& p) {
  const double inner = static_cast<double>(p.heads) * p.head;
  const double attention = (3.0 * inner + inner) * p.width;
  const double modulation = 6.0 * p.width * p.embedding;
  return attention + 2.0 * p.width * p.hidden + modulation;
}

// `candidates` of a group and the teams that are needed, of at most `teams`.
Shape filled(Shape shape, int teams, int rows_each, int candidates) {
  const int most = shape.rows / rows_each;
  const int passes = ceil_div(candidates, teams * most);
  shape.candidates = ceil_div(candidates, teams * passes);
  shape.teams = std::min(teams, ceil_div(candidates, shape.candidates));
  return shape;
}

std::vector<Shape> shapes_of(const TokenPredictor& p, const Device& device) {
  std::vector<int> sizes;
  for (int members = 1; members <= std::min(p.heads, kMostMembers); ++members) {
    const bool power = (members & (members - 1)) == 0;
    if (power || members == p.heads) sizes.push_back(members);
  }
  std::vector<Shape> shapes;
  for (const int members : sizes) {
    for (const int rows : {kMostRows, kTile}) {
      if (rows < p.rows) continue;
      for (const bool staged : {true, false}) {
        for (const bool clustered : {true, false}) {
          if (staged && members != p.heads) continue;  // there is room for one slice
          if (clustered && members > 1 && !device.clusters) continue;
          shapes.push_back({members, 1, rows, rows / p.rows, staged, clustered});
        }
      }
    }
  }
  return shapes;
}

}  // namespace

std::size_t shared_bytes(const TokenProblem& problem, const Shape& shape) {
  TokenProblem cut = problem;
  cut.shape = shape;
  const std::size_t inbox = shape.clustered ? carve_inbox(cut, nullptr).bytes : 0;
  return carve(cut, nullptr).bytes + inbox;
}

double frame_ns(const TokenPredictor& p, const Shape& shape) {
  const double slices = static_cast<double>(ceil_div(p.heads, shape.members)) / p.heads;
  const double weights = slices * (p.blocks * block_weights(p) + 2.0 * p.width * p.patch);
  const double load = 2.0 * weights / kBytesPerNs;
  const double multiply = weights * shape.rows / kProductsPerNs;
  // A half: sums to their owners and from their inboxes, operands to every inbox and, if far, from there.
  const double row_bytes = p.width * (4.0 + 4.0 + 2.0 + (shape.clustered ? 0.0 : 2.0));
  const double rows = static_cast<double>(shape.candidates) * p.rows;
  const double exchange = shape.members == 1 ? 0.0 : 2.0 * p.blocks * rows * row_bytes / kBytesPerNs;
  const double barrier =
      shape.members == 1 ? kBlockBarrierNs : (shape.clustered ? kClusterBarrierNs : kGlobalBarrierNs);
  const double rest = multiply + exchange + (4.0 * p.blocks + 3.0) * barrier;
  return shape.staged ? std::max(load, rest) : load + rest;
}

Shape choose_shape(const TokenProblem& problem, int most_candidates, const Device& device) {
  const TokenPredictor& p = problem.predictor;
  if (p.rows > kMostRows) {
    throw std::runtime_error("a frame of " + std::to_string(p.rows) + " rows is more than the " +
                             std::to_string(kMostRows) + " that a team of blocks takes");
  }
  Shape best;
  double least_ns = std::numeric_limits<double>::infinity();
  std::size_t least_bytes = std::numeric_limits<std::size_t>::max();
  for (const Shape& shape : shapes_of(p, device)) {
    const std::size_t bytes = shared_bytes(problem, shape);
    least_bytes = std::min(least_bytes, bytes);
    if (bytes > device.block_bytes) continue;
    const int teams = device.teams(shape, bytes);
    if (teams == 0) continue;
    const Shape cut = filled(shape, teams, p.rows, most_candidates);
    const double ns = ceil_div(most_candidates, cut.teams * cut.candidates) * frame_ns(p, cut);
    if (ns < least_ns) {
      least_ns = ns;
      best = cut;
    }
  }
  if (least_ns == std::numeric_limits<double>::infinity()) {
    throw std::runtime_error("this transformer needs " + std::to_string(least_bytes) +
                             " bytes of shared memory a block, but the GPU has " +
                             std::to_string(device.block_bytes));
  }
  return best;
}

}  // namespace wm::gpu
