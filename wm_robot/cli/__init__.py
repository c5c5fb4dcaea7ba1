"""The console script `wmr`, one subcommand a file."""
