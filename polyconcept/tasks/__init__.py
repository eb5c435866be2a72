"""What models are trained for: entities, sentiment, translation, and pre-training."""
