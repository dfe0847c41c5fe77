"""``data=sources`` derives the same figures anew and adds scores at SOC level."""

import pandas as pd
import pytest

from forecast.codebook import check_table

EXPOSURE = (
    *("draws=20", "tracking=disabled", "run_dir=out"),
    *("stages=[exposure]", "model=ridge", "exposure.folds=3"),
)


@pytest.mark.sources
def test_sources_give_the_reference_result_and_the_soc_table(
    forecast_command, tmp_path, sources_root
):
    tables = {}
    for kind in ("reference", "sources"):
        work = tmp_path / kind
        work.mkdir()
        root = f"data.root={sources_root}"
        done = forecast_command("run", f"data={kind}", root, *EXPOSURE, cwd=work)
        assert done.returncode == 0, done.stderr
        tables[kind] = work / "out" / "tables"
    for name in ("exposure_isco", "exposure_ksco", "headline"):
        same = [(tables[kind] / f"{name}.csv").read_bytes() for kind in tables]
        assert same[0] == same[1], name
    soc = pd.read_parquet(tables["sources"] / "exposure_soc.parquet")
    check_table("exposure_soc", soc)
    assert len(soc) > 700 and soc["soc2018"].is_unique
    assert not (tables["reference"] / "exposure_soc.csv").exists()
