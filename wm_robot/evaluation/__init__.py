"""Success rates with intervals, baselines, visual shifts and reports."""
