"""The panel lines up every part; relatives of the descriptors are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from forecast.data import reference
from forecast.errors import InputError
from forecast.features.panel import RELATIVES, isco_panel, soc_panel

DOMAINS = ["skill", "ability"]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    names = ("isco08", "isco_descriptors", "isco_indices", "descriptors")
    return {name: reference.load(name) for name in names}


def test_every_unit_group_is_there_described_or_not(tables):
    panel = isco_panel(tables, domains=DOMAINS)
    assert panel.codes == sorted(tables["isco08"]["isco08"])
    assert panel.descriptors.notna().all().all()
    described = set(tables["isco_descriptors"]["isco08"])
    assert set(panel.described[panel.described].index) == described
    assert 0 < (~panel.described).sum() < 30


def test_families_are_minor_groups(tables):
    panel = isco_panel(tables, domains=DOMAINS)
    assert panel.families["2111"] == "211"
    assert panel.parents["2111"] == "21"


def test_relatives_really_are_functions_of_descriptors_and_others_are_not(tables):
    panel = isco_panel(tables, domains=["ability"])
    x = panel.descriptors.to_numpy()
    x = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])

    def explained(index: str) -> float:
        y = panel.indices[index].to_numpy()
        seen = np.isfinite(y) & panel.described.to_numpy()
        fit = x[seen] @ np.linalg.lstsq(x[seen], y[seen], rcond=None)[0]
        return float(np.corrcoef(fit, y[seen])[0, 1] ** 2)

    assert explained("daioe_genai") > 0.94
    assert explained("daioe_genai") > explained("gpt4_beta") + 0.05
    assert "daioe_genai" in RELATIVES
    assert "gpt4_beta" not in RELATIVES


def test_an_index_given_twice_is_refused(tables):
    twice = pd.concat([tables["isco_indices"], tables["isco_indices"].head(1)])
    with pytest.raises(InputError, match="occurs twice"):
        isco_panel({**tables, "isco_indices": twice}, domains=DOMAINS)


def test_parts_that_name_other_occupations_are_refused(tables):
    panel = isco_panel(tables, domains=DOMAINS)
    with pytest.raises(InputError, match="different occupations"):
        dataclasses.replace(panel, families=panel.families.iloc[1:])


def test_soc_occupations_form_a_panel_of_the_same_kind(tables):
    codes = ["11-1011", "11-1021", "13-1011"]
    columns = list(tables["descriptors"].query("domain in @DOMAINS")["descriptor"])
    wide = pd.DataFrame(1.0, index=codes, columns=columns).rename_axis("soc2018").reset_index()
    published = pd.DataFrame(
        {
            "soc2018": codes,
            "title": ["a", "b", "c"],
            "soc_minor": ["11-1", "11-1", "13-1"],
            "gpt4_beta": [0.1, None, 0.3],
        }
    )
    panel = soc_panel({**tables, "soc_panel": published, "soc_descriptors": wide}, domains=DOMAINS)
    assert panel.system == "soc2018"
    assert panel.families.tolist() == ["11-1", "11-1", "13-1"]
    assert panel.parents.tolist() == ["11", "11", "13"]
    assert list(panel.indices.columns) == ["gpt4_beta"]
