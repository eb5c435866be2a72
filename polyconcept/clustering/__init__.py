"""Ways to cluster word vectors into latent concepts (Mousi et al. 2024, section 3)."""
