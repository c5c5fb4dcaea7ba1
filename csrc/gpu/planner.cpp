#include "planner.hpp"

#include <algorithm>

namespace wm::gpu {

Model::Model(Memory& memory, const PredictorView& view)
    : input_(view.input.weight.data,
             view.input.weight.data + view.input.weight.rows * view.input.weight.cols),
      bias_(view.input.bias.data, view.input.bias.data + view.input.bias.size) {
  const std::size_t T = view.history;
  const std::size_t latent = view.output.weight.rows;
  std::vector<Linear> input;
  for (std::size_t j = 0; j < T; ++j)
    input.push_back(upload_columns(memory, view.input.weight, j * latent, latent));
  std::vector<Block> blocks;
  for (const BlockView& block : view.blocks) {
    blocks.push_back(
        {upload(memory, block.modulation), upload(memory, block.up), upload(memory, block.down)});
  }
  predictor_.history = static_cast<int>(T);
  predictor_.latent = static_cast<int>(latent);
  predictor_.nu = static_cast<int>(view.action0.weight.cols / T);
  predictor_.width = static_cast<int>(view.input.weight.rows);
  predictor_.embedding = static_cast<int>(view.action0.weight.rows);
  predictor_.hidden = blocks.empty() ? 0 : blocks.front().up.rows;
  predictor_.blocks = static_cast<int>(blocks.size());
  predictor_.input = kept(memory, input);
  predictor_.action0 = upload(memory, view.action0);
  predictor_.action2 = upload(memory, view.action2);
  predictor_.output = upload(memory, view.output);
  predictor_.block = kept(memory, blocks);
}

std::vector<float> Model::shared(const MatrixView& latents) const {
  const std::size_t T = latents.rows;
  const std::size_t L = latents.cols;
  const std::size_t W = bias_.size();
  std::vector<float> rows((T + 1) * W);
  for (std::size_t t = 0; t <= T; ++t) {
    for (std::size_t i = 0; i < W; ++i) {
      float sum = bias_[i];
      const float* const weights = input_.data() + i * T * L;
      for (std::size_t k = 0; k < (T - t) * L; ++k) sum += weights[k] * latents.data[t * L + k];
      rows[t * W + i] = sum;
    }
  }
  return rows;
}

Problem Start::with(const SearchProblem& search, const Model& model, const Terms& terms,
                    const MatrixView& latents, const MatrixView& past_actions) {
  const std::vector<float> shared = model.shared(latents);
  if (latent_ == nullptr) {
    latent_ = memory_.room<float>(latents.cols);
    past_ = memory_.room<float>(past_actions.rows * past_actions.cols);
    shared_ = memory_.room<float>(shared.size());
  }
  memory_.write(latent_, latents.data + (latents.rows - 1) * latents.cols, latents.cols * sizeof(float));
  memory_.write(past_, past_actions.data, past_actions.rows * past_actions.cols * sizeof(float));
  memory_.write(shared_, shared.data(), shared.size() * sizeof(float));
  return {search, model.predictor(), terms, latent_, past_, shared_};
}

void TermUpload::add_readout(View<float> step_weights, MatrixView matrix, View<float> offset,
                             View<float> scale) {
  Readout term;
  term.step_weights = memory_.copy(step_weights.data, step_weights.size);
  if (matrix.data != nullptr) {
    term.map = upload(memory_, {matrix, offset});
    widest_reading_ = std::max(widest_reading_, offset.size);
    multiplies_ = true;
  } else {
    term.map.bias = memory_.copy(offset.data, offset.size);
    term.map.rows = static_cast<int>(offset.size);
  }
  term.scale = memory_.copy(scale.data, scale.size);
  readouts_.push_back(term);
}

void TermUpload::add_distance(View<float> step_weights, LinearView input, MatrixView goal_weight,
                              View<float> goal, const std::vector<LinearView>& hidden, LinearView output) {
  // The goal's part of the first layer is the same for every candidate.
  std::vector<float> bias(input.bias.data, input.bias.data + input.bias.size);
  for (std::size_t i = 0; i < bias.size(); ++i) {
    for (std::size_t k = 0; k < goal.size; ++k)
      bias[i] += goal_weight.data[i * goal_weight.cols + k] * goal.data[k];
  }
  Distance term;
  term.step_weights = memory_.copy(step_weights.data, step_weights.size);
  term.input = upload(memory_, {input.weight, {bias.data(), bias.size()}});
  term.output = upload(memory_, output);
  widest_head_ = std::max(widest_head_, input.weight.rows);
  std::vector<Linear> layers;
  for (const LinearView& layer : hidden) {
    layers.push_back(upload(memory_, layer));
    widest_head_ = std::max(widest_head_, layer.weight.rows);
  }
  term.hidden = kept(memory_, layers);
  term.layers = static_cast<int>(layers.size());
  distances_.push_back(term);
  multiplies_ = true;
  widest_reading_ = std::max(widest_reading_, output.weight.rows);
}

void TermUpload::add_smoothness(View<float> step_weights) {
  smoothness_.push_back({memory_.copy(step_weights.data, step_weights.size)});
}

void TermUpload::add_action_limits(View<float> step_weights, float limit) {
  limits_.push_back({memory_.copy(step_weights.data, step_weights.size), limit});
}

Terms TermUpload::finish() const {
  Terms terms;
  terms.readouts = kept(memory_, readouts_);
  terms.distances = kept(memory_, distances_);
  terms.smoothness = kept(memory_, smoothness_);
  terms.limits = kept(memory_, limits_);
  terms.n_readouts = static_cast<int>(readouts_.size());
  terms.n_distances = static_cast<int>(distances_.size());
  terms.n_smoothness = static_cast<int>(smoothness_.size());
  terms.n_limits = static_cast<int>(limits_.size());
  terms.widest_head = static_cast<int>(widest_head_);
  terms.widest_reading = static_cast<int>(widest_reading_);
  terms.multiplies = multiplies_;
  return terms;
}

Planner::Planner(Memory& memory, const SearchSettings& settings)
    : memory_(memory),
      settings_(settings),
      size_(settings.knots * settings.nu),
      most_(std::max(*std::max_element(settings.candidates.begin(), settings.candidates.end()),
                     settings.elites + 2)) {
  std::vector<int> candidates;
  for (const std::size_t count : settings.candidates) candidates.push_back(static_cast<int>(count));
  const auto given = [&](const std::vector<float>& values) {
    return values.empty() ? nullptr : kept(memory, values);
  };
  there_.horizon = static_cast<int>(settings.horizon);
  there_.knots = static_cast<int>(settings.knots);
  there_.nu = static_cast<int>(settings.nu);
  there_.rounds = static_cast<int>(candidates.size());
  there_.elites = static_cast<int>(settings.elites);
  there_.candidates = kept(memory, candidates);
  there_.interpolation = given(settings.interpolation);
  there_.colour = given(settings.colour);
  there_.noise = given(settings.noise);
  there_.min_noise = given(settings.min_noise);
  there_.learning = settings.learning;
  there_.keep_fraction = static_cast<float>(settings.keep_fraction);
  there_.smoothing = static_cast<float>(settings.smoothing);
  there_.temperature = static_cast<float>(settings.temperature);
  there_.returns_mean = settings.returns_mean;

  state_.mean = memory.room<float>(size_);
  state_.std = memory.room<float>(size_);
  state_.elites = memory.room<float>(settings.elites * size_);
  state_.drawn = memory.room<float>(up_to(most_, kTile) * size_);
  state_.costs = memory.room<float>(most_);
  state_.best = memory.room<float>(size_);
  state_.weights = memory.room<float>(most_);
  state_there_ = memory.room<State>(1);
  belief_.mean.resize(size_);
  belief_.std.resize(size_);
  belief_.elites.resize(settings.elites * size_);
  best_.resize(size_);
  costs_.resize(most_);
}

SearchOutcome Planner::run(std::uint64_t seed, std::int64_t budget_ns, const Launch& launch) {
  write_belief();
  launch({there_, seed, budget_ns, state_there_}, static_cast<int>(most_));
  return read_outcome(budget_ns);
}

void Planner::write_belief() {
  state_.elite_count = static_cast<int>(belief_.elite_count);
  memory_.write(state_there_, &state_, sizeof state_);
  memory_.write(state_.mean, belief_.mean.data(), size_ * sizeof(float));
  memory_.write(state_.std, belief_.std.data(), size_ * sizeof(float));
  memory_.write(state_.elites, belief_.elites.data(), belief_.elite_count * size_ * sizeof(float));
}

SearchOutcome Planner::read_outcome(std::int64_t budget_ns) {
  State after;
  memory_.read(&after, state_there_, sizeof after);
  belief_.elite_count = static_cast<std::size_t>(after.elite_count);
  last_count_ = static_cast<std::size_t>(after.count);
  memory_.read(belief_.mean.data(), state_.mean, size_ * sizeof(float));
  memory_.read(belief_.std.data(), state_.std, size_ * sizeof(float));
  memory_.read(belief_.elites.data(), state_.elites, belief_.elite_count * size_ * sizeof(float));
  memory_.read(best_.data(), state_.best, size_ * sizeof(float));
  memory_.read(costs_.data(), state_.costs, last_count_ * sizeof(float));
  SearchOutcome outcome;
  outcome.cost = after.best_cost;
  outcome.rounds = static_cast<std::size_t>(after.rounds);
  outcome.deadline_missed = budget_ns != 0 && after.now_ns > budget_ns;
  outcome.all_infinite = after.all_infinite;
  outcome.evaluate_ns = after.now_ns;
  return outcome;
}

}  // namespace wm::gpu
