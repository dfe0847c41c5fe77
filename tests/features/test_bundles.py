"""Every descriptor belongs to one bundle."""

import pytest

from forecast.data import reference
from forecast.errors import InputError
from forecast.features.bundles import BUNDLES, bundle_of


def test_every_descriptor_has_a_bundle_and_every_bundle_a_descriptor():
    elements = reference.load("descriptors")["element_id"].fillna("")
    assert {bundle_of(str(element)) for element in elements} == set(BUNDLES)


@pytest.mark.parametrize(
    ("element", "bundle"),
    [
        ("2.C.1.b", "office"),
        ("2.C.10", "machines"),  # not a child of 2.C.1
        ("4.A.3.a.1", "body"),
        ("4.A.3.a.3", "machines"),
        ("4.A.4.a.5", "care"),
        ("1.C.3.b", "people"),
        ("", "preparation"),
    ],
)
def test_the_longest_branch_decides(element, bundle):
    assert bundle_of(element) == bundle


def test_an_element_of_no_branch_is_refused():
    with pytest.raises(InputError, match=r"'9\.Z\.1'"):
        bundle_of("9.Z.1")
