"""Networks of a blueprint in Keras and in PyTorch."""
