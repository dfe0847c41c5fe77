"""Particles follow the last syllable."""

import pytest

from forecast.errors import InputError
from forecast.stages.particles import with_particle


@pytest.mark.parametrize(
    ("word", "particle", "whole"),
    [
        ("간호사", "은/는", "간호사는"),
        ("조리사 등", "은/는", "조리사 등은"),
        ("창의적 사고", "이/가", "창의적 사고가"),
        ("정보 수집", "이/가", "정보 수집이"),
        ("기록(업무의 13%)", "과/와", "기록(업무의 13%)과"),
        ("평균 28%", "을/를", "평균 28%를"),
        ("직무 기술", "으로/로", "직무 기술로"),
        ("시험원", "으로/로", "시험원으로"),
        ("AIOE", "은/는", "AIOE는"),
        ("SML", "은/는", "SML은"),
        ("GPT-4", "이/가", "GPT-4가"),
        ("지표 3", "은/는", "지표 3은"),
    ],
)
def test_the_form_fits_the_word(word, particle, whole):
    assert with_particle(word, particle) == whole


@pytest.mark.parametrize(
    ("word", "particle"), [("간호사", "도"), ("", "은/는"), ("(업무)", "이/가")]
)
def test_an_unknown_particle_and_an_empty_word_are_refused(word, particle):
    with pytest.raises(InputError):
        with_particle(word, particle)
