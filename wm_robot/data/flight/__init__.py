"""Flight logs: what a run sensed, decided and commanded, kept so that it can be decided again."""
