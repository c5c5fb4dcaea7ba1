"""Joint-level and task-space controllers, and the filters between them and a driver."""
