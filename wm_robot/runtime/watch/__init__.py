"""What a running planner shows of itself, and what it can be asked for, without ever waiting for anybody."""
