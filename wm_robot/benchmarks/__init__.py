"""How near this machine's limit the project comes, and how far ahead of its peers: measured side by side."""
