"""Values refuse to exist half-right."""

import numpy as np
import pytest

from forecast.checked import labelled, require
from forecast.errors import InputError


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.1])
def test_a_share_outside_zero_to_one_is_refused(bad):
    with pytest.raises(InputError):
        labelled(np.array([0.5, bad]), {"occupation": ["21", "22"]}, unit="share", low=0, high=1)


def test_dimensions_and_unit_are_part_of_the_type():
    array = labelled(np.zeros((2, 1)), {"draw": [0, 1], "occupation": ["21"]}, unit="share")
    with pytest.raises(InputError, match="dimensions"):
        require(array, ("occupation", "draw"))
    with pytest.raises(InputError, match="unit"):
        require(array, ("draw", "occupation"), unit="persons")
