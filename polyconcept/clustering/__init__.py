"""K-means: word vectors to clusters, the latent concepts (Mousi et al. 2024, section 3)."""
