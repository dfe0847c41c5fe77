"""The errors a user can meet, each with its exit code.

A message names the file, row, column or key, says what was expected, and ends with the remedy.
Anything that is not one of these is a fault of ours and leaves with exit code 1.
"""


class ForecastError(Exception):
    """Base of every error that is explained to the user instead of traced.

    Examples
    --------
    >>> InfeasiblePlan.exit_code, InputError.exit_code
    (3, 2)
    """

    exit_code = 2


class InputError(ForecastError):
    """The data are wrong: a missing file or column, an unknown code, a negative count."""


class ConfigError(ForecastError):
    """The configuration is wrong: a misspelt key, a wrong type, an unknown option."""


class InfeasiblePlan(ForecastError):
    """No whole-number plan satisfies every request; the message says which ones conflict."""

    exit_code = 3
