"""Features of videos that other programs found, by method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from conclvd.cli.main import run
from conclvd.errors import InvalidRequest
from conclvd.evaluate.features import load_features
from conclvd.evaluate.measure import measure_sets
from conclvd.evaluate.registry import METRICS
from conclvd.evaluate.rows import read_rows
from video_files import video


def test_methods_and_features_in_one_go(tmp_path: Path) -> None:
    for method in ("a", "b"):
        video(tmp_path / "all" / method / "0000.mp4")
    rng = np.random.default_rng(0)
    near = {"a": rng.normal(size=(20, 4)), "b": rng.normal(size=(20, 4)) + 1}
    save_file({k: v.astype(np.float32) for k, v in near.items()}, tmp_path / "f.safetensors")
    np.save(tmp_path / "real.npy", rng.normal(size=(30, 4)))
    out = tmp_path / "rows.jsonl"
    features = ["--features", tmp_path / "f.safetensors"]
    real = ["--reference-features", tmp_path / "real.npy"]
    command = ["evaluate", "videos", "--videos", tmp_path / "all", *features, *real, "-o", out]
    command += ["--metrics", "flicker,feature-distance"]
    assert run([str(argument) for argument in command]) == 0
    rows = {(row.method, row.metric): row for row in read_rows([out])}
    assert len(rows) == 4
    a, b = (rows[method, "feature-distance"] for method in "ab")
    assert a.value is not None
    assert b.value is not None
    assert a.value < b.value
    assert (a.n, a.video) == (20, None)
    assert str(a.reference).startswith("real.npy (n 30, ")


def test_features_are_those_of_the_method_that_they_name(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", np.ones((4, 3)))
    save_file({"b": np.ones((4, 3))}, tmp_path / "f.safetensors")
    np.save(tmp_path / "f.npy", np.ones((4, 3)))
    named, unnamed, real = (tmp_path / name for name in ("f.safetensors", "f.npy", "real.npy"))
    assert list(load_features(named, real, ["a", "b"]).methods) == ["b"]
    assert list(load_features(unnamed, real, ["a"]).methods) == ["a"]
    with pytest.raises(InvalidRequest, match="a, b"):
        load_features(unnamed, real, ["a", "b"])
    with pytest.raises(InvalidRequest, match=r"'b'.*a, c"):
        load_features(named, real, ["a", "c"])


def test_features_that_are_not_finite_are_a_reason(tmp_path: Path) -> None:
    broken = np.ones((4, 3))
    broken[2, 1] = np.nan
    np.save(tmp_path / "f.npy", broken)
    np.save(tmp_path / "real.npy", np.ones((4, 3)))
    sets = load_features(tmp_path / "f.npy", tmp_path / "real.npy", ["ours"])
    (row,) = measure_sets(sets, [METRICS["feature-distance"]])  # type: ignore[list-item]
    assert (row.value, row.skipped) == (None, "1 features are not finite")


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3,), "one vector a video"), ((1, 4), "one vector a video"), ((3, 5), "have 5 numbers")],
)
def test_features_that_do_not_fit_are_refused(
    tmp_path: Path, shape: tuple[int, ...], message: str
) -> None:
    np.save(tmp_path / "f.npy", np.ones(shape))
    np.save(tmp_path / "real.npy", np.ones((4, 4)))
    with pytest.raises(InvalidRequest, match=message):
        load_features(tmp_path / "f.npy", tmp_path / "real.npy", ["ours"])
