"""The Keras face, on the backend that KERAS_BACKEND names; make test-keras runs all three."""
