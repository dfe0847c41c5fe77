"""Published counts of jobs at risk: what our presets are compared with and raked to."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.figures import figure, read_figures

# preset, dimension, ksic, occupation_group, row
_ANCHORS: tuple[tuple[str, str, str, str, str], ...] = (
    ("kiet_2022", "at_risk_persons", "", "", "kiet_exposure-0001"),
    ("kiet_2022", "share_percent", "", "", "kiet_exposure-0002"),
    ("kiet_2022", "base_persons", "", "", "kiet_exposure-0003"),
    ("kiet_2022", "industry", "C", "", "kiet_exposure-0004"),
    ("kiet_2022", "industry", "F", "", "kiet_exposure-0005"),
    ("kiet_2022", "industry", "M", "", "kiet_exposure-0006"),
    ("kiet_2022", "industry", "J", "", "kiet_exposure-0007"),
    ("kiet_2022", "industry", "other", "", "kiet_exposure-0008"),
    ("kiet_2022", "industry_division", "C26", "", "kiet_exposure-0009"),
    ("kiet_2022", "industry_division", "C28", "", "kiet_exposure-0010"),
    ("kiet_2022", "industry_division", "C29", "", "kiet_exposure-0011"),
    ("kiet_2022", "industry_division", "C20", "", "kiet_exposure-0012"),
    ("kiet_2022", "industry_division", "C30", "", "kiet_exposure-0013"),
    ("kiet_2022", "occupation", "", "2", "kiet_exposure-0014"),
    ("kiet_2022", "occupation", "", "23", "kiet_exposure-0043"),
    ("kiet_2022", "occupation", "", "22", "kiet_exposure-0044"),
    ("kiet_2022", "occupation", "", "2x", "kiet_exposure-0045"),
    ("kiet_2022", "occupation", "", "!2", "kiet_exposure-0046"),
    ("kiet_2022", "occupation_alternative", "", "2", "kiet_exposure-0016"),
    ("kiet_2022", "industry_x_occupation", "M", "2", "kiet_exposure-0018"),
    ("kiet_2022", "industry_x_occupation", "F", "2", "kiet_exposure-0019"),
    ("kiet_2022", "industry_x_occupation", "J", "2", "kiet_exposure-0020"),
    ("kiet_2022", "industry_x_occupation", "C", "2", "kiet_exposure-0021"),
    ("bok_2023_top20", "at_risk_persons", "", "", "bok_exposure-0001"),
    ("bok_2023_top20", "share_percent", "", "", "bok_exposure-0002"),
    ("bok_2023_top25", "at_risk_persons", "", "", "bok_exposure-0003"),
    ("bok_2023_top25", "share_percent", "", "", "bok_exposure-0004"),
    ("imf_high_exposure_low_complementarity", "share_percent", "", "", "bok_exposure-0035"),
    ("imf_high_exposure_high_complementarity", "share_percent", "", "", "bok_exposure-0034"),
    ("kli_2024_gpt", "at_risk_persons", "", "", "bok_exposure-0090"),
    ("kli_2024_gpt", "share_percent", "", "", "bok_exposure-0091"),
    ("kli_2024_gpt", "complemented_persons", "", "", "bok_exposure-0092"),
    ("kli_2024_gpt", "complemented_share_percent", "", "", "bok_exposure-0093"),
)


def table(root: Path) -> pd.DataFrame:
    """Return the anchors: anchor, preset, dimension, ksic, occupation_group, value, unit, ...

    `confidence` is ``printed``, or ``computed`` where the figure was worked out from printed ones.

    Shares are in percent. Counts are whole; `unit` says whether the document counts jobs
    (일자리, 만개) or persons (취업자, 만명).
    """
    topics = {name: read_figures(root, name) for name in ("kiet_exposure", "bok_exposure")}
    rows = []
    for preset, dimension, ksic, group, row in _ANCHORS:
        found = figure(topics[row.rsplit("-", 1)[0]], row)
        rows.append(
            {
                "anchor": ".".join(part for part in (preset, dimension, ksic, group) if part),
                "preset": preset,
                "dimension": dimension,
                "ksic": ksic,
                "occupation_group": group,
                "value": found.amount,
                "unit": found.unit,
                "year": int(found.year),
                "confidence": "computed" if found.computed else "printed",
                "source": found.source,
                "note": found.note,
            }
        )
    return pd.DataFrame(rows).sort_values("anchor", ignore_index=True)
