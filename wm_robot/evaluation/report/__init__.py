"""One self-contained HTML page about what an arm did, and what the model imagined it would do."""
