"""The console script `wmr`: one subcommand a file, each loaded only when it is called."""
