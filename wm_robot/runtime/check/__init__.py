"""A look at an arm and its cameras before the first motion. Nothing is commanded."""
