"""Which metrics a back-test is judged by, and what the best possible value of each is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """How a score of single forecasts becomes a metric.

    Parameters
    ----------
    array : str
        Field of :class:`forecast.validation.backtest.ModelScores` that is averaged.
    ideal : float
        Value of the best possible forecast; of two values the one nearer to it is better.
    scaled : bool
        Whether each forecast is first divided by the scale of its node at its origin.
    """

    array: str
    ideal: float = 0.0
    scaled: bool = False


METRICS = {
    "mase": Metric("absolute_error", scaled=True),
    "crps_scaled": Metric("crps", scaled=True),
    "pinball_scaled": Metric("pinball", scaled=True),
    "coverage80": Metric("inside80", ideal=0.80),
    "coverage95": Metric("inside95", ideal=0.95),
    "sign_accuracy": Metric("sign_hit", ideal=1.0),
}
# What contract table ``scores`` holds; the others stand in the scoreboard only.
MAIN_METRICS = ("mase", "crps_scaled", "coverage80", "coverage95")
# Errors: the ideal is zero, so that a share of them can be saved.
ERRORS = tuple(name for name, metric in METRICS.items() if metric.ideal == 0)
