"""Every metric is whole: a definition, a name, companions that exist."""

from __future__ import annotations

from pathlib import Path

from conclvd.evaluate.registry import METRICS


def test_every_metric_has_its_definition_in_the_docs() -> None:
    text = (Path(__file__).parent.parent / "docs" / "evaluate.md").read_text(encoding="utf-8")
    assert [name for name in METRICS if f"\n| `{name}` |" not in text] == []


def test_every_metric_has_its_name_and_companions() -> None:
    assert all(metric.name == name for name, metric in METRICS.items())
    assert {other for metric in METRICS.values() for other in metric.companions} <= set(METRICS)
    titles = [metric.title for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)
