"""The last word before every driver: what reaches an arm stays within its limits and its room."""
