"""Every option and every experiment composes, and says why it exists."""

import pytest

from forecast.config import compose, shipped
from forecast.errors import ConfigError
from forecast.pipeline import check_options

GROUPS = sorted(p for p in shipped("conf").rglob("*.yaml") if p.parent != shipped("conf"))
EXPERIMENTS = sorted(shipped("experiments").glob("*.yaml"))


@pytest.mark.parametrize("path", GROUPS, ids=lambda p: f"{p.parent.name}={p.stem}")
def test_every_option_composes_and_passes_the_checks(path):
    group = path.parent.relative_to(shipped("conf")).as_posix()  # hydra/launcher is one too
    check_options(compose(f"{group}={path.stem}"))


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda p: p.stem)
def test_every_experiment_composes_asks_a_question_and_is_listed(path):
    options = compose(f"experiment={path.stem}")
    check_options(options)
    assert options.name == path.stem
    text = path.read_text(encoding="utf-8")
    assert "# Question: " in text
    listed = (shipped("experiments") / "README.md").read_text(encoding="utf-8")
    assert f"`{path.stem}`" in listed and f"experiment={path.stem}" in listed


def test_every_option_file_says_why_it_exists():
    for path in GROUPS:
        assert path.read_text(encoding="utf-8").startswith("#"), path


def test_precedence_is_command_line_over_experiment_over_config():
    assert compose().draws == 500
    assert compose("experiment=smoke").draws == 20
    assert compose("experiment=smoke", "draws=30").draws == 30


def test_a_key_that_is_not_in_the_schema_is_refused_even_with_a_plus():
    with pytest.raises(ConfigError, match="nonsense"):
        compose("+nonsense=1")
