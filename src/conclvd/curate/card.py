"""`DATA_CARD.md`: what a dataset is, filled in from its records, for people and for the Hub."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from conclvd.curate.stats import Stats
from conclvd.manifest import ClipRecord

CARD: Final = "DATA_CARD.md"
_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def card(
    name: str, records: Sequence[ClipRecord], stats: Stats, header_lines: Sequence[str] = ()
) -> str:
    """The card's Markdown, with the header (YAML) that the Hub reads."""
    size = next((label for most, label in _SIZES if stats.clips < most), "100K<n<1M")
    languages = ["- en"] + (["- zh"] if stats.chinese else [])
    header = ["---", "language:", *languages, "task_categories:", "- text-to-video"]
    header += ["size_categories:", f"- {size}", *header_lines, "---", ""]
    body = [
        f"# {_plain(name)}",
        "",
        f"{stats.clips} single-scene clips with captions, {stats.seconds / 60:.1f} minutes, out of "
        f"{stats.sources} sources. {stats.reviewed} captions were confirmed by a person.",
        "",
        "| what | figure |",
        "| --- | --- |",
        *(f"| {_plain(key)} | {_plain(value)} |" for key, value in stats.rows()),
        "",
        "## Sources and licences",
        "",
        "| source | licence | clips | seconds |",
        "| --- | --- | --- | --- |",
        *_sources(records),
        "",
        "## People",
        "",
        _people(records),
        "",
        "The fields of `metadata.jsonl` are written down in conclvd's `docs/dataset.md`.",
        "",
    ]
    return "\n".join(header + body)


def _sources(records: Sequence[ClipRecord]) -> list[str]:
    clips: Counter[tuple[str, str]] = Counter()
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for record in records:
        key = record.source or "not told", record.license or "not told"
        clips[key] += 1
        seconds[key] += float(record.frames / record.fps) if record.frames and record.fps else 0
    return [
        f"| {_plain(key[0])} | {_plain(key[1])} | {count} | {seconds[key]:.1f} |"
        for key, count in clips.items()
    ]


def _people(records: Sequence[ClipRecord]) -> str:
    people = Counter(record.reviewed_by for record in records if record.reviewed_by)
    if not people:
        return "Nobody has reviewed the captions yet."
    told = ", ".join(f"{_plain(name)} ({count})" for name, count in people.most_common())
    return f"Captions reviewed by {told}."


def _plain(text: str) -> str:
    """A text that cannot break out of its table cell, and no HTML."""
    flat = " ".join(text.split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
