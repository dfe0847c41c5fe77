"""Diffusion curves behind one interface: a share moves along its curve at constant speed.

``position`` maps the part of the ceiling that is reached (0 to 1, exclusive) to the real line so
that the curve becomes a straight line in time; ``fraction`` maps it back. What one unit of position
means differs between curves. Speeds are therefore stated as growth of the log share at the level
last seen, and ``elasticity`` turns them into positions: the curves then agree today and differ
only in how they bend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Mapping1 = Callable[[Floats], Floats]

# Imitation over innovation, q / p = 0.38 / 0.03: means over 213 diffusions in
# Sultan, Farley and Lehmann (1990), Journal of Marketing Research 27(1).
BASS_RATIO = 0.38 / 0.03
# No position is taken lower than these: a share stays above 0.
_LOWEST_LOGISTIC, _LOWEST_GOMPERTZ, _LOWEST_BASS = -400.0, -6.0, 1e-9


@dataclass(frozen=True)
class Curve:
    """One family of diffusion curves.

    Parameters
    ----------
    name : str
    position, fraction : callable
        Part of the ceiling to position, and back.
    slope : callable
        Derivative of `position`.
    """

    name: str
    position: Mapping1
    fraction: Mapping1
    slope: Mapping1

    def elasticity(self, fraction: Floats) -> Floats:
        """Return the rise in position per unit of log share.

        Examples
        --------
        >>> LOGISTIC.elasticity(np.array([0.0001, 0.5])).round(3).tolist()
        [1.0, 2.0]
        """
        return np.asarray(fraction * self.slope(fraction))


def bass(ratio: float = BASS_RATIO) -> Curve:
    """Return the Bass curve with a given ratio of imitation to innovation.

    F = (1 - exp(-z)) / (1 + ratio exp(-z)), z = (p + q) t: adoption starts at z = 0.

    References
    ----------
    Bass (1969), A new product growth model for consumer durables, Management Science 15(5).

    Examples
    --------
    >>> curve = bass(10.0)
    >>> curve.fraction(curve.position(np.array([0.2]))).round(9).tolist()
    [0.2]
    """

    def fraction(position: Floats) -> Floats:
        left = np.exp(-np.maximum(position, _LOWEST_BASS))
        return np.asarray((1.0 - left) / (1.0 + ratio * left))

    return Curve(
        "bass",
        lambda part: np.asarray(np.log1p(ratio * part) - np.log1p(-part)),
        fraction,
        lambda part: np.asarray(ratio / (1.0 + ratio * part) + 1.0 / (1.0 - part)),
    )


LOGISTIC = Curve(
    "logistic",
    lambda part: np.asarray(logit(part)),
    lambda position: np.asarray(expit(np.maximum(position, _LOWEST_LOGISTIC))),
    lambda part: np.asarray(1.0 / (part * (1.0 - part))),
)
GOMPERTZ = Curve(
    "gompertz",
    lambda part: np.asarray(-np.log(-np.log(part))),
    lambda position: np.asarray(np.exp(-np.exp(-np.maximum(position, _LOWEST_GOMPERTZ)))),
    lambda part: np.asarray(-1.0 / (part * np.log(part))),
)
CURVES = {curve.name: curve for curve in (LOGISTIC, GOMPERTZ, bass())}
