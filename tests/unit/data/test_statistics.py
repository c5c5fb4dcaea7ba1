import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wm_robot.data.statistics import combine, image_statistics, numeric_statistics

values = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(-1e3, 1e3, width=32)
)


@settings(max_examples=50, deadline=None)
@given(st.lists(values, min_size=1, max_size=4))
def test_combined_moments_are_those_of_all_values_together(parts):
    whole = numeric_statistics({"x": np.concatenate(parts)})["x"]
    combined = combine([numeric_statistics({"x": part})["x"] for part in parts])
    for name in ("min", "max", "count"):
        np.testing.assert_array_equal(combined[name], whole[name])
    np.testing.assert_allclose(combined["mean"], whole["mean"], atol=1e-9)
    # The variance of a sum of parts cancels squares of up to 1e6, of which 1e-9 relative is left.
    np.testing.assert_allclose(combined["std"] ** 2, whole["std"] ** 2, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(4), st.just(5), st.just(3))))
def test_picture_statistics_are_those_of_the_pixels_scaled_to_one(images):
    found = image_statistics(images)
    pixels = images.reshape(-1, 3) / 255
    for name, reduce in (("min", np.min), ("max", np.max), ("mean", np.mean), ("std", np.std)):
        assert found[name].shape == (3, 1, 1)
        np.testing.assert_allclose(found[name].ravel(), reduce(pixels, axis=0), atol=1e-12)
    for name, fraction in (("q01", 0.01), ("q50", 0.5), ("q99", 0.99)):
        below = (pixels <= found[name].ravel()).mean(axis=0)
        assert (below >= fraction).all()
    assert found["count"] == [len(images)]


def test_scalars_are_vectors_of_one():
    found = numeric_statistics({"x": np.array([1, 2, 3, 4])})["x"]
    # Mean 2.5; variance (2.25 + 0.25 + 0.25 + 2.25) / 4 = 1.25; the median lies between 2 and 3.
    np.testing.assert_allclose([found["mean"][0], found["std"][0] ** 2, found["q50"][0]], [2.5, 1.25, 2.5])
    assert found["count"] == [4]
