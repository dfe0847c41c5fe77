"""How every figure looks: Korean type, colour-blind-safe colours, units and the standing banner.

Figures are built on :class:`matplotlib.figure.Figure` without pyplot, inside :func:`drawing`, so
that nothing of the caller's matplotlib changes. A glyph that the font lacks is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FONT = "NanumGothic"
BOLD = 600  # the weight that NanumGothicBold declares
PIXELS_PER_INCH = 130
_HEAD_INCHES, _FOOT_INCHES, _LEGEND_INCHES = 0.62, 0.30, 0.36
PERSONS_PER_MAN = 10_000  # 만: the unit in which Korean readers count people

# Okabe and Ito (2008), distinguishable under the common colour-vision deficiencies.
BLUE, SKY, GREEN = "#0072B2", "#56B4E9", "#009E73"
ORANGE, VERMILLION, PURPLE = "#E69F00", "#D55E00", "#AA4499"
INK, GREY, PALE = "#222222", "#777777", "#DDDDDD"

SCENARIO_COLOURS = {"no_ai": GREY, "slow": SKY, "central": BLUE, "fast": VERMILLION}
SCENARIO_DASHES = {"no_ai": ":", "slow": "--", "central": "-", "fast": "-."}
SCENARIO_NAMES = {"no_ai": "AI 없음", "slow": "느림", "central": "중간", "fast": "빠름"}
NEED_COLOURS = {"ai_basic": BLUE, "ax": ORANGE, "job_change": VERMILLION}
NEED_NAMES = {"ai_basic": "AI 기초", "ax": "AX(도메인+AI)", "job_change": "직무 전환"}
PRESET_NAMES = {
    "kiet_2022": "산업연구원 2022",
    "bok_2023_top20": "한국은행 2023 · 상위 20 %",
    "bok_2023_top25": "한국은행 2023 · 상위 25 %",
    "imf_high_exposure_low_complementarity": "IMF · 고노출·저보완",
    "imf_high_exposure_high_complementarity": "IMF · 고노출·고보완 (위험 아님)",
    "kli_2024_gpt": "한국의 사회동향 2024 · GPT",
    "kli_2024_gpt_complemented": "한국의 사회동향 2024 · GPT 보완 (위험 아님)",
}
INDEX_NAMES = {
    "exposure": "이 모형 · 노출",
    "substitution": "이 모형 · 대체",
    "human_beta": "GPT 노출 · 사람 평가",
    "gpt4_beta": "GPT 노출 · GPT-4 평가",
    "automation": "GPT-4 자동화 등급",
    "ilo_2023": "ILO 2023",
    "daioe_genai": "DAIOE 생성형",
    "daioe_allapps": "DAIOE 전체",
    "aioe": "AIOE",
    "aioe_lm": "AIOE 언어모형",
    "sml": "SML",
    "frey_osborne": "Frey·Osborne",
}
TARGET_NAMES = INDEX_NAMES | {
    "consensus": "지표들의 합의",
    "consensus_unrelated": "지표들의 합의 (고르는 기준)",
}
MODEL_NAMES = {
    "ridge": "능선 회귀",
    "pls": "부분 최소제곱",
    "gaussian_process": "가우스 과정",
    "boosting": "나무 부스팅",
    "two_way": "산업·시도 × 직업 조정",
    "network": "신경망",
    "task_text": "과업의 말",
    "stack": "모형들의 가중 평균",
    "auto_nested": "고르기까지 시험",
    "mean_rank": "다른 지표의 평균 순위",
    "descriptors_and_indices": "다른 지표도 봄",
    "seasonal_naive": "계절 단순",
    "last_value": "직전 값",
    "drift": "추세 연장",
    "damped_drift": "둔화하는 추세 연장",
    "drift_logit": "추세 연장 (로짓)",
    "damped_trend": "둔화하는 추세 (로짓)",
    "ets": "지수평활 (ETS)",
    "theta": "세타",
    "arima": "ARIMA",
    "combination": "가중 조합",
    "auto_ets": "AutoETS",
    "auto_theta": "AutoTheta",
    "auto_arima": "AutoARIMA",
    "logistic": "로지스틱 곡선",
    "gompertz": "곰퍼츠 곡선",
    "bass": "배스 곡선",
    "expectation": "기업의 6개월 뒤 예상",
    "sampling_error": "표본오차만 남은 예측",
}
LEVEL_NAMES = {  # levels of the employment hierarchies
    "cells": "직업 × 연령",
    "majors_by_age": "대분류 × 연령",
    "occupations": "직업 (중분류)",
    "majors": "직업 대분류",
    "ages": "연령",
    "total": "전체",
    "all_series": "계열 전부",
    "industry": "산업",
    "industry_occupation": "산업 × 직업",
    "province": "시도",
    "province_occupation": "시도 × 직업",
}
MEASURE_NAMES = {  # which adoption was measured
    "firm_50plus_research_sample": "50인 이상 기업 (연구 표본)",
    "firm_50plus_business_survey": "50인 이상 기업 (기업활동조사)",
    "firm_10plus_nia": "10인 이상 기업 (NIA)",
}
CONSTRUCT_NAMES = {
    "language_ability": "언어·능력",
    "machine_learning": "기계학습",
    "computerisation": "전산화",
    "other": "그 밖의 지표",
}
QUADRANT_NAMES = {  # exposure, then complementarity
    "high_low": "고노출·저보완",
    "high_high": "고노출·고보완",
    "low_low": "저노출·저보완",
    "low_high": "저노출·고보완",
}
BANNER = "노출은 대체가 아니다 · Exposure is not displacement"


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with the report's type and colours; on leaving, matplotlib is as it was before."""
    import matplotlib

    _register_fonts()
    settings = {
        "font.family": FONT,
        "font.size": 10.5,
        "axes.unicode_minus": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": BOLD,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": PALE,
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 9.5,
        "hatch.linewidth": 0.7,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing from")
        yield


def sheet(title: str, subtitle: str, *, width: float = 9.6, height: float = 5.4) -> Figure:
    """Start a figure with a Korean title and an English line under it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    _keep_free(figure, _FOOT_INCHES)
    figure.text(0.012, 1 - 0.12 / height, title, size=14, weight=BOLD, color=INK, va="top")
    figure.text(0.012, 1 - 0.40 / height, subtitle, size=9.5, color=GREY, va="top")
    return figure


def legend_below(
    figure: Figure, entries: tuple[list[Any], list[Any]], *, place: str = "right"
) -> None:
    """Put a legend under the axes and above the stamp.

    Parameters
    ----------
    figure : Figure
        Made by :func:`sheet`.
    entries : tuple
        Handles and labels, as an axes gives them; a label that comes twice is shown once.
    place : str
        ``left``, ``center`` or ``right``.
    """
    shown = dict(zip(reversed(entries[1]), reversed(entries[0]), strict=True))
    labels = list(dict.fromkeys(entries[1]))
    _keep_free(figure, _FOOT_INCHES + _LEGEND_INCHES)
    legend = figure.legend(
        [shown[label] for label in labels],
        labels,
        loc=f"lower {place}",
        ncols=len(labels),
        bbox_to_anchor=(0.0, _FOOT_INCHES / figure.get_figheight(), 1.0, 0.5),
    )
    legend.set_in_layout(False)  # its room is kept free above


def _keep_free(figure: Figure, inches: float) -> None:
    """Leave room for the title above the axes, and `inches` below them."""
    height = figure.get_figheight()
    head, foot = _HEAD_INCHES / height, inches / height
    engine = figure.get_layout_engine()
    assert engine is not None  # sheet() asks for one
    engine.set(rect=(0, foot, 1, 1 - head - foot))  # type: ignore[call-arg]


def halo(text: Text) -> Text:
    """Outline a text in white, so that it reads on top of a mark."""
    from matplotlib.patheffects import withStroke

    text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    return text


def save(figure: Figure, path: Path, *, provenance: str) -> Path:
    """Stamp banner and provenance under the figure and write it without a date inside."""
    height = figure.get_figheight()
    stamp = f"{BANNER}    |    출처 구분 provenance: {provenance}"
    figure.text(0.012, 0.08 / height, stamp, size=8.5, color=GREY, va="bottom")
    figure.savefig(path, dpi=PIXELS_PER_INCH, format="png", metadata={"Software": None})
    return path


def shorten(text: str, length: int = 16) -> str:
    """Cut a long Korean name for a label.

    Examples
    --------
    >>> shorten("상하수도 및 재활용 처리 관련 기계 조작직", 12)
    '상하수도 및 재활용…'
    >>> shorten("금융 사무직")
    '금융 사무직'
    """
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def adoption_target(target: str) -> str:
    """Say in Korean which adoption was forecast, and how far ahead.

    Examples
    --------
    >>> adoption_target("btos_state_6"), adoption_target("firm_10plus_nia")
    ('미국 주 · 12주 앞', '10인 이상 기업 (NIA)')
    """
    cycles = target.removeprefix("btos_state_")
    if cycles != target:
        return f"미국 주 · {2 * int(cycles)}주 앞"  # a cycle lasts two weeks
    return MEASURE_NAMES.get(target, target)


def horizontal_only(axes: Axes) -> None:
    """Keep the guide lines that run along the bars of a horizontal chart off its categories."""
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def whole_years(axes: Axes) -> None:
    """Put ticks on whole years only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))


def _register_fonts() -> None:
    from matplotlib import font_manager

    if FONT in font_manager.get_font_names():
        return
    for file in ("NanumGothic.ttf", "NanumGothicBold.ttf"):
        font_manager.fontManager.addfont(_font_path(file))


def _font_path(file: str) -> Path:
    # The package is not imported: importing it would change matplotlib for the whole process.
    package = "koreanize-matplotlib"
    try:
        path = Path(str(distribution(package).locate_file(f"koreanize_matplotlib/fonts/{file}")))
    except PackageNotFoundError:
        path = Path(file)
    if not path.is_file():
        raise InputError(
            f"{file} of the package {package} is not installed; figures need it for Korean "
            f"labels. Install it: pip install {package}"
        )
    return path
