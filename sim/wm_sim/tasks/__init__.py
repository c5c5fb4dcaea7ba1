"""Table-top tasks, one a file, behind `tasks.task.Task`."""
