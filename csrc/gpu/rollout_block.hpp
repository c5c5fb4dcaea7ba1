// A tile of candidates through the whole horizon on one thread block: the equations of
// wm_robot/kernels/predictor.py and terms.py. Exec says what a block can do: DeviceBlock on a GPU, HostBlock
// in tests, so that the algorithm is checked where no GPU is.
//
// Exec::parallel(n, f)                       f(i) for i < n, by all threads
// Exec::normalize(n, load, use)              use(row, i, LN(load(row, ·))_i) for the tile's rows
// Exec::sum(n, load, use)                    use(row, Σ_i load(row, i)), once a row
// Exec::product(layer, x, stride, epilogue)  epilogue(row of W, candidate, y) for y = W x + b
// Each ends with a barrier of the block.
#pragma once

#include "terms_block.hpp"

namespace wm::gpu {

// A block's own memory; each array is (rows, kTile, entries) or (kTile, entries).
struct Workspace {
  float* latents = nullptr;     // ring of T slots (L,); latent i of history and future is in slot i mod T
  float* actions = nullptr;     // (T − 1 + H) of (nu,), past ones first
  float* stream = nullptr;      // h (W,)
  float* modulation = nullptr;  // (3 W,): shift, scale, gate
  TermsMemory terms;            // its window also holds what is read
  Bf16* recent = nullptr;       // T actions as operand
  Bf16* embedding = nullptr;
  Bf16* condition = nullptr;
  Bf16* normed = nullptr;
  Bf16* hidden = nullptr;
  std::size_t bytes = 0;
};

WM_HOST_DEVICE inline Workspace carve(const Problem& problem, char* base) {
  const Predictor& p = problem.predictor;
  Workspace w;
  const auto floats = [&](int entries) {
    auto* const at = reinterpret_cast<float*>(base + w.bytes);
    w.bytes += sizeof(float) * kTile * static_cast<std::size_t>(entries);
    return at;
  };
  const auto operand = [&](int entries) {
    auto* const at = reinterpret_cast<Bf16*>(base + w.bytes);
    w.bytes += sizeof(Bf16) * kTile * static_cast<std::size_t>(padded(entries));
    return at;
  };
  w.latents = floats(p.history * p.latent);
  w.actions = floats((p.history - 1 + problem.settings.horizon) * p.nu);
  w.stream = floats(p.width);
  w.modulation = floats(3 * p.width);
  w.terms.reading = floats(problem.terms.widest_reading);
  w.terms.costs = floats(1);
  w.terms.window = operand(p.latent);
  w.recent = operand(p.history * p.nu);
  w.embedding = operand(p.embedding);
  w.condition = operand(p.embedding);
  w.normed = operand(p.width);
  w.hidden = operand(p.hidden);
  w.terms.front = operand(problem.terms.widest_head);
  w.terms.back = operand(problem.terms.widest_head);
  return w;
}

template <class Exec>
class RolloutBlock {
 public:
  WM_BLOCK RolloutBlock(Exec& exec, const Problem& problem, char* memory)
      : exec_(exec),
        problem_(problem),
        p_(problem.predictor),
        w_(carve(problem, memory)),
        terms_(exec, problem.terms, p_.latent, p_.nu, w_.terms) {
    // What pads an operand stays zero.
    exec_.parallel(static_cast<int>(w_.bytes / sizeof(float)),
                   [&](int i) { reinterpret_cast<float*>(memory)[i] = 0.0F; });
  }

  WM_BLOCK int size() const { return kTile; }
  WM_BLOCK void prepare() {}
  // To be filled before `run`, for all of the tile.
  WM_BLOCK float* action(int t, int m) { return past(t + p_.history - 1) + m * p_.nu; }

  // Costs (kTile,) of these actions.
  WM_BLOCK const float* run(int) {
    const int T = p_.history;
    const int L = p_.latent;
    exec_.parallel(kTile * L, [&](int i) { slot(T - 1)[i] = problem_.latent[i % L]; });
    exec_.parallel((T - 1) * kTile * p_.nu, [&](int i) {
      w_.actions[i] = problem_.past_actions[i / (kTile * p_.nu) * p_.nu + i % p_.nu];
    });
    terms_.clear();
    for (int t = 0; t < problem_.settings.horizon; ++t) {
      step(t);
      terms_.add(Step{*this, t});
    }
    return w_.terms.costs;
  }

 private:
  // The tile's latents after step t, to be priced.
  struct Step {
    const RolloutBlock& rollout;
    int t;
    WM_BLOCK const float* latent(int m) const {
      return rollout.slot(t + rollout.p_.history) + m * rollout.p_.latent;
    }
    WM_BLOCK int step(int) const { return t; }
    WM_BLOCK const float* action(int m) const {
      return rollout.past(t + rollout.p_.history - 1) + m * rollout.p_.nu;
    }
    WM_BLOCK const float* previous(int m) const {
      return t + rollout.p_.history >= 2 ? action(m) - kTile * rollout.p_.nu : action(m);
    }
  };

  WM_BLOCK float* slot(int i) const { return w_.latents + i % p_.history * kTile * p_.latent; }
  // Of history and future.
  WM_BLOCK float* past(int i) const { return w_.actions + i * kTile * p_.nu; }

  // x (kTile, n) as an operand.
  WM_BLOCK void convert(const float* x, int n, Bf16* operand) {
    exec_.parallel(kTile * n, [&](int i) { operand[i / n * padded(n) + i % n] = to_bf16(x[i]); });
  }

  WM_BLOCK void dense_gelu(const Linear& layer, const Bf16* x, Bf16* y) {
    exec_.product(layer, x, padded(layer.cols),
                  [&](int i, int m, float sum) { y[m * padded(layer.rows) + i] = to_bf16(gelu(sum)); });
  }

  WM_BLOCK void step(int t) {
    const int T = p_.history;
    const int W = p_.width;
    read_window(t);
    const int size = T * p_.nu;
    exec_.parallel(kTile * size, [&](int i) {
      const int m = i / size;
      const int k = i % size;
      w_.recent[m * padded(size) + k] = to_bf16(past(t + k / p_.nu)[m * p_.nu + k % p_.nu]);
    });
    dense_gelu(p_.action0, w_.recent, w_.embedding);
    dense_gelu(p_.action2, w_.embedding, w_.condition);
    for (int b = 0; b < p_.blocks; ++b) apply_block(p_.block[b]);
    exec_.normalize(
        W, [&](int m, int i) { return w_.stream[m * W + i]; },
        [&](int m, int i, float y) { w_.normed[m * padded(W) + i] = to_bf16(y); });
    const float* const z = slot(t + T - 1);
    float* const next = slot(t + T);
    exec_.product(p_.output, w_.normed, padded(W),
                  [&](int i, int m, float y) { next[m * p_.latent + i] = z[m * p_.latent + i] + y; });
  }

  // h = shared part + Σ_j W_j z over the latents of the window that were predicted, not observed.
  WM_BLOCK void read_window(int t) {
    const int T = p_.history;
    const int W = p_.width;
    const float* const observed = problem_.shared + (t < T ? t : T) * W;
    exec_.parallel(kTile * W, [&](int i) { w_.stream[i] = observed[i % W]; });
    for (int j = t < T ? T - t : 0; j < T; ++j) {
      convert(slot(t + j), p_.latent, w_.terms.window);
      exec_.product(p_.input[j], w_.terms.window, padded(p_.latent),
                    [&](int i, int m, float y) { w_.stream[m * W + i] += y; });
    }
  }

  // h ← h + gate · down GELU(up (LN(h) (1 + scale) + shift)).
  WM_BLOCK void apply_block(const Block& block) {
    const int W = p_.width;
    exec_.product(block.modulation, w_.condition, padded(p_.embedding),
                  [&](int i, int m, float y) { w_.modulation[m * 3 * W + i] = y; });
    exec_.normalize(
        W, [&](int m, int i) { return w_.stream[m * W + i]; },
        [&](int m, int i, float y) {
          const float* const shift = w_.modulation + m * 3 * W;
          w_.normed[m * padded(W) + i] = to_bf16(y * (1.0F + shift[W + i]) + shift[i]);
        });
    dense_gelu(block.up, w_.normed, w_.hidden);
    exec_.product(block.down, w_.hidden, padded(p_.hidden), [&](int i, int m, float y) {
      w_.stream[m * W + i] += w_.modulation[m * 3 * W + 2 * W + i] * y;
    });
  }

  Exec& exec_;
  const Problem& problem_;
  const Predictor& p_;
  Workspace w_;
  TermsBlock<Exec> terms_;
};

}  // namespace wm::gpu
