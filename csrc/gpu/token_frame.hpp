// One frame of a group of candidates through the transformer, by a team of blocks: the equations of
// wm_robot/kernels/token_predictor.py.
//
// Phases, each ended by the team's barrier:
//   embed      patches and modulation, split by outputs          → the rows' owners
//   begin      owners: rows of actions and states, first norm    → every inbox
//   attend     heads: query, key, value, attention, their share of the sum   → owners    ┐
//   add        owners: sum, gate, residual, norm                 → every inbox           │ a block
//   feed       slices: up, GELU, their share of down             → owners                │
//   add        owners, as above                                  → every inbox           ┘
//   read out   the next latents, split by outputs                → memory of the team
// So a frame is 4 blocks + 3 barriers, and what crosses them is small: for each row W floats of a member's
// sums and W numbers of bfloat16. Splitting attention's and feed's second layers by outputs instead would
// take every row's heads d and M numbers to every block.
//
// Exec, beside what rollout_block.hpp asks of it:
// Exec::matmul(layer, x, stride, rows, row)       row(r)(i, y_i, y_{i+1}) for even i and r < rows
// Exec::norm_rows(rows, n, load, use)             as normalize, for any number of rows
// Exec::dots(tasks, n, term, use)                 use(task, Σ_i term(task)(i)) for each of many short sums
// Exec::peer(member, at)                          where a teammate has what this block has at `at`, in its
// inbox Exec::near(far, near, rows, stride)             an operand of the inbox, copied where products should
// not read it Exec::stage(from, words, to), staged()          starts copying weights; waits for it, with a
// block barrier Exec::team_barrier()                            what was written before it is there after it,
// in inboxes too
#pragma once

#include "token_attention.hpp"

namespace wm::gpu {

// What a frame is computed from; candidate c is `…_step` entries after the one before it.
struct Frame {
  int index = 0;  // from the oldest observed
  int candidates = 1;
  const float* latents = nullptr;
  int latent_step = 0;
  const float* actions = nullptr;
  int action_step = 0;
  const Bf16* conditions = nullptr;
  int condition_step = 0;
  float* next = nullptr;  // latents after it, or null where only keys and values are wanted
  int next_step = 0;
  bool last = false;  // no frame follows at once
};

template <class Exec>
class TokenFrame {
 public:
  WM_BLOCK TokenFrame(Exec& exec, const TokenProblem& problem, const TokenMemory& memory, const Inbox& inbox,
                      const TeamMemory& team)
      : exec_(exec),
        problem_(problem),
        p_(problem.predictor),
        m_(memory),
        inbox_(inbox),
        team_(team),
        wide_(even(p_.width)),
        by_row_(p_.rows),
        by_member_(exec.members),
        by_width_(p_.width),
        attention_(exec, problem, memory, team.kept) {}

  // Before the first of several frames: the scratch memory is theirs from now to the last one's end.
  WM_BLOCK void start() { stage_attention(0); }

  WM_BLOCK_ONCE void run(const Frame& frame) {
    rows_ = frame.candidates * p_.rows;
    owned_ = larger(0, (rows_ - exec_.member + exec_.members - 1) / exec_.members);
    embed(frame);
    exec_.team_barrier();
    begin(frame);
    norm(0, 0);
    exec_.team_barrier();
    for (int layer = 0; layer < p_.blocks; ++layer) {
      const TokenLayer& weights = p_.layers[layer];
      attend(frame, layer);
      exec_.team_barrier();
      add(layer, 0, weights.attention_bias);
      norm(layer, 1);
      exec_.team_barrier();
      feed(frame, layer);
      exec_.team_barrier();
      add(layer, 1, weights.down_bias);
      norm(layer + 1, 0);
      exec_.team_barrier();
    }
    if (frame.next == nullptr) return;
    read_out(frame);
    exec_.team_barrier();
  }

 private:
  WM_BLOCK int candidate(int r) const { return by_row_.quotient(r); }
  WM_BLOCK int place(int r) const { return by_row_.remainder(r); }
  WM_BLOCK int first_patch() const { return p_.rows - p_.patches; }
  WM_BLOCK int own_row(int j) const { return exec_.member + j * exec_.members; }

  // Calls f(slice, first) for the slices of this member.
  template <class F>
  WM_BLOCK void each_slice(F f) {
    for (int s = exec_.member; s < p_.heads; s += exec_.members) f(s, s == exec_.member);
  }

  // Where the owner of row r finds part `part` of its sum.
  WM_BLOCK float* partial(int r, int part) {
    const int j = by_member_.quotient(r);
    return exec_.peer(r - j * exec_.members, inbox_.partial) + (j * exec_.members + part) * wide_;
  }

  // Adds this member's share of the rows' sums, slice by slice.
  WM_BLOCK void push(const Linear& layer, const Bf16* x, int stride, bool first) {
    exec_.matmul(layer, x, stride, rows_, [&](int r) {
      float* const sum = partial(r, exec_.member);
      return [=](int i, float y, float next) {
        const Two before = first ? Two{0.0F, 0.0F} : get<Two>(sum + i);
        put(sum + i, Two{before.x + y, before.y + next});
      };
    });
  }

  WM_BLOCK void embed(const Frame& frame) {
    const int n = ceil_div(p_.patch, 16) * 16;
    const int before = first_patch();
    exec_.parallel(rows_ * n, [&](int at) {
      const int r = at / n;
      const int i = at % n;
      const int patch = place(r) - before;
      const float* const z = frame.latents + candidate(r) * frame.latent_step + p_.state + patch * p_.patch;
      m_.operand[r * padded(p_.patch) + i] = patch >= 0 && i < p_.patch ? to_bf16(z[i]) : Bf16{0};
    });
    each_slice([&](int s, bool) {
      exec_.matmul(p_.input.slices[s], m_.operand, padded(p_.patch), rows_, [&](int r) {
        const bool is_patch = place(r) >= before;
        float* const h = partial(r, 0) + s * p_.input.share;
        return [=](int i, float y, float next) {
          if (is_patch) put(h + i, Two{y, next});
        };
      });
    });
    if (p_.embedding > 0) modulate(frame);
  }

  // Of all blocks at once, for actions alone decide it.
  WM_BLOCK void modulate(const Frame& frame) {
    const int n = ceil_div(p_.embedding, 16) * 16;
    exec_.parallel(rows_ * n, [&](int at) {
      const Bf16* const condition = frame.conditions + at / n * frame.condition_step;
      m_.operand[at / n * padded(p_.embedding) + at % n] = condition[at % n];
    });
    each_slice([&](int s, bool) {
      exec_.matmul(p_.modulation.slices[s], m_.operand, padded(p_.embedding), rows_, [&](int r) {
        float* const row = team_.modulation + r * modulation_stride(p_) + s * p_.modulation.share;
        return [=](int i, float y, float next) { put(row + i, Two{y, next}); };
      });
    });
  }

  WM_BLOCK void begin(const Frame& frame) {
    exec_.parallel(owned_ * p_.width, [&](int at) {
      const int j = by_width_.quotient(at);
      const int i = by_width_.remainder(at);
      const int r = own_row(j);
      const int patch = place(r) - first_patch();
      float& h = m_.stream[j * wide_ + i];
      if (patch >= 0)
        h = inbox_.partial[j * exec_.members * wide_ + i];
      else if (p_.state > 0 && patch == -1)
        h = few(p_.proprio, i, frame.latents + candidate(r) * frame.latent_step);
      else
        h = few(p_.action, i, frame.actions + candidate(r) * frame.action_step);
    });
  }

  // Output i of a layer of few inputs.
  WM_BLOCK float few(const Linear& layer, int i, const float* x) const {
    float sum = layer.bias[i];
    for (int k = 0; k < layer.cols; ++k) sum += weight_of(layer, i, k) * from_bf16(to_bf16(x[k]));
    return sum;
  }

  // Shift, scale and gate of own row j; null without modulation.
  WM_BLOCK const float* modulation(int j, int layer, int half) const {
    if (p_.embedding == 0) return nullptr;
    return team_.modulation + own_row(j) * modulation_stride(p_) + (6 * layer + 3 * half) * p_.width;
  }

  // What `half` of `layer` reads of own rows, to every inbox; after the last block, what is read out.
  WM_BLOCK void norm(int layer, int half) {
    const int W = p_.width;
    exec_.norm_rows(
        owned_, W, [&](int j, int i) { return m_.stream[j * wide_ + i]; },
        [&](int j, int i, float y) {
          const float* const shift = layer < p_.blocks ? modulation(j, layer, half) : nullptr;
          if (shift != nullptr) y = y * (1.0F + shift[W + i]) + shift[i];
          m_.normed[j * padded(W) + i] = to_bf16(y);
        });
    const int pieces = padded(W) / 8;
    exec_.parallel(owned_ * exec_.members * pieces, [&](int at) {
      const int piece = at % pieces;
      const int member = at / pieces % exec_.members;
      const int j = at / (pieces * exec_.members);
      put(exec_.peer(member, inbox_.normed) + own_row(j) * padded(W) + 8 * piece,
          get<Eight>(m_.normed + j * padded(W) + 8 * piece));
    });
  }

  WM_BLOCK const Bf16* operand() { return exec_.near(inbox_.normed, m_.near, rows_, padded(p_.width)); }

  // h ← h + gate (bias + what the members found).
  WM_BLOCK void add(int layer, int half, const float* bias) {
    exec_.parallel(owned_ * p_.width, [&](int at) {
      const int j = by_width_.quotient(at);
      const int i = by_width_.remainder(at);
      float sum = bias[i];
      for (int member = 0; member < exec_.members; ++member)
        sum += inbox_.partial[(j * exec_.members + member) * wide_ + i];
      const float* const shift = modulation(j, layer, half);
      m_.stream[j * wide_ + i] += shift == nullptr ? sum : shift[2 * p_.width + i] * sum;
    });
  }

  WM_BLOCK void attend(const Frame& frame, int layer) {
    const Bf16* const x = operand();
    if (problem_.shape.staged) exec_.staged();
    each_slice([&](int s, bool first) {
      const TokenSlice& slice = p_.layers[layer].slices[s];
      attention_.run(frame.index, rows_, layer, s, here(slice.qkv, 0), x);
      push(here(slice.attention, fragment_words(slice.qkv.rows, slice.qkv.cols)), m_.read, padded(p_.head),
           first);
    });
    if (problem_.shape.staged) {
      const TokenSlice& slice = p_.layers[layer].slices[exec_.member];
      stage(slice.up, slice.down);
    }
  }

  WM_BLOCK void feed(const Frame& frame, int layer) {
    const Bf16* const x = operand();
    if (problem_.shape.staged) exec_.staged();
    const int stride = padded(p_.units);
    each_slice([&](int s, bool first) {
      const TokenSlice& slice = p_.layers[layer].slices[s];
      exec_.matmul(here(slice.up, 0), x, padded(p_.width), rows_, [&](int r) {
        Bf16* const row = m_.hidden + r * stride;
        return [=](int i, float y, float next) { put(row + i, pair_of(gelu(y), gelu(next))); };
      });
      push(here(slice.down, fragment_words(slice.up.rows, slice.up.cols)), m_.hidden, stride, first);
    });
    if (layer + 1 < p_.blocks)
      stage_attention(layer + 1);
    else if (!frame.last)
      stage_attention(0);
  }

  WM_BLOCK void read_out(const Frame& frame) {
    const Bf16* const x = operand();
    each_slice([&](int s, bool) {
      const int first = s * p_.output.share;
      const int size = p_.patch;
      exec_.matmul(p_.output.slices[s], x, padded(p_.width), rows_, [&](int r) {
        const int patch = place(r) - first_patch();
        float* const z = frame.next + candidate(r) * frame.next_step + p_.state + patch * size;
        return [=](int i, float y, float next) {
          if (patch < 0) return;
          z[first + i] = y;
          if (first + i + 1 < size) z[first + i + 1] = next;
        };
      });
    });
    exec_.parallel(frame.candidates * p_.state, [&](int at) {
      const int c = at / p_.state;
      const int i = at % p_.state;
      if (c % exec_.members != exec_.member) return;
      float moved = frame.latents[c * frame.latent_step + i];
      for (int j = 0; j < p_.nu; ++j)
        moved += p_.motion[i * p_.nu + j] * frame.actions[c * frame.action_step + j];
      frame.next[c * frame.next_step + i] = moved;
    });
  }

  // The layer with its fragments in own memory, `offset` words from where the half's begin, where they are
  // staged.
  WM_BLOCK Linear here(const Linear& layer, int offset) const {
    Linear staged = layer;
    if (problem_.shape.staged) staged.fragments = m_.weights + offset;
    return staged;
  }

  // Two layers whose fragments follow each other.
  WM_BLOCK void stage(const Linear& first, const Linear& second) {
    exec_.stage(first.fragments,
                fragment_words(first.rows, first.cols) + fragment_words(second.rows, second.cols),
                m_.weights);
  }

  WM_BLOCK void stage_attention(int layer) {
    if (!problem_.shape.staged) return;
    const TokenSlice& slice = p_.layers[layer].slices[exec_.member];
    stage(slice.qkv, slice.attention);
  }

  Exec& exec_;
  const TokenProblem& problem_;
  const TokenPredictor& p_;
  const TokenMemory& m_;
  const Inbox& inbox_;
  const TeamMemory& team_;
  int wide_;
  Divisor by_row_, by_member_, by_width_;
  TokenAttention<Exec> attention_;
  int rows_ = 0;   // of this frame
  int owned_ = 0;  // of these by this member
};

}  // namespace wm::gpu
