"""Episodes on disk: LeRobotDataset v3.0 written crash-safe, read exactly, checked and repaired."""
