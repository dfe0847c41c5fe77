"""Korean particles that fit the word before them."""

from __future__ import annotations

import re

from forecast.errors import InputError

# particle as written in a pattern -> after a final consonant, after a vowel
_FORMS = {
    "은/는": ("은", "는"),
    "이/가": ("이", "가"),
    "을/를": ("을", "를"),
    "과/와": ("과", "와"),
    "으로/로": ("으로", "로"),
}
_FIRST, _LAST, _FINALS = ord("가"), ord("힣"), 28
_RIEUL = 8  # number of the final consonant ㄹ, after which 로 stays
# Digits and letters as they are read aloud: 일, 삼, 육, ...; 엘, 엠, 엔, 알.
_READ = {"0": "영", "1": "일", "3": "삼", "6": "육", "7": "칠", "8": "팔"}
_READ |= {"L": "엘", "M": "엠", "N": "엔", "R": "알"}


def with_particle(word: str, particle: str) -> str:
    """Add the form of a particle that fits the last syllable; a closing bracket is passed over.

    Parameters
    ----------
    word : str
        Ends with a Korean syllable, a digit, a Latin letter or ``%``, or with a bracket after it.
    particle : str
        ``은/는``, ``이/가``, ``을/를``, ``과/와`` or ``으로/로``.

    Examples
    --------
    >>> with_particle("간호사", "은/는"), with_particle("물건 옮기기(28%)", "이/가")
    ('간호사는', '물건 옮기기(28%)가')
    >>> with_particle("기술", "으로/로"), with_particle("정보 통신 전문가 및 기술직", "으로/로")
    ('기술로', '정보 통신 전문가 및 기술직으로')
    """
    if particle not in _FORMS:
        raise InputError(f"{particle!r} is no particle known here; choose one of {list(_FORMS)}.")
    bare = re.sub(r"(\([^()]*\)|\s)+$", "", word)
    if not bare:
        raise InputError(f"{word!r} has no syllable for the particle {particle} to follow.")
    last = _READ.get(bare[-1].upper(), bare[-1])
    final = (ord(last) - _FIRST) % _FINALS if _FIRST <= ord(last) <= _LAST else 0
    closed = final > 0 and not (particle == "으로/로" and final == _RIEUL)
    return word + _FORMS[particle][0 if closed else 1]
