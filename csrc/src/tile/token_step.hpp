// One frame of the transformer predictor for a group of candidates.
//
// A column is one row of one candidate's frame: column c is row c mod N of candidate c / N. Columns are the
// SIMD lanes of every product, kLanes at a time; candidates are the lanes of latents, actions and costs. So a
// product is as full with 256 tokens of one candidate as with one token of 32.
#pragma once

#include "attention.hpp"
#include "step.hpp"
#include "wm/tokens.hpp"

namespace {

// Keys and values (candidates, blocks, frames, 2, N, I) of a group, or of what was observed.
struct Memory {
  Kept* cells;
  std::size_t frames;

  Kept* at(const wm::PackedTokens& p, std::size_t candidate, std::size_t block, std::size_t frame) const {
    const std::size_t size = p.rows * p.heads * p.head;
    return cells + ((candidate * p.blocks.size + block) * frames + frame) * 2 * size;
  }
};

// Between rows that are written column by column: a power of two would put them all in one set of the cache.
constexpr std::size_t kApart = 16;

inline std::size_t qkv_stride(const wm::PackedTokens& p) { return 3 * p.heads * p.head + kApart; }
inline std::size_t read_stride(const wm::PackedTokens& p) { return p.heads * p.head + kApart; }

struct TokenScratch {
  Operand* window;     // (max(L, nu, E),)
  Operand* condition;  // (E,)
  Operand* normed;     // (W,)
  Operand* hidden;     // (max(M, I),)
  float* rows;         // (D, kLanes)
  float* modulation;   // (6 W,)
  float* stream;       // for each kLanes columns (W, kLanes)
  float* qkv;          // (columns, 3 I), rows `qkv_stride` apart
  float* read;         // (columns, I), rows `read_stride` apart
  float* scores;       // (C N,)
};

struct Group {
  std::size_t candidates;
  std::size_t columns;  // candidates N
  Memory observed;      // of one candidate, `frames` of them before the group's own
  Memory own;
};

inline void embed_rows(const wm::PackedTokens& p, const Group& group, const float* latent,
                       const float* action, const TokenScratch& s) {
  const std::size_t first_patch = p.rows - p.patches;
  for (std::size_t first = 0; first < group.columns; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t column = first + lane;
      const std::size_t row = column % p.rows;
      const bool is_patch = column < group.columns && row >= first_patch;
      const float* const from =
          latent + (p.state + (is_patch ? row - first_patch : 0) * p.patch) * kLanes + column / p.rows;
      for (std::size_t i = 0; i < p.patch; ++i)
        s.rows[i * kLanes + lane] = is_patch ? from[i * kLanes] : 0.0F;
    }
    float* const stream = s.stream + first * p.width;
    linear(p.input, as_operand(s.rows, p.patch, s.window),
           [&](std::size_t i, std::size_t lane, Vec y) { store(stream + i * kLanes + lane, y); });
  }
  // y of candidate lanes becomes row `row` of each candidate.
  const auto put = [&](std::size_t row, std::size_t i, std::size_t lane, Vec y) {
    for (std::size_t v = 0; v < kWidth && lane + v < group.candidates; ++v) {
      const std::size_t column = (lane + v) * p.rows + row;
      s.stream[column / kLanes * kLanes * p.width + i * kLanes + column % kLanes] = y[v];
    }
  };
  const Operand* const acted = as_operand(action, p.nu, s.window);
  if (p.embedding == 0) {
    linear(p.action, acted, [&](std::size_t i, std::size_t lane, Vec y) { put(0, i, lane, y); });
  } else {
    linear(p.action, acted, [&](std::size_t i, std::size_t lane, Vec y) {
      store_operand(s.normed, i, lane, operand_gelu(y));
    });
    linear(p.action2, s.normed,
           [&](std::size_t i, std::size_t lane, Vec y) { store_operand(s.condition, i, lane, y); });
  }
  if (p.state > 0) {
    linear(p.proprio, as_operand(latent, p.state, s.window),
           [&](std::size_t i, std::size_t lane, Vec y) { put(first_patch - 1, i, lane, y); });
  }
}

// Turns the planes of each head of x (I,) in place; `turns` (d,) has cosine and sine of each plane.
inline void turn(const wm::PackedTokens& p, const float* turns, float* x) {
  for (std::size_t h = 0; h < p.heads; ++h, x += p.head) {
    for (std::size_t j = 0; j < p.head; j += 2) {
      const float even = x[j], odd = x[j + 1];
      x[j] = even * turns[j] - odd * turns[j + 1];
      x[j + 1] = even * turns[j + 1] + odd * turns[j];
    }
  }
}

// LN(x) (1 + scale) + shift as operand; modulation `m` (3 W, kLanes) or null.
inline void normalise(const float* x, std::size_t width, const float* m, Operand* normed) {
  layer_norm(x, width, [&](std::size_t i, std::size_t lane, Vec y) {
    const std::size_t at = i * kLanes + lane;
    store_operand(normed, i, lane,
                  m == nullptr ? y : y * (1.0F + load(m + width * kLanes + at)) + load(m + at));
  });
}

// x += gate (layer y).
inline void add_half(const wm::PackedLinear& layer, const Operand* y, const float* m, float* x) {
  const float* const gate = m == nullptr ? nullptr : m + 2 * layer.rows * kLanes;
  linear(layer, y, [&](std::size_t i, std::size_t lane, Vec added) {
    const std::size_t at = i * kLanes + lane;
    store(x + at, load(x + at) + (gate == nullptr ? added : load(gate + at) * added));
  });
}

// What the frame's columns leave behind, and what they read from all that they see.
inline void attend_all(const wm::PackedTokens& p, const Group& group, std::size_t block, std::size_t frame,
                       const float* turns, const TokenScratch& s) {
  const std::size_t inner = p.heads * p.head, size = p.rows * inner;
  const std::size_t own = frame - group.observed.frames;
  const std::size_t oldest = frame + 1 > p.context ? frame + 1 - p.context : 0;
  const std::size_t first_observed = oldest < group.observed.frames ? oldest : group.observed.frames;
  const std::size_t first_own = oldest - (oldest < group.observed.frames ? oldest : group.observed.frames);
  for (std::size_t column = 0; column < group.columns; ++column) {
    float* const qkv = s.qkv + column * qkv_stride(p);
    turn(p, turns + column % p.rows * p.head, qkv);
    turn(p, turns + column % p.rows * p.head, qkv + inner);
    Kept* const cell = group.own.at(p, column / p.rows, block, own) + column % p.rows * inner;
    for (std::size_t i = 0; i < inner; ++i) cell[i] = keep(qkv[inner + i]);
    for (std::size_t i = 0; i < inner; ++i) cell[size + i] = keep(qkv[2 * inner + i]);
  }
  // Keys and values of a frame lie side by side, so a span is one frame; scores of all frames are softened
  // together.
  for (std::size_t column = 0; column < group.columns; ++column) {
    const std::size_t candidate = column / p.rows;
    for (std::size_t h = 0; h < p.heads; ++h) {
      Attention attention{s.qkv + column * qkv_stride(p) + h * p.head, p.head, s.scores, 0};
      const auto over = [&](auto visit) {
        for (std::size_t f = first_observed; f < group.observed.frames; ++f) {
          visit(group.observed.at(p, 0, block, f) + h * p.head);
        }
        for (std::size_t f = first_own; f <= own; ++f)
          visit(group.own.at(p, candidate, block, f) + h * p.head);
      };
      over([&](const Kept* keys) { attention.score(keys, p.rows, inner); });
      attention.soften();
      float* const out = s.read + column * read_stride(p) + h * p.head;
      for (std::size_t i = 0; i < p.head; ++i) out[i] = 0.0F;
      over([&](const Kept* keys) { attention.add(keys + size, p.rows, inner, out); });
    }
  }
}

inline void apply_token_block(const wm::PackedTokens& p, const Group& group, std::size_t index,
                              std::size_t frame, const float* turns, const TokenScratch& s) {
  const wm::PackedTokenBlock& block = p.blocks.data[index];
  const std::size_t inner = p.heads * p.head;
  const float* const first_half = p.embedding == 0 ? nullptr : s.modulation;
  const float* const second_half = p.embedding == 0 ? nullptr : s.modulation + 3 * p.width * kLanes;
  if (p.embedding > 0) {
    linear(block.modulation, s.condition,
           [&](std::size_t i, std::size_t lane, Vec y) { store(s.modulation + i * kLanes + lane, y); });
  }
  for (std::size_t first = 0; first < group.columns; first += kLanes) {
    normalise(s.stream + first * p.width, p.width, first_half, s.normed);
    linear(block.qkv, s.normed, [&](std::size_t i, std::size_t lane, Vec y) {
      for (std::size_t v = 0; v < kWidth; ++v) s.qkv[(first + lane + v) * qkv_stride(p) + i] = y[v];
    });
  }
  attend_all(p, group, index, frame, turns, s);
  for (std::size_t first = 0; first < group.columns; first += kLanes) {
    float* const stream = s.stream + first * p.width;
    for (std::size_t i = 0; i < inner; ++i) {
      for (std::size_t lane = 0; lane < kLanes; lane += kWidth) {
        Vec y;
        for (std::size_t v = 0; v < kWidth; ++v) y[v] = s.read[(first + lane + v) * read_stride(p) + i];
        store_operand(s.hidden, i, lane, y);
      }
    }
    add_half(block.attention, s.hidden, first_half, stream);
    normalise(stream, p.width, second_half, s.normed);
    linear(block.up, s.normed, [&](std::size_t i, std::size_t lane, Vec y) {
      store_operand(s.hidden, i, lane, operand_gelu(y));
    });
    add_half(block.down, s.hidden, second_half, stream);
  }
}

// z_next from the columns of the patches, and the state moved by the action; all (features, kLanes).
inline void read_frame(const wm::PackedTokens& p, const Group& group, const float* latent,
                       const float* action, float* next, const TokenScratch& s) {
  for (std::size_t i = 0; i < p.state; ++i) {
    for (std::size_t v = 0; v < kLanes; v += kWidth) {
      Vec moved = load(latent + i * kLanes + v);
      for (std::size_t j = 0; j < p.nu; ++j) moved += p.motion[i * p.nu + j] * load(action + j * kLanes + v);
      store(next + i * kLanes + v, moved);
    }
  }
  const std::size_t first_patch = p.rows - p.patches;
  for (std::size_t first = 0; first < group.columns; first += kLanes) {
    normalise(s.stream + first * p.width, p.width, nullptr, s.normed);
    linear(p.output, s.normed, [&](std::size_t i, std::size_t lane, Vec y) {
      for (std::size_t v = 0; v < kWidth && first + lane + v < group.columns; ++v) {
        const std::size_t column = first + lane + v, row = column % p.rows;
        if (row < first_patch) continue;
        next[(p.state + (row - first_patch) * p.patch + i) * kLanes + column / p.rows] = y[v];
      }
    });
  }
}

// Latents (L, kLanes) after frame `frame` of the group's candidates; `turns` (N, d) are that frame's.
inline void step_frame(const wm::PackedTokens& p, const Group& group, std::size_t frame, const float* turns,
                       const float* latent, const float* action, float* next, const TokenScratch& s) {
  embed_rows(p, group, latent, action, s);
  for (std::size_t i = 0; i < p.blocks.size; ++i) apply_token_block(p, group, i, frame, turns, s);
  read_frame(p, group, latent, action, next, s);
}

}  // namespace
