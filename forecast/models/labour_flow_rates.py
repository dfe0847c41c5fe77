"""Rates of the labour-flow network: del Rio-Chanona et al. (2021), J. R. Soc. Interface 18."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.errors import ConfigError

DAYS_PER_WEEK, DAYS_PER_YEAR = 7.0, 365.25
RATES_SOURCE = "US calibration of the paper, from memory, to be checked by a person"


@dataclass(frozen=True)
class FlowRates:
    """Rates of the model per step; the defaults are :data:`RATES_SOURCE`.

    Parameters
    ----------
    separation, opening : float
        Share of the employed who are separated, and vacancies opened per employed person, whatever
        demand is (delta_u, delta_v).
    separation_response, opening_response : float
        Share of the jobs above (below) target that is cut (opened) in a step (gamma_u, gamma_v).
    weeks : float
        Length of a step.
    self_loop : float
        Weight of looking for work in the last occupation (r).
    long_term_steps : int
        Full steps without work after which unemployment is long-term; 4 are 27 weeks.
    people_per_job : float
        Labour force relative to target demand before any shock (assumption: 1).
    """

    separation: float = 0.016
    opening: float = 0.012
    separation_response: float = 0.16
    opening_response: float = 0.16
    weeks: float = 6.75
    self_loop: float = 0.55
    long_term_steps: int = 4
    people_per_job: float = 1.0

    def __post_init__(self) -> None:
        for name in ("separation", "opening", "separation_response", "opening_response"):
            if not 0.0 < getattr(self, name) < 1.0:
                raise ConfigError(f"labour flow {name}={getattr(self, name)}: use 0 < value < 1.")
        if not 0.0 <= self.self_loop <= 1.0:
            raise ConfigError(f"labour flow self_loop={self.self_loop}: use 0 <= value <= 1.")
        if min(self.weeks, self.people_per_job) <= 0.0 or self.long_term_steps < 1:
            raise ConfigError(
                f"labour flow weeks={self.weeks}, people_per_job={self.people_per_job}, "
                f"long_term_steps={self.long_term_steps}: all must be positive."
            )

    @property
    def steps_per_year(self) -> float:
        """Steps in a year, not a whole number.

        Examples
        --------
        >>> round(FlowRates().steps_per_year, 2)
        7.73
        """
        return DAYS_PER_YEAR / DAYS_PER_WEEK / self.weeks
