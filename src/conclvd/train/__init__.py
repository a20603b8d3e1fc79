"""Training: painted clips or a dataset folder in, weights out."""
