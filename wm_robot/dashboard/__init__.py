"""The control dashboard: a page in which a person watches a running planner, and changes it safely."""
