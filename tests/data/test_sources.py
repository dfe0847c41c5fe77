"""The registry knows every public file and tells when one is missing or changed."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from forecast.data import sources
from forecast.errors import InputError

REPOSITORY = Path(__file__).resolve().parents[2]
ADDRESSES = pd.read_csv(REPOSITORY / "scripts" / "source_addresses.csv", dtype=str)


@pytest.fixture
def small_registry(monkeypatch, tmp_path):
    """Three registered files, of which one is right, one has changed and one is missing."""
    contents = {"a/right.csv": b"x\n1\n", "a/changed.csv": b"x\n2\n", "b/missing.csv": b"x\n3\n"}
    entries = [
        {
            "path": f"data/{path}",
            "bytes": len(text),
            "sha256": hashlib.sha256(text).hexdigest(),
            "source": "made up for the test",
            "licence": "none",
            "official_url": None,
        }
        for path, text in contents.items()
    ]
    (tmp_path / "MANIFEST.json").write_text(json.dumps(entries), encoding="utf-8")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "right.csv").write_bytes(contents["a/right.csv"])
    (tmp_path / "a" / "changed.csv").write_bytes(b"x\n9\n")
    addresses = pd.DataFrame({"path": ["a/right.csv"], "file_url": ["https://there/right.csv"]})
    listed = sources.registry_from(tmp_path, addresses=addresses)
    monkeypatch.setattr(sources, "registry", lambda: listed)
    return tmp_path


def test_verify_tells_right_changed_and_missing_files_apart(small_registry):
    states = sources.verify(small_registry).set_index("path")["state"]
    assert states.to_dict() == {
        "a/changed.csv": "changed",
        "a/right.csv": "ok",
        "b/missing.csv": "missing",
    }


def test_a_file_or_a_folder_is_selected_by_name_and_an_unknown_one_refused(small_registry):
    assert sources.select()["path"].tolist() == ["a/changed.csv", "a/right.csv", "b/missing.csv"]
    assert sources.select(["b/missing.csv", "a/"])["path"].nunique() == 3
    assert sources.verify(small_registry, paths=["b"])["state"].tolist() == ["missing"]
    assert sources.select(["a"])["file_url"].tolist() == ["", "https://there/right.csv"]
    for wrong in ("a/righ.csv", "c", "a/right.csv/x", ""):
        with pytest.raises(InputError, match="is not registered"):
            sources.select([wrong])


def test_every_direct_address_is_one_of_a_registered_file_and_quoted():
    listed = sources.registry().set_index("path")["file_url"]
    assert listed[listed != ""].to_dict() == ADDRESSES.set_index("path")["file_url"].to_dict()
    assert ADDRESSES["file_url"].str.fullmatch(r"https://[\w./,%-]+").all()


def test_files_without_a_licence_are_known_by_it():
    listed = sources.registry()
    folders = listed.loc[listed["licence"].map(sources.is_pull_only), "path"].str.split("/").str[0]
    assert set(folders) == {"aioe", "frey_osborne", "sml"}


def test_every_registered_file_has_a_digest_and_a_licence():
    listed = sources.registry()
    assert tuple(listed.columns) == sources.COLUMNS
    assert listed["sha256"].str.fullmatch(r"[0-9a-f]{64}").all()
    assert (listed["licence"] != "").all()
    assert (listed["bytes"] > 0).all()
    assert not listed["path"].str.startswith("data/").any()


def test_an_empty_folder_misses_everything(tmp_path):
    assert set(sources.verify(tmp_path)["state"]) == {"missing"}


@pytest.mark.sources
def test_the_embedded_registry_equals_the_manifest_and_all_files_are_intact(sources_root):
    assert sources.registry().equals(sources.registry_from(sources_root, addresses=ADDRESSES))
    verified = sources.verify(sources_root)
    assert set(verified["state"]) == {"ok"}, verified[verified["state"] != "ok"]


def test_a_broken_manifest_is_refused_by_name(tmp_path):
    (tmp_path / "MANIFEST.json").write_text("[{", encoding="utf-8")
    with pytest.raises(InputError, match=r"MANIFEST\.json is not valid JSON"):
        sources.registry_from(tmp_path, addresses=ADDRESSES)


def test_digest_of_a_long_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "long.bin"
    text = bytes(range(256)) * 10_000
    path.write_bytes(text)
    assert sources.sha256_of(path) == hashlib.sha256(text).hexdigest()
