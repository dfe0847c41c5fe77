"""Exposure indices and task shares by SOC-2018 and ISCO-08.

What is embedded comes from redistributable sources only; :func:`soc_panel` and
:func:`isco_indices_pull_only` add the pull-only ones where a user has them.

Task level (Eloundou et al. 2024, GPT-4 labels): a task is substituted when it is done whole, that
is labelled E1 (direct exposure) or T3-T4 (high or full automation); it is assisted when it is not
substituted and labelled E2 (exposure with software around the model) or T2. Core tasks weigh 1,
all others 0.5: with these weights the published occupation scores come back to 1e-15.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.complementarity import soc2010_complementarity
from forecast.data.crosswalks import (
    average_to_isco,
    soc2010_to_soc2018,
    soc2010_to_soc2018_mean,
    weights_soc2010,
    weights_soc2018,
)
from forecast.data.files import read_text_table, to_number
from forecast.data.pull_only import pull_only_indices
from forecast.data.revisions import require_system
from forecast.data.task_labels import (
    AUTOMATION,
    EXPOSURES,
    assisted,
    done_whole,
    task_weights,
)
from forecast.errors import InputError

OCCUPATIONS = "gpts_are_gpts/occ_level.csv"
TASKS = "gpts_are_gpts/full_labelset.tsv"
DAIOE = "daioe/daioe_onetsoc2010_2010_2021.tsv"
ILO = "ilo/ilo_genai_2023_isco08.csv"
DAIOE_YEAR = "2021"
MILITARY = "55"  # SOC major group

_RATINGS = {
    "gpt4_alpha": "dv_rating_alpha",
    "gpt4_beta": "dv_rating_beta",
    "human_alpha": "human_rating_alpha",
    "human_beta": "human_rating_beta",
}
_SOURCES = {
    "daioe_genai": "daioe_at_isco08",
    "daioe_allapps": "daioe_at_isco08",
    "theta": "complementarity_at_isco08",
    "aioe": "aioe_at_isco08",
    "aioe_lm": "aioe_lm_at_isco08",
    "frey_osborne": "frey_osborne_at_isco08",
    "sml": "sml_at_isco08",
}
_DECIMALS = 6


def isco_indices(root: Path) -> pd.DataFrame:
    """Return indices by ISCO-08 group, long: isco08, index, value, n_soc, source.

    All are shares (0-1) except the DAIOE indices, which are sums over ability weights.
    """
    frames = [
        _long_isco(average_to_isco(by_soc2018(root), weights_soc2018(root))),
        _long_isco(average_to_isco(by_soc2010(root), weights_soc2010(root))),
        _ilo(root),
    ]
    return pd.concat(frames).sort_values(["isco08", "index"], ignore_index=True)


def isco_indices_pull_only(root: Path) -> pd.DataFrame:
    """Return the pull-only indices that are there by ISCO-08 group, laid out as `isco_indices`."""
    averaged = average_to_isco(pull_only_indices(root), weights_soc2010(root))
    return _long_isco(averaged).sort_values(["isco08", "index"], ignore_index=True)


def soc_panel(root: Path) -> pd.DataFrame:
    """Return indices by SOC-2018, wide: soc2018, title, soc_minor (``11-1``) and the indices.

    DAIOE, theta and the pull-only indices (a column each where their file is there) are means
    over the SOC-2010 codes that a SOC-2018 code came from. Every civilian occupation is listed, so
    that none is left without a score; a missing index stays missing. Military ones are not: no
    source says anything about any of them, and they have no relatives.
    """
    titles = soc2010_to_soc2018(root).drop_duplicates("soc2018").set_index("soc2018")["title"]
    older = by_soc2010(root).join(pull_only_indices(root), how="outer")
    wide = by_soc2018(root).join(soc2010_to_soc2018_mean(root, older), how="outer")
    civilian = titles.index[~titles.index.str.startswith(MILITARY)].sort_values()
    wide = wide.reindex(civilian).round(_DECIMALS).rename_axis("soc2018").reset_index()
    wide.insert(1, "title", wide["soc2018"].map(titles))
    wide.insert(2, "soc_minor", wide["soc2018"].str[:4])
    return wide


def task_scores(tasks: pd.DataFrame) -> pd.DataFrame:
    """Score 8-digit occupations from their task labels.

    Parameters
    ----------
    tasks : DataFrame
        O*NET-SOC Code, Task Type (Core, Supplemental or empty), gpt4_exposure (E0 to E2),
        gpt4_automation (T0 to T4).

    Returns
    -------
    DataFrame
        Indexed by O*NET-SOC code: automation (mean), task_substitution_share,
        task_assistance_share (all 0-1).

    Examples
    --------
    >>> labels = pd.DataFrame({"O*NET-SOC Code": "11-1011.00", "Task Type": ["Core", ""],
    ...     "gpt4_exposure": ["E1", "E2"], "gpt4_automation": ["T1", "T0"]})
    >>> task_scores(labels).round(3).iloc[0].tolist()
    [0.167, 0.667, 0.333]
    """
    exposure, automation = tasks["gpt4_exposure"], tasks["gpt4_automation"]
    wrong = ~exposure.isin(EXPOSURES) | ~automation.isin(AUTOMATION)
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{TASKS}, row {place + 2}: labels {exposure.iloc[place]!r}, "
            f"{automation.iloc[place]!r}; expected E0 to E2 and T0 to T4."
        )
    weight = task_weights(tasks["Task Type"] == "Core")
    parts = pd.DataFrame(
        {
            "automation": automation.map(AUTOMATION) * weight,
            "task_substitution_share": done_whole(exposure, automation) * weight,
            "task_assistance_share": assisted(exposure, automation) * weight,
            "weight": weight,
        }
    )
    sums = parts.groupby(tasks["O*NET-SOC Code"].to_numpy()).sum()
    return sums.drop(columns="weight").div(sums["weight"], axis=0)


def by_soc2018(root: Path) -> pd.DataFrame:
    """Return the GPTs-are-GPTs scores by SOC-2018: means over 8-digit occupations."""
    columns = ("O*NET-SOC Code", *_RATINGS.values())
    published = read_text_table(root, OCCUPATIONS, columns=columns)
    scores = pd.DataFrame(
        {name: to_number(published, column, file=OCCUPATIONS) for name, column in _RATINGS.items()}
    )
    scores.index = pd.Index(published["O*NET-SOC Code"])
    labels = ("O*NET-SOC Code", "Task Type", "gpt4_exposure", "gpt4_automation")
    tasks = task_scores(read_text_table(root, TASKS, columns=labels, separator="\t"))
    scores = scores.join(tasks, how="outer")
    codes = pd.Series(scores.index)
    codes = require_system(codes, root, file=OCCUPATIONS, system="soc2018")
    return scores.groupby(codes.to_numpy()).mean().rename_axis("soc2018")


def by_soc2010(root: Path) -> pd.DataFrame:
    """Return DAIOE and complementarity by SOC-2010."""
    names = ("daioe_allapps", "daioe_genai")
    table = read_text_table(
        root, DAIOE, columns=("occ_code_onetsoc2010", "year", *names), separator="\t"
    )
    table = table[table["year"] == DAIOE_YEAR]
    if table.empty:
        raise InputError(f"{DAIOE} has no year {DAIOE_YEAR}. `forecast data pull` takes it anew.")
    codes = table["occ_code_onetsoc2010"]
    codes = require_system(codes, root, file=DAIOE, system="soc2010")
    daioe = pd.DataFrame({name: to_number(table, name, file=DAIOE) for name in names})
    theta = soc2010_complementarity(root)[["theta"]]
    wide = daioe.groupby(codes.to_numpy()).mean().join(theta, how="outer")
    return wide.rename_axis("soc2010")


def _long_isco(averaged: tuple[pd.DataFrame, pd.DataFrame]) -> pd.DataFrame:
    values, counts = averaged
    long, number = (
        frame.reset_index().melt("isco08", var_name="index", value_name=name)
        for frame, name in ((values, "value"), (counts, "n_soc"))
    )
    long = long.merge(number, on=["isco08", "index"], how="left", validate="one_to_one")
    long = long[long["value"].notna()]
    long["value"] = long["value"].round(_DECIMALS)
    return long.assign(source=long["index"].map(_SOURCES).fillna("gpts_are_gpts_at_isco08"))


def _ilo(root: Path) -> pd.DataFrame:
    table = read_text_table(root, ILO, columns=("ISCO_08", "mean_score_2023"))
    return pd.DataFrame(
        {
            "isco08": table["ISCO_08"].str.strip().str.zfill(4),
            "index": "ilo_2023",
            "value": to_number(table, "mean_score_2023", file=ILO),
            "n_soc": 0,
            "source": "ilo_2023",
        }
    ).dropna(subset="value")
