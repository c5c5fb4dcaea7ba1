// Compiled once for each instruction set, with WM_ISA naming it: the whole work of one tile.
//
// Shapes: a tile rolls kLanes candidates over H steps. Per step and candidate the predictor costs about
//   T L W + E (T nu + E) + blocks (3 W E + 2 W M) + W L   multiply-adds,
// which is the floor; the element-wise rest (LayerNorm, GELU, costs) is read and written in L1 or L2.
// Weights stream from L2 or L3 once a tile and step: kPanelRows floats for kPanelRows * kVectors vector
// multiply-adds, so that stream stays below 4 bytes a cycle even where two of these issue each cycle.
//
// Measured on one Zen 4 core with AVX-512, W 256 and 512, K 64 to 512: 100 to 109 GFLOP/s, in 0.6 to 0.95 of
// the time that torch.mm takes for the products alone (`wmr bench` repeats it; the spread is the machine's).
// Four vectors by six rows did the same; two by twelve makes smaller tiles, which share out evenly.
#include "costs.hpp"
#include "draw.hpp"
#include "step.hpp"

#define WM_QUOTE(name) #name
#define WM_STRING(name) WM_QUOTE(name)
#define WM_JOIN(prefix, name) prefix##name
#define WM_SYMBOL(prefix, name) WM_JOIN(prefix, name)

namespace wm {

// In noise.cpp, which is compiled without fused multiply-adds.
void WM_SYMBOL(noise_, WM_ISA)(std::uint64_t, std::uint32_t, std::uint32_t, std::size_t, float*);
// In pendulum.cpp.
std::size_t WM_SYMBOL(pendulum_workspace_, WM_ISA)(const PendulumJob&);
void WM_SYMBOL(pendulum_, WM_ISA)(const PendulumJob&, std::size_t, float*);
// In tokens.cpp.
std::size_t WM_SYMBOL(observed_size_, WM_ISA)(const TokenJob&);
std::size_t WM_SYMBOL(token_workspace_, WM_ISA)(const TokenJob&);
std::size_t WM_SYMBOL(token_group_, WM_ISA)(const PackedTokens&);
void WM_SYMBOL(observe_, WM_ISA)(const TokenJob&, float*);
void WM_SYMBOL(draw_tokens_, WM_ISA)(const TokenJob&, std::size_t, float*);
void WM_SYMBOL(tokens_, WM_ISA)(const TokenJob&, std::size_t, float*);

}  // namespace wm

namespace {

struct Workspace {
  float* latents;  // ring of T slots (L, kLanes); latent i of history and future is in slot i mod T
  float* actions;  // ((T − 1 + H) nu, kLanes), past ones first
  Scratch scratch;
  CostAdder costs;
  float* white;  // ((M nu), rounded up to fours, kLanes), where candidates are drawn
  std::size_t size;
};

Workspace carve(const wm::Job& job, float* base) {
  const wm::PackedPredictor& p = *job.predictor;
  const std::size_t head_width = widest_head(job.terms);
  std::size_t used = 0;
  const auto take = [&](std::size_t features) {
    float* const start = base == nullptr ? nullptr : base + used;
    used += features * kLanes;
    return start;
  };
  // As many words as float32 would need, twice what bfloat16 does.
  const auto operand = [&](std::size_t features) {
    return static_cast<Operand*>(static_cast<void*>(take(features + features % 2)));
  };
  Workspace w{};
  w.latents = take(p.history * p.latent);
  w.actions = take((p.history - 1 + job.actions.horizon) * p.nu);
  w.scratch.window = operand(p.latent > p.history * p.nu ? p.latent : p.history * p.nu);
  w.scratch.condition = operand(p.embedding);
  w.scratch.embedding = operand(p.embedding);
  w.scratch.normed = operand(p.width);
  w.scratch.hidden = operand(p.hidden);
  w.scratch.modulation = take(3 * p.width);
  w.scratch.stream = take(p.width);
  w.costs.total = take(1);
  w.costs.front = operand(head_width);
  w.costs.back = operand(head_width);
  w.white = take(job.draw == nullptr ? 0 : (job.draw->knots * p.nu + 3) / 4 * 4);
  w.size = used;
  return w;
}

// h = shared part + Σ_j W_j z over the latents of the window that were predicted, not observed.
inline void read_window(const wm::Job& job, std::size_t t, const float* latents, const Scratch& s) {
  const wm::PackedPredictor& p = *job.predictor;
  const std::size_t T = p.history;
  broadcast(job.shared + (t < T ? t : T) * p.width, p.width, s.stream);
  for (std::size_t j = t < T ? T - t : 0; j < T; ++j) {
    const Operand* const z = as_operand(latents + (t + j) % T * p.latent * kLanes, p.latent, s.window);
    linear(p.input.data[j], z, [&](std::size_t i, std::size_t lane, Vec y) {
      float* const at = s.stream + i * kLanes + lane;
      store(at, load(at) + y);
    });
  }
}

void weigh(const float* drawn, const float* weights, std::size_t tiles, std::size_t size, double* sums) {
  for (std::size_t i = 0; i < size; ++i) sums[i] = 0.0;
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    for (std::size_t i = 0; i < size; ++i) {
      Vec sum{};
      for (std::size_t v = 0; v < kLanes; v += kWidth) {
        sum += load(weights + tile * kLanes + v) * load(drawn + (tile * size + i) * kLanes + v);
      }
      sums[i] += total(sum);
    }
  }
}

std::size_t workspace_size(const wm::Job& job) { return carve(job, nullptr).size; }

void run(const wm::Job& job, std::size_t first, float* workspace) {
  const wm::PackedPredictor& p = *job.predictor;
  const Workspace w = carve(job, workspace);
  const Multiplying multiplying;
  const std::size_t T = p.history;
  const std::size_t horizon = job.actions.horizon;
  const std::size_t left = job.actions.samples - first;
  const std::size_t count = left < kLanes ? left : kLanes;
  const auto slot = [&](std::size_t i) { return w.latents + i % T * p.latent * kLanes; };
  const auto action = [&](std::size_t i) { return w.actions + i * p.nu * kLanes; };

  broadcast(job.past_actions.data, job.past_actions.rows * p.nu, w.actions);
  float* const future = action(T - 1);
  if (job.draw == nullptr) {
    load_actions(job.actions, first, count, future);
  } else {
    draw_candidates(*job.draw, wm::WM_SYMBOL(noise_, WM_ISA), first, horizon, p.nu, w.white, future);
  }
  broadcast(job.latents.data + (T - 1) * p.latent, p.latent, slot(T - 1));
  for (std::size_t v = 0; v < kLanes; v += kWidth) store(w.costs.total + v, Vec{});

  for (std::size_t t = 0; t < horizon; ++t) {
    read_window(job, t, w.latents, w.scratch);
    embed_actions(p, action(t), w.scratch);
    for (std::size_t i = 0; i < p.blocks.size; ++i) apply_block(p.blocks.data[i], p.width, w.scratch);
    const float* const latent = slot(t + T);
    read_out(p, slot(t + T - 1), slot(t + T), w.scratch);

    const float* const before = t + T >= 2 ? action(t + T - 2) : nullptr;
    if (job.costs != nullptr) {
      const Operand* const operand = as_operand(latent, p.latent, w.scratch.window);
      add_costs(job.terms, StepView{t, latent, operand, before, action(t + T - 1), p.nu}, w.costs);
    }

    if (job.imagined == nullptr) continue;
    for (std::size_t lane = 0; lane < count; ++lane) {
      float* const out = job.imagined + ((first + lane) * horizon + t) * p.latent;
      for (std::size_t i = 0; i < p.latent; ++i) out[i] = latent[i * kLanes + lane];
    }
  }
  if (job.costs == nullptr) return;
  for (std::size_t lane = 0; lane < count; ++lane) job.costs[first + lane] = w.costs.total[lane];
}

}  // namespace

namespace wm {

extern const TileKernel WM_SYMBOL(kernel_, WM_ISA);
const TileKernel WM_SYMBOL(kernel_, WM_ISA) = {WM_STRING(WM_ISA),
                                               kLanes,
                                               kPanelRows,
                                               kGroup,
                                               kDepth,
                                               workspace_size,
                                               weigh,
                                               run,
                                               WM_SYMBOL(pendulum_workspace_, WM_ISA),
                                               WM_SYMBOL(pendulum_, WM_ISA),
                                               WM_SYMBOL(observed_size_, WM_ISA),
                                               WM_SYMBOL(token_workspace_, WM_ISA),
                                               WM_SYMBOL(token_group_, WM_ISA),
                                               WM_SYMBOL(observe_, WM_ISA),
                                               WM_SYMBOL(draw_tokens_, WM_ISA),
                                               WM_SYMBOL(tokens_, WM_ISA)};

}  // namespace wm
