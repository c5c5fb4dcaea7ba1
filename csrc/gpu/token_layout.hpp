// What a GPU plan with a transformer predictor reads and writes: plain data in device memory.
//
// A team of blocks takes a group of candidates. It splits a transformer block in slices, a head with its
// share of the hidden units each, so that attention needs no other slice. Rows of frames are owned by members
// in turn: row r by member r mod members, who adds what the slices give and normalizes.
#pragma once

#include "layout.hpp"

namespace wm::gpu {

// Weights of a slice. Those of a half follow each other in memory: qkv and attention, up and down.
struct TokenSlice {
  Linear qkv;        // (3 d, W): query, key and value of the head
  Linear attention;  // (W, d), without its bias
  Linear up;         // (units, W)
  Linear down;       // (W, units), without its bias
};

struct TokenLayer {
  const TokenSlice* slices = nullptr;     // one a head
  const float* attention_bias = nullptr;  // (W,)
  const float* down_bias = nullptr;       // (W,)
};

// A layer that is split by its outputs: slice s has outputs s share … (s + 1) share − 1.
struct Split {
  const Linear* slices = nullptr;
  int share = 0;  // whole fragments
};

// The names are those of wm_robot/kernels/token_predictor.py.
struct TokenPredictor {
  int history = 0, context = 0, state = 0, patches = 0, patch = 0, latent = 0, nu = 0, rows = 0;
  int width = 0, heads = 0, head = 0, hidden = 0, embedding = 0, blocks = 0;
  int units = 0;                  // of a slice; the last ones may have fewer
  Split input, output;            // (W, D), (D, W)
  Split modulation;               // (blocks 6 W, E), where E > 0
  Linear action, action2;         // (W, nu), or (E, nu) and (E, E)
  Linear proprio;                 // (W, S), where S > 0
  const float* motion = nullptr;  // (S, nu)
  const TokenLayer* layers = nullptr;
};

// How the grid is cut; see token_shape.hpp.
struct Shape {
  int members = 1;  // blocks of a team, at most one a head
  int teams = 1;
  int rows = kTile;        // of a group's frames, whole tiles
  int candidates = 1;      // of a group
  bool staged = false;     // whether the next weights are copied to a block's own memory while it waits
  bool clustered = false;  // whether members reach each other's own memory

  bool operator==(const Shape& other) const {
    return members == other.members && teams == other.teams && rows == other.rows &&
           candidates == other.candidates && staged == other.staged && clustered == other.clustered;
  }
  bool operator!=(const Shape& other) const { return !(*this == other); }
};

struct TokenProblem : SearchProblem {
  TokenPredictor predictor;
  Terms terms;
  Shape shape;
  const float* latents = nullptr;       // (T, L), oldest first
  const float* past_actions = nullptr;  // (T − 1, nu)
  const float* turns = nullptr;         // (T − 1 + H, N, d): cosine and sine of each plane's angle
  Bf16* observed = nullptr;             // keys and values (blocks, heads, T − 1, 2, N, d)
  char* teams = nullptr;                // (teams,) of TeamMemory
  char* inboxes = nullptr;              // (teams members,) of Inbox, where they are not clustered
  unsigned* arrived = nullptr;          // (teams,): zero; counts arrivals at the team's barrier
};

}  // namespace wm::gpu
