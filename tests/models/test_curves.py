"""Three diffusion curves behind one interface."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.models.curves import BASS_RATIO, CURVES, bass
from forecast.models.diffusion import Diffusion

EVERY = pytest.mark.parametrize("curve", CURVES.values(), ids=list(CURVES))


@EVERY
@given(part=st.floats(1e-6, 0.999))
def test_fraction_undoes_position(curve, part):
    assert curve.fraction(curve.position(np.array([part])))[0] == pytest.approx(part, rel=1e-6)


@EVERY
@given(part=st.floats(0.001, 0.99))
def test_slope_is_the_derivative_of_position(curve, part):
    step = 1e-6 * part
    around = curve.position(np.array([part - step, part + step]))
    assert curve.slope(np.array([part]))[0] == pytest.approx(np.diff(around)[0] / (2 * step), 1e-4)


@EVERY
def test_a_share_stays_between_nothing_and_its_ceiling_however_far_it_goes(curve):
    parts = curve.fraction(np.array([-1e4, -10.0, 0.0, 10.0, 1e4]))
    assert (parts > 0).all() and (parts <= 1).all()
    assert (np.diff(parts) >= 0).all()


def test_the_bass_curve_is_the_closed_form_of_its_paper():
    p, q, years = 0.03, 0.38, np.array([1.0, 5.0, 10.0])
    decay = np.exp(-(p + q) * years)
    expected = (1 - decay) / (1 + q / p * decay)
    np.testing.assert_allclose(bass(q / p).fraction((p + q) * years), expected)
    assert pytest.approx(q / p) == BASS_RATIO


def test_gompertz_passes_its_inflection_at_one_over_e():
    grid = np.linspace(-3, 3, 2001)
    steepest = CURVES["gompertz"].fraction(grid)[
        np.argmax(np.diff(CURVES["gompertz"].fraction(grid)))
    ]
    assert steepest == pytest.approx(np.exp(-1.0), abs=0.01)


@given(ceiling=st.floats(0.1, 0.95), part=st.floats(0.02, 0.5), speed=st.floats(0.01, 0.5))
def test_curves_grow_alike_today_and_differ_later(ceiling, part, speed):
    start = part * ceiling

    def path(curve, speed):
        known = (np.array([ceiling]), np.array([speed]), np.array([0.1]), start, 1.0)
        return Diffusion(*known, curve=curve).paths(np.zeros((1, 1)))[0, 0]

    soon = [np.log(path(curve, 1e-5) / start) for curve in CURVES.values()]
    np.testing.assert_allclose(soon, soon[0], rtol=1e-3)
    for curve in CURVES.values():
        assert start < path(curve, speed) < ceiling
