"""The published ways to count jobs, each as a rule over draws of Korean scores.

A companion counts people whom a document sets beside its jobs at risk, for instance those whose
work AI complements. It is printed beside the published figure like every preset, but nobody in it
is at risk: a run cannot choose it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forecast.errors import ConfigError
from forecast.stages.counting import (
    Rule,
    calibrated_threshold,
    high_exposure,
    more_than_bar,
    top_groups,
)


@dataclass(frozen=True)
class Preset:
    """A published way to count: definition, denominator and the rule that does it.

    `implied_base` is true where the base is the one that the document implies, false where it is
    the mean number of employed persons of the base year. `companion_of` names the preset whose
    document also gives this figure, which is then no count of jobs at risk; `anchor` and `counted`
    are preset and dimension of the published figure where they are not the preset's own.
    """

    name: str
    definition: str
    base: str
    rule: Rule
    implied_base: bool = False
    companion_of: str = ""
    anchor: str = ""
    counted: str = "at_risk_persons"


def require_preset(name: str) -> str:
    """Return `name`, or refuse it with the list of presets that count jobs at risk.

    Examples
    --------
    >>> require_preset("kiet_2022")
    'kiet_2022'
    """
    choices = [key for key, preset in PRESETS.items() if not preset.companion_of]
    if name not in choices:
        known = PRESETS.get(name)
        reason = f" (a companion of {known.companion_of}: nobody in it is at risk)" if known else ""
        raise ConfigError(
            f"at_risk.preset is {name!r}{reason}; choose one of {', '.join(choices)}."
        )
    return name


_EMPLOYED = "employed persons, mean of the half-years of {year}"
_WEBB = "not calibrated (they used the patent index of Webb 2020)"
_MEDIANS = "the unweighted median over minor groups; not calibrated (they used AIOE)"
_JOBS = (
    "the jobs of an occupation are samples of its work; not calibrated (they count whole jobs in "
    "the first half of 2023); the bar that would give their figure stands in headline_variants"
)
PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="kiet_2022",
            definition=(
                "P(substitution of a job > threshold); the threshold is calibrated so that the "
                "mean over draws equals the published count: the level is theirs, the "
                "distribution over occupations and the interval are ours (they used the patent "
                "index of Webb 2020)"
            ),
            base=(
                "jobs implied by the published count and share, spread over occupations like "
                "employed persons of {year}"
            ),
            rule=calibrated_threshold,
            implied_base=True,
        ),
        Preset(
            name="bok_2023_top20",
            definition=(
                "all persons in the most exposed 20 % of minor groups (share of groups, not of "
                f"persons); {_WEBB}"
            ),
            base=_EMPLOYED,
            rule=top_groups(0.20),
        ),
        Preset(
            name="bok_2023_top25",
            definition=(
                "all persons in the most exposed 25 % of minor groups (share of groups, not of "
                f"persons); {_WEBB}"
            ),
            base=_EMPLOYED,
            rule=top_groups(0.25),
        ),
        Preset(
            name="imf_high_exposure_low_complementarity",
            definition=(
                f"all persons in minor groups with exposure above and complementarity below "
                f"{_MEDIANS}; the published share is applied to our base"
            ),
            base=_EMPLOYED,
            rule=high_exposure(high_complementarity=False),
        ),
        Preset(
            name="imf_high_exposure_high_complementarity",
            definition=(
                f"not at risk: all persons in minor groups with exposure above and complementarity "
                f"not below {_MEDIANS}; the published share is applied to our base"
            ),
            base=_EMPLOYED,
            rule=high_exposure(high_complementarity=True),
            companion_of="imf_high_exposure_low_complementarity",
        ),
        Preset(
            name="kli_2024_gpt",
            definition=(
                "P(AI does more than {bar} of the tasks of a job whole: labels E1, T3, T4); "
                f"{_JOBS}"
            ),
            base=_EMPLOYED,
            rule=more_than_bar("task_substitution_share"),
        ),
        Preset(
            name="kli_2024_gpt_complemented",
            definition=(
                "not at risk: P(AI speeds up more than {bar} of the tasks of a job without "
                f"doing them whole: labels E2, T2); {_JOBS}"
            ),
            base=_EMPLOYED,
            rule=more_than_bar("task_assistance_share"),
            companion_of="kli_2024_gpt",
            anchor="kli_2024_gpt",
            counted="complemented_persons",
        ),
    )
}
