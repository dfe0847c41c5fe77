"""Theta is the mean of its six components, and a file that says otherwise is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast.data.complementarity import COMPLEMENTARITY, SCALES, soc2010_complementarity
from forecast.errors import InputError


@pytest.mark.sources
def test_the_published_theta_is_the_mean_of_its_components(sources_root):
    table = soc2010_complementarity(sources_root)
    known = table.dropna()
    assert len(known) > 600
    assert (known[list(SCALES)].mean(axis=1) - known["theta"]).abs().max() < 1e-9
    assert known.to_numpy().min() >= 0.0 and known.to_numpy().max() <= 1.0


@pytest.mark.sources
def test_another_definition_of_theta_is_refused_by_row(sources_root, tmp_path):
    for folder in ("onet", "crosswalks"):
        (tmp_path / folder).mkdir()
    for path in (sources_root / "crosswalks").iterdir():
        (tmp_path / "crosswalks" / path.name).symlink_to(path)
    table = pd.read_csv(sources_root / COMPLEMENTARITY)
    table.loc[3, "theta"] += 0.1
    table.to_csv(tmp_path / COMPLEMENTARITY, index=False)
    with pytest.raises(InputError, match=r"row 5: theta .* is not the mean"):
        soc2010_complementarity(tmp_path)
