// One head of a frame's rows over what they see: queries, keys and values of this frame, and the keys and
// values that are kept of those before it, the observed frames' once for all candidates.
//
// A head is the work of one block, so that no barrier of the team is needed. The arithmetic is small: at one
// token a frame 1 % of a step.
#pragma once

#include "token_memory.hpp"

namespace wm::gpu {

template <class Exec>
class TokenAttention {
 public:
  // `kept` is the team's.
  WM_BLOCK TokenAttention(Exec& exec, const TokenProblem& problem, const TokenMemory& memory, Bf16* kept)
      : exec_(exec),
        problem_(problem),
        p_(problem.predictor),
        m_(memory),
        kept_(kept),
        by_row_(p_.rows),
        by_head_(p_.head),
        by_plane_(p_.head / 2),
        by_kept_(kept_frames(problem)) {}

  // What `rows` rows of frame `frame` read, into the block's `read`; x (rows, W) as an operand.
  WM_BLOCK void run(int frame, int rows, int layer, int head, const Linear& qkv, const Bf16* x) {
    const Kept there = kept(layer, head);
    project(frame, rows, there, qkv, x);
    look(frame, rows, there);
  }

 private:
  WM_BLOCK int candidate(int r) const { return by_row_.quotient(r); }
  WM_BLOCK int place(int r) const { return by_row_.remainder(r); }

  // A head's keys and values (2, N, d) of each frame: the observed ones', and the candidates' own.
  struct Kept {
    Bf16* observed;
    Bf16* own;
    std::size_t size;  // of a frame
  };

  WM_BLOCK Kept kept(int layer, int head) const {
    const std::size_t slice = static_cast<std::size_t>(layer) * p_.heads + head;
    const std::size_t size = std::size_t{2} * p_.rows * p_.head;
    return {problem_.observed + slice * (p_.history - 1) * size,
            kept_ + slice * problem_.shape.candidates * by_kept_.value * size, size};
  }

  WM_BLOCK Bf16* cell(const Kept& kept, int c, int frame) const {
    const int own = frame - (p_.history - 1);
    if (own < 0) return kept.observed + frame * kept.size;
    return kept.own + (c * by_kept_.value + by_kept_.remainder(own)) * kept.size;
  }

  // The head's queries, turned and scaled, into own memory; its keys, turned, and values to be kept.
  WM_BLOCK void project(int frame, int rows, const Kept& there, const Linear& qkv, const Bf16* x) {
    const int d = p_.head;
    const int apart = p_.rows * d;
    const float scale = 1.0F / sqrtf(static_cast<float>(d));
    const Divisor by_head = by_head_;
    exec_.matmul(qkv, x, padded(p_.width), rows, [&](int r) {
      const int n = place(r);
      const float* const turns = problem_.turns + (frame * p_.rows + n) * d;
      float* const query = m_.queries + r * d;
      Bf16* const key = cell(there, candidate(r), frame) + n * d;
      return [=](int i, float y, float next) {
        const int part = by_head.quotient(i);
        const int j = i - part * d;
        if (part == 2) {
          put(key + apart + j, pair_of(y, next));
          return;
        }
        const Two turn = get<Two>(turns + j);
        const Two turned{y * turn.x - next * turn.y, y * turn.y + next * turn.x};
        if (part == 0)
          put(query + j, Two{scale * turned.x, scale * turned.y});
        else
          put(key + j, pair_of(turned.x, turned.y));
      };
    });
  }

  // What the head's queries read of the rows that they see.
  WM_BLOCK void look(int frame, int rows, const Kept& there) {
    const int d = p_.head;
    const int N = p_.rows;
    const int oldest = larger(0, frame + 1 - p_.context);
    const int keys = (frame + 1 - oldest) * N;
    const int stride = most_keys(problem_);
    const Divisor by_key(keys);
    const auto key = [&](int c, int k) {
      const int f = by_row_.quotient(k);
      return cell(there, c, oldest + f) + (k - f * N) * d;
    };
    exec_.dots(
        rows * keys, d / 2,
        [&](int task) {
          const int r = by_key.quotient(task);
          const float* const query = m_.queries + r * d;
          const Bf16* const theirs = key(candidate(r), task - r * keys);
          return [=](int w) {
            const Two q = get<Two>(query + 2 * w);
            const Two k = two_of(get<std::uint32_t>(theirs + 2 * w));
            return q.x * k.x + q.y * k.y;
          };
        },
        [&](int task, float score) {
          const int r = by_key.quotient(task);
          m_.scores[r * stride + task - r * keys] = score;
        });
    exec_.parallel(rows, [&](int r) { soften(m_.scores + r * stride, keys); });
    exec_.parallel(rows * (d / 2), [&](int at) {
      const int r = by_plane_.quotient(at);
      const int w = by_plane_.remainder(at);
      const int c = candidate(r);
      Two sum{0.0F, 0.0F};
      for (int k = 0; k < keys; ++k) {
        const float weight = m_.scores[r * stride + k];
        const Two value = two_of(get<std::uint32_t>(key(c, k) + N * d + 2 * w));
        sum.x += weight * value.x;
        sum.y += weight * value.y;
      }
      put(m_.read + r * padded(d) + 2 * w, pair_of(sum.x, sum.y));
    });
  }

  // Scores become weights.
  WM_BLOCK static void soften(float* scores, int keys) {
    float largest = scores[0];
    for (int k = 1; k < keys; ++k) largest = fmaxf(largest, scores[k]);
    float sum = 0.0F;
    for (int k = 0; k < keys; ++k) sum += scores[k] = expf(scores[k] - largest);
    for (int k = 0; k < keys; ++k) scores[k] /= sum;
  }

  Exec& exec_;
  const TokenProblem& problem_;
  const TokenPredictor& p_;
  const TokenMemory& m_;
  Bf16* kept_;
  Divisor by_row_, by_head_, by_plane_, by_kept_;
};

}  // namespace wm::gpu
