"""Camera images to latents, one encoder a file."""
