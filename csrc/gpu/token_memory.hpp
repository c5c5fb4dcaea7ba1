// Where a team keeps what: in each block's own memory, in its inbox, and in memory of the whole team.
#pragma once

#include "terms_block.hpp"
#include "token_layout.hpp"

namespace wm::gpu {

WM_HOST_DEVICE inline int ceil_div(int a, int b) { return (a + b - 1) / b; }
WM_HOST_DEVICE inline int larger(int a, int b) { return a > b ? a : b; }
WM_HOST_DEVICE inline int smaller(int a, int b) { return a < b ? a : b; }

// Divides by one number again and again: n / value for n · value < 2³¹, in two instructions of a GPU.
struct Divisor {
  int value = 1;
  std::uint32_t reciprocal = 0;

  WM_HOST_DEVICE explicit Divisor(int by)
      : value(by), reciprocal((1U << 31) / static_cast<unsigned>(by) + 1) {}
  WM_HOST_DEVICE int quotient(int n) const {
    return static_cast<int>(static_cast<std::uint64_t>(static_cast<std::uint32_t>(n)) * reciprocal >> 31);
  }
  WM_HOST_DEVICE int remainder(int n) const { return n - quotient(n) * value; }
};

// Words of a layer's fragments.
WM_HOST_DEVICE inline int fragment_words(int rows, int cols) {
  return ceil_div(rows, 8) * ceil_div(cols, 16) * 64;
}

// Entries of a row of floats, so that pairs are aligned.
WM_HOST_DEVICE inline int even(int n) { return n + n % 2; }

// Frames that a candidate's own keys and values are kept of.
WM_HOST_DEVICE inline int kept_frames(const TokenProblem& problem) {
  return smaller(problem.predictor.context, problem.settings.horizon);
}

// Rows that a row may see.
WM_HOST_DEVICE inline int most_keys(const TokenProblem& problem) {
  const TokenPredictor& p = problem.predictor;
  return smaller(p.context, p.history - 1 + problem.settings.horizon) * p.rows;
}

// Cuts memory into arrays of 16-byte pieces; with a null base it only counts.
struct Carver {
  char* base = nullptr;
  std::size_t bytes = 0;

  template <class T>
  WM_HOST_DEVICE T* take(std::size_t count) {
    T* const at = reinterpret_cast<T*>(base + bytes);
    bytes += (count * sizeof(T) + 15) / 16 * 16;
    return at;
  }
  // `rows` of an operand.
  WM_HOST_DEVICE Bf16* operand(int rows, int entries) {
    return take<Bf16>(static_cast<std::size_t>(rows) * padded(entries));
  }
  WM_HOST_DEVICE float* floats(int rows, int entries) {
    return take<float>(static_cast<std::size_t>(rows) * entries);
  }
};

// A block's own. R rows of the group's frames, of which it owns R / members.
struct TokenMemory {
  float* queries = nullptr;  // (R, d), of the head at work
  float* scores = nullptr;   // (R, most_keys)
  Bf16* read = nullptr;      // (R, d)
  Bf16* hidden = nullptr;    // (R, units)
  Bf16* operand = nullptr;   // (R, D or E)
  Bf16* near = nullptr;      // (R, W), where the inbox is far
  float* stream = nullptr;   // (owned, even W): h
  Bf16* normed = nullptr;    // (owned, W)
  // One after the other: weights; a tile's actions and their embedding; a tile of terms.
  std::uint32_t* weights = nullptr;
  Bf16* actions = nullptr;    // (kTile, nu)
  Bf16* embedding = nullptr;  // (kTile, E)
  TermsMemory terms;
  char* shared = nullptr;  // where these three begin
  std::size_t shared_bytes = 0;
  std::size_t bytes = 0;
};

WM_HOST_DEVICE inline TokenMemory carve(const TokenProblem& problem, char* base) {
  const TokenPredictor& p = problem.predictor;
  const Shape& shape = problem.shape;
  const int owned = ceil_div(shape.rows, shape.members);
  Carver all{base};
  TokenMemory m;
  m.queries = all.floats(shape.rows, p.head);
  m.scores = all.floats(shape.rows, most_keys(problem));
  m.read = all.operand(shape.rows, p.head);
  m.hidden = all.operand(shape.rows, p.units);
  m.operand = all.operand(shape.rows, larger(p.patch, p.embedding));
  m.near = all.operand(shape.clustered ? 0 : shape.rows, p.width);
  m.stream = all.floats(owned, even(p.width));
  m.normed = all.operand(owned, p.width);
  m.shared = base + all.bytes;
  Carver weights{m.shared};
  const int attention = fragment_words(3 * p.head, p.width) + fragment_words(p.width, p.head);
  const int feed = fragment_words(p.units, p.width) + fragment_words(p.width, p.units);
  m.weights = weights.take<std::uint32_t>(shape.staged ? larger(attention, feed) : 0);
  Carver conditions{m.shared};
  m.actions = conditions.operand(p.embedding > 0 ? kTile : 0, p.nu);
  m.embedding = conditions.operand(p.embedding > 0 ? kTile : 0, p.embedding);
  Carver terms{m.shared};
  m.terms.reading = terms.floats(kTile, problem.terms.widest_reading);
  m.terms.costs = terms.floats(kTile, 1);
  m.terms.window = terms.operand(problem.terms.multiplies ? kTile : 0, p.latent);
  m.terms.front = terms.operand(kTile, problem.terms.widest_head);
  m.terms.back = terms.operand(kTile, problem.terms.widest_head);
  m.shared_bytes = weights.bytes > conditions.bytes ? weights.bytes : conditions.bytes;
  if (terms.bytes > m.shared_bytes) m.shared_bytes = terms.bytes;
  m.bytes = all.bytes + m.shared_bytes;
  return m;
}

// What teammates write for a block to read after the team's barrier.
struct Inbox {
  float* partial = nullptr;  // (owned, members, even W): each member's part of a sum
  Bf16* normed = nullptr;    // (R, W): the operand of the next half
  std::size_t bytes = 0;
};

WM_HOST_DEVICE inline Inbox carve_inbox(const TokenProblem& problem, char* base) {
  const Shape& shape = problem.shape;
  Carver all{base};
  Inbox inbox;
  inbox.partial =
      all.floats(ceil_div(shape.rows, shape.members) * shape.members, even(problem.predictor.width));
  inbox.normed = all.operand(shape.rows, problem.predictor.width);
  inbox.bytes = all.bytes;
  return inbox;
}

// A team's, in global memory.
struct TeamMemory {
  float* actions = nullptr;     // (candidates, H, nu)
  float* latents = nullptr;     // (candidates, H, L), after each action
  float* prices = nullptr;      // (candidates, H)
  float* costs = nullptr;       // (candidates,)
  Bf16* conditions = nullptr;   // (candidates H or T − 1, E), as operands
  float* modulation = nullptr;  // (R, blocks 6 W), rows of whole fragments
  Bf16* kept = nullptr;         // keys and values (blocks, heads, candidates, kept_frames, 2, N, d)
  std::size_t bytes = 0;
};

WM_HOST_DEVICE inline int modulation_stride(const TokenPredictor& p) {
  return ceil_div(p.blocks * 6 * p.width, 8) * 8;
}

WM_HOST_DEVICE inline TeamMemory carve_team(const TokenProblem& problem, char* base) {
  const TokenPredictor& p = problem.predictor;
  const int candidates = problem.shape.candidates;
  const int steps = candidates * problem.settings.horizon;
  Carver all{base};
  TeamMemory team;
  team.actions = all.floats(steps, p.nu);
  team.latents = all.floats(steps, p.latent);
  team.prices = all.floats(steps, 1);
  team.costs = all.floats(candidates, 1);
  if (p.embedding > 0) {
    team.conditions = all.operand(larger(steps, p.history - 1), p.embedding);
    team.modulation = all.floats(problem.shape.rows, modulation_stride(p));
  }
  team.kept = all.take<Bf16>(std::size_t{2} * p.blocks * p.heads * candidates * kept_frames(problem) *
                             p.rows * p.head);
  team.bytes = all.bytes;
  return team;
}

}  // namespace wm::gpu
