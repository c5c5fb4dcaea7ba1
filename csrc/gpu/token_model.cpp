#include "token_model.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "token_memory.hpp"

namespace wm::gpu {
namespace {

MatrixView rows_of(const MatrixView& weight, std::size_t first, std::size_t count) {
  return {weight.data + first * weight.cols, count, weight.cols};
}

LinearView rows_of(const LinearView& layer, std::size_t first, std::size_t count) {
  return {rows_of(layer.weight, first, count), {layer.bias.data + first, count}};
}

// `whole` items, `share` a slice: how many are there from `first` on.
std::size_t left(std::size_t whole, std::size_t first, std::size_t share) {
  return first < whole ? std::min(share, whole - first) : 0;
}

Split split(Memory& memory, const LinearView& layer, std::size_t slices) {
  const std::size_t rows = layer.weight.rows;
  const std::size_t share = up_to((rows + slices - 1) / slices, 8);
  std::vector<Linear> parts;
  for (std::size_t s = 0; s < slices; ++s) {
    const std::size_t first = std::min(rows, s * share);
    parts.push_back(upload(memory, rows_of(layer, first, left(rows, first, share))));
  }
  return {kept(memory, parts), static_cast<int>(share)};
}

// Two layers whose fragments follow each other; the second takes some columns and has no bias.
std::pair<Linear, Linear> upload_half(Memory& memory, const LinearView& first, const MatrixView& second,
                                      std::size_t column, std::size_t columns) {
  std::vector<std::uint32_t> words = fragments_of(first.weight, 0, first.weight.cols);
  const std::size_t size = words.size();
  const std::vector<std::uint32_t> more = fragments_of(second, column, columns);
  words.insert(words.end(), more.begin(), more.end());
  const std::uint32_t* const there = kept(memory, words);
  return {{there, kept(memory, padded_bias(first.bias, first.weight.rows)),
           static_cast<int>(first.weight.rows), static_cast<int>(first.weight.cols)},
          {there + size, kept(memory, padded_bias({}, second.rows)), static_cast<int>(second.rows),
           static_cast<int>(columns)}};
}

// Query, key and value of one head as one layer.
class HeadRows {
 public:
  HeadRows(const LinearView& qkv, std::size_t head, std::size_t heads, std::size_t size) {
    const std::size_t cols = qkv.weight.cols;
    for (std::size_t part = 0; part < 3; ++part) {
      const LinearView rows = rows_of(qkv, (part * heads + head) * size, size);
      weight_.insert(weight_.end(), rows.weight.data, rows.weight.data + size * cols);
      bias_.insert(bias_.end(), rows.bias.data, rows.bias.data + size);
    }
    view_ = {{weight_.data(), 3 * size, cols}, {bias_.data(), bias_.size()}};
  }
  const LinearView& view() const { return view_; }

 private:
  std::vector<float> weight_, bias_;
  LinearView view_;
};

TokenLayer upload_layer(Memory& memory, const TokenBlockView& block, std::size_t heads, std::size_t head,
                        std::size_t units) {
  std::vector<TokenSlice> slices;
  for (std::size_t s = 0; s < heads; ++s) {
    const HeadRows rows(block.qkv, s, heads, head);
    TokenSlice slice;
    std::tie(slice.qkv, slice.attention) =
        upload_half(memory, rows.view(), block.attention.weight, s * head, head);
    const std::size_t hidden = block.up.weight.rows;
    const std::size_t first = std::min(hidden, s * units);
    const std::size_t count = left(hidden, first, units);
    std::tie(slice.up, slice.down) =
        upload_half(memory, rows_of(block.up, first, count), block.down.weight, first, count);
    slices.push_back(slice);
  }
  return {kept(memory, slices), memory.copy(block.attention.bias.data, block.attention.bias.size),
          memory.copy(block.down.bias.data, block.down.bias.size)};
}

// Modulation of all blocks as one layer: they all read the same.
Split upload_modulation(Memory& memory, const std::vector<TokenBlockView>& blocks, std::size_t slices) {
  std::vector<float> weight, bias;
  for (const TokenBlockView& block : blocks) {
    const LinearView& layer = block.modulation;
    weight.insert(weight.end(), layer.weight.data, layer.weight.data + layer.weight.rows * layer.weight.cols);
    bias.insert(bias.end(), layer.bias.data, layer.bias.data + layer.bias.size);
  }
  return split(
      memory,
      {{weight.data(), bias.size(), blocks.front().modulation.weight.cols}, {bias.data(), bias.size()}},
      slices);
}

}  // namespace

TokenPredictor sizes_of(const PackedTokens& sizes, std::size_t blocks) {
  TokenPredictor p;
  const auto size = [](int& to, std::size_t from) { to = static_cast<int>(from); };
  size(p.history, sizes.history);
  size(p.context, sizes.context);
  size(p.state, sizes.state);
  size(p.patches, sizes.patches);
  size(p.patch, sizes.patch);
  size(p.latent, sizes.latent);
  size(p.nu, sizes.nu);
  size(p.rows, sizes.rows);
  size(p.width, sizes.width);
  size(p.heads, sizes.heads);
  size(p.head, sizes.head);
  size(p.hidden, sizes.hidden);
  size(p.embedding, sizes.embedding);
  size(p.blocks, blocks);
  size(p.units, up_to((sizes.hidden + sizes.heads - 1) / sizes.heads, 8));
  return p;
}

TokenModel::TokenModel(Memory& memory, const TokenPredictorView& view)
    : predictor_(sizes_of(view.sizes, view.blocks.size())),
      time_(view.time.data, view.time.data + view.time.size),
      place_(view.place.data, view.place.data + view.place.rows * view.place.cols) {
  const PackedTokens& sizes = view.sizes;
  TokenPredictor& p = predictor_;
  p.input = split(memory, view.input, sizes.heads);
  p.output = split(memory, view.output, sizes.heads);
  p.action = upload(memory, view.action);
  if (sizes.embedding > 0) {
    p.action2 = upload(memory, view.action2);
    p.modulation = upload_modulation(memory, view.blocks, sizes.heads);
  }
  if (sizes.state > 0) {
    p.proprio = upload(memory, view.proprio);
    p.motion = memory.copy(view.motion.data, view.motion.rows * view.motion.cols);
  }
  std::vector<TokenLayer> layers;
  for (const TokenBlockView& block : view.blocks)
    layers.push_back(upload_layer(memory, block, sizes.heads, sizes.head, static_cast<std::size_t>(p.units)));
  p.layers = kept(memory, layers);
}

std::vector<float> TokenModel::turns(std::size_t frames) const {
  const std::size_t planes = time_.size();
  std::vector<float> turns;
  for (std::size_t f = 0; f < frames; ++f) {
    for (std::size_t i = 0; i < place_.size(); ++i) {
      const double angle = static_cast<double>(f) * time_[i % planes] + place_[i];
      turns.push_back(static_cast<float>(std::cos(angle)));
      turns.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return turns;
}

TokenProblem TokenStart::with(const SearchProblem& search, const TokenModel& model, const Terms& terms,
                              const MatrixView& latents, const MatrixView& past_actions) {
  const TokenPredictor& p = model.predictor();
  const std::size_t before = latents.rows - 1;
  if (latents_ == nullptr) {
    latents_ = memory_.room<float>(latents.rows * latents.cols);
    past_ = memory_.room<float>(past_actions.rows * past_actions.cols);
    turns_ = kept(memory_, model.turns(before + static_cast<std::size_t>(search.settings.horizon)));
    observed_ =
        memory_.room<Bf16>(2 * before * static_cast<std::size_t>(p.blocks) * p.heads * p.rows * p.head);
  }
  memory_.write(latents_, latents.data, latents.rows * latents.cols * sizeof(float));
  memory_.write(past_, past_actions.data, past_actions.rows * past_actions.cols * sizeof(float));
  TokenProblem problem;
  static_cast<SearchProblem&>(problem) = search;
  problem.predictor = p;
  problem.terms = terms;
  problem.latents = latents_;
  problem.past_actions = past_;
  problem.turns = turns_;
  problem.observed = observed_;
  return problem;
}

void TokenStart::cut(TokenProblem& problem, const Shape& shape) {
  problem.shape = shape;
  const auto teams = static_cast<std::size_t>(shape.teams);
  if (teams_ == nullptr || shape != shape_) {
    const std::size_t inboxes = shape.clustered ? 0 : teams * static_cast<std::size_t>(shape.members);
    teams_ = memory_.room<char>(teams * carve_team(problem, nullptr).bytes);
    inboxes_ = memory_.room<char>(inboxes * carve_inbox(problem, nullptr).bytes);
    arrived_ = memory_.room<unsigned>(teams);
    shape_ = shape;
  }
  const std::vector<unsigned> none(teams);
  memory_.write(arrived_, none.data(), teams * sizeof(unsigned));
  problem.teams = teams_;
  problem.inboxes = inboxes_;
  problem.arrived = arrived_;
}

}  // namespace wm::gpu
