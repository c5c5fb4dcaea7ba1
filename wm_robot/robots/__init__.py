"""Robot descriptions: one RobotSpec a file, plain data."""
