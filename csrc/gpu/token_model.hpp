// A transformer predictor and what a plan with it starts from, in a grid's memory.
#pragma once

#include <vector>

#include "fragments.hpp"
#include "token_layout.hpp"
#include "wm/token_rollout.hpp"

namespace wm::gpu {

// A predictor without weights.
TokenPredictor sizes_of(const PackedTokens& sizes, std::size_t blocks);

class TokenModel {
 public:
  TokenModel(Memory& memory, const TokenPredictorView& predictor);
  const TokenPredictor& predictor() const { return predictor_; }
  // (frames, N, d): cosine and sine of the angle that each plane of a row is turned by.
  std::vector<float> turns(std::size_t frames) const;

 private:
  TokenPredictor predictor_;
  std::vector<float> time_, place_;
};

class TokenStart {
 public:
  explicit TokenStart(Memory& memory) : memory_(memory) {}
  // All but the shape and what depends on it.
  TokenProblem with(const SearchProblem& search, const TokenModel& model, const Terms& terms,
                    const MatrixView& latents, const MatrixView& past_actions);
  // The shape, and memory for its teams, which is kept for the next plan of that shape.
  void cut(TokenProblem& problem, const Shape& shape);

 private:
  Memory& memory_;
  float* latents_ = nullptr;
  float* past_ = nullptr;
  const float* turns_ = nullptr;
  Bf16* observed_ = nullptr;
  Shape shape_;
  char* teams_ = nullptr;
  char* inboxes_ = nullptr;
  unsigned* arrived_ = nullptr;
};

}  // namespace wm::gpu
