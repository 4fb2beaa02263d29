import numpy as np
import pytest

keras = pytest.importorskip("keras")

from steadygan.keras.means import measured


def test_results_at_once_are_those_of_each_mean() -> None:
    means = [keras.metrics.Mean(name=name) for name in ("loss", "norm", "unseen")]
    for value in (0.5, -2.0, 7.0):
        means[0].update_state(value)
    means[1].update_state(0.1)
    found = measured(means)
    assert list(found) == ["loss", "norm", "unseen"]
    for mean in means:
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found[mean.name]), mean.result())
    assert measured([]) == {}
