"""Episodes on disk: LeRobotDataset v3 reading, writing, checking and repair."""
