"""Datasets in other forms, turned into LeRobotDataset v3.0."""
