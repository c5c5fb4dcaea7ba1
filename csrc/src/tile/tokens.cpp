// Compiled once for each instruction set, as tile.cpp is: a tile of candidates by the transformer predictor.
//
// A frame costs a candidate about N blocks (W (4 I + 2 M)) multiply-adds, and attention N² C I blocks beside
// them. Memory: a tile's candidates go in groups of kLanes / N, at least one, and a group keeps its own keys
// and values alone: blocks · H · N · 2 I numbers a candidate, 203 MB at 24 blocks, 8 steps, 258 rows, I 1024,
// bfloat16.
#include "costs.hpp"
#include "draw.hpp"
#include "token_step.hpp"

#define WM_JOIN(prefix, name) prefix##name
#define WM_SYMBOL(prefix, name) WM_JOIN(prefix, name)

namespace wm {

void WM_SYMBOL(noise_, WM_ISA)(std::uint64_t, std::uint32_t, std::uint32_t, std::size_t, float*);
std::size_t WM_SYMBOL(observed_size_, WM_ISA)(const TokenJob& job);
std::size_t WM_SYMBOL(token_workspace_, WM_ISA)(const TokenJob& job);
void WM_SYMBOL(observe_, WM_ISA)(const TokenJob& job, float* workspace);
void WM_SYMBOL(draw_tokens_, WM_ISA)(const TokenJob& job, std::size_t first, float* workspace);
void WM_SYMBOL(tokens_, WM_ISA)(const TokenJob& job, std::size_t first, float* workspace);
std::size_t WM_SYMBOL(token_group_, WM_ISA)(const PackedTokens& p);

}  // namespace wm

namespace {

struct TokenWorkspace {
  float* actions;  // ((1 + H) nu, kLanes), a group's, the newest past one first
  float* latents;  // two of (L, kLanes)
  TokenScratch scratch;
  CostAdder costs;
  Kept* kept;
  std::size_t size;
};

std::size_t kept_floats(const wm::PackedTokens& p, std::size_t candidates, std::size_t frames) {
  const std::size_t cells = candidates * p.blocks.size * frames * 2 * p.rows * p.heads * p.head;
  return (cells * sizeof(Kept) + sizeof(float) - 1) / sizeof(float);
}

std::size_t group_size(const wm::PackedTokens& p) { return p.rows < kLanes ? kLanes / p.rows : 1; }

std::size_t largest(std::size_t a, std::size_t b) { return a > b ? a : b; }

TokenWorkspace carve_tokens(const wm::TokenJob& job, float* base) {
  const wm::PackedTokens& p = *job.predictor;
  const std::size_t inner = p.heads * p.head, horizon = job.actions.horizon;
  const std::size_t columns = (group_size(p) * p.rows + kLanes - 1) / kLanes * kLanes;
  std::size_t used = 0;
  const auto floats = [&](std::size_t count) {
    float* const start = base == nullptr ? nullptr : base + used;
    used += (count + kLanes - 1) / kLanes * kLanes;
    return start;
  };
  const auto take = [&](std::size_t features) { return floats(features * kLanes); };
  const auto operand = [&](std::size_t features) {
    return static_cast<Operand*>(static_cast<void*>(take(features + features % 2)));
  };
  const std::size_t head_width = widest_head(job.terms);
  const std::size_t entries = largest(p.latent, largest(p.nu, p.embedding));
  TokenWorkspace w{};
  w.actions = take((1 + horizon) * p.nu);
  w.latents = take(2 * p.latent);
  w.scratch.window = operand(entries);
  w.scratch.condition = operand(p.embedding);
  w.scratch.normed = operand(largest(p.width, p.embedding));
  w.scratch.hidden = operand(largest(p.hidden, inner));
  w.scratch.rows = take(p.patch);
  w.scratch.modulation = take(p.embedding == 0 ? 0 : 6 * p.width);
  w.scratch.stream = floats(columns * p.width);
  w.scratch.qkv = floats(columns * qkv_stride(p));
  w.scratch.read = floats(columns * read_stride(p));
  w.scratch.scores = floats(p.context * p.rows);
  w.costs.total = take(1);
  w.costs.front = operand(head_width);
  w.costs.back = operand(head_width);
  w.kept = static_cast<Kept*>(static_cast<void*>(floats(kept_floats(p, group_size(p), horizon))));
  w.size = used;
  return w;
}

Memory observed_memory(const wm::TokenJob& job) {
  return {static_cast<Kept*>(static_cast<void*>(job.observed)), job.predictor->history - 1};
}

// Each candidate's own actions, from tiles (H nu, kLanes) to the group's lanes; zeros beyond.
void copy_actions(const wm::TokenJob& job, std::size_t first, std::size_t count, float* actions) {
  const std::size_t size = job.actions.horizon * job.actions.nu;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::size_t k = first + lane;
    const float* const from = job.tried + k / kLanes * size * kLanes + k % kLanes;
    for (std::size_t i = 0; i < size; ++i)
      actions[i * kLanes + lane] = lane < count ? from[i * kLanes] : 0.0F;
  }
}

// Rolls candidates first … first + count − 1.
void run_group(const wm::TokenJob& job, std::size_t first, std::size_t count, const TokenWorkspace& w) {
  const wm::PackedTokens& p = *job.predictor;
  const std::size_t horizon = job.actions.horizon, before = p.history - 1;
  const Group group{count, count * p.rows, observed_memory(job), {w.kept, horizon}};
  const auto action = [&](std::size_t i) { return w.actions + i * p.nu * kLanes; };
  if (before > 0) broadcast(job.past_actions.data + (before - 1) * p.nu, p.nu, action(0));
  copy_actions(job, first, count, action(1));
  float* latent = w.latents;
  float* next = w.latents + p.latent * kLanes;
  broadcast(job.latents.data + before * p.latent, p.latent, latent);
  for (std::size_t v = 0; v < kLanes; v += kWidth) store(w.costs.total + v, Vec{});

  for (std::size_t t = 0; t < horizon; ++t) {
    const float* const turns = job.turns + (before + t) * p.rows * p.head;
    step_frame(p, group, before + t, turns, latent, action(t + 1), next, w.scratch);
    if (job.costs != nullptr) {
      const float* const previous = before + t > 0 ? action(t) : nullptr;
      const Operand* const operand = as_operand(next, p.latent, w.scratch.window);
      add_costs(job.terms, StepView{t, next, operand, previous, action(t + 1), p.nu}, w.costs);
    }
    for (std::size_t g = 0; job.imagined != nullptr && g < count; ++g) {
      float* const out = job.imagined + ((first + g) * horizon + t) * p.latent;
      for (std::size_t i = 0; i < p.latent; ++i) out[i] = next[i * kLanes + g];
    }
    float* const swapped = latent;
    latent = next;
    next = swapped;
  }
  for (std::size_t g = 0; job.costs != nullptr && g < count; ++g) job.costs[first + g] = w.costs.total[g];
}

}  // namespace

namespace wm {

std::size_t WM_SYMBOL(observed_size_, WM_ISA)(const TokenJob& job) {
  return kept_floats(*job.predictor, 1, job.predictor->history - 1);
}

std::size_t WM_SYMBOL(token_group_, WM_ISA)(const PackedTokens& p) { return group_size(p); }

std::size_t WM_SYMBOL(token_workspace_, WM_ISA)(const TokenJob& job) {
  const std::size_t white = job.draw == nullptr ? 0 : (job.draw->knots * job.actions.nu + 3) / 4 * 4 * kLanes;
  return largest(white, carve_tokens(job, nullptr).size);
}

void WM_SYMBOL(observe_, WM_ISA)(const TokenJob& job, float* workspace) {
  const PackedTokens& p = *job.predictor;
  const TokenWorkspace w = carve_tokens(job, workspace);
  const Multiplying multiplying;
  const Group group{1, p.rows, {nullptr, 0}, observed_memory(job)};
  for (std::size_t f = 0; f < job.past_actions.rows; ++f) {
    broadcast(job.latents.data + f * p.latent, p.latent, w.latents);
    broadcast(job.past_actions.data + f * p.nu, p.nu, w.actions);
    step_frame(p, group, f, job.turns + f * p.rows * p.head, w.latents, w.actions,
               w.latents + p.latent * kLanes, w.scratch);
  }
}

void WM_SYMBOL(draw_tokens_, WM_ISA)(const TokenJob& job, std::size_t first, float* workspace) {
  const std::size_t size = job.actions.horizon * job.actions.nu;
  float* const tried = job.tried + first * size;
  const std::size_t left = job.actions.samples - first;
  if (job.draw == nullptr) {
    load_actions(job.actions, first, left < kLanes ? left : kLanes, tried);
  } else {
    draw_candidates(*job.draw, WM_SYMBOL(noise_, WM_ISA), first, job.actions.horizon, job.actions.nu,
                    workspace, tried);
  }
}

void WM_SYMBOL(tokens_, WM_ISA)(const TokenJob& job, std::size_t first, float* workspace) {
  const std::size_t left = job.actions.samples - first, size = group_size(*job.predictor);
  const Multiplying multiplying;
  run_group(job, first, left < size ? left : size, carve_tokens(job, workspace));
}

}  // namespace wm
