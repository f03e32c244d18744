"""Running spread of residuals on numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bonescan.stats.spread import running_spread


def test_bins_hold_equal_counts_in_order() -> None:
    centre, spread = running_spread([4.0, 1.0, 3.0, 2.0], [3.0, 1.0, -4.0, -1.0], 2)
    np.testing.assert_allclose(centre, [1.5, 3.5])
    np.testing.assert_allclose(spread, [1.0, np.sqrt(12.5)])  # √((1+1)/2), √((16+9)/2)


def test_a_bias_counts_as_spread() -> None:
    _, spread = running_spread([1.0, 2.0, 3.0], [0.5, 0.5, 0.5], 1)
    assert spread[0] == pytest.approx(0.5)


def test_more_bins_than_values_are_refused() -> None:
    with pytest.raises(ValueError, match="found 2 values, wanted at least 3"):
        running_spread([1.0, 2.0], [0.0, 0.0], 3)
