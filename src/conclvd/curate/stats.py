"""`conclvd dataset stats`: what is in a dataset, as figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from conclvd.curate.captions import common_words, word_count
from conclvd.manifest import ClipRecord

_MOST_WORDS = 30


@dataclass(frozen=True)
class Stats:
    """Figures of a dataset. Durations in seconds, sizes as "WIDTHxHEIGHT", lengths in words."""

    clips: int
    sources: int
    reviewed: int
    captioned: int
    chinese: int
    durations: tuple[float, ...]
    lengths: tuple[int, ...]
    sizes: Counter[str]
    rates: Counter[str]
    licenses: Counter[str]
    splits: Counter[str]
    tags: Counter[str]
    flags: Counter[str]
    words: Counter[str]

    @property
    def seconds(self) -> float:
        """All clips together."""
        return sum(self.durations)

    def rows(self) -> list[tuple[str, str]]:
        """Names and figures, for a table."""
        rows = [
            ("clips", str(self.clips)),
            ("sources", str(self.sources)),
            ("reviewed", _of(self.reviewed, self.clips)),
            ("with a caption", _of(self.captioned, self.clips)),
            ("with a Chinese caption", _of(self.chinese, self.clips)),
            ("seconds in all", f"{self.seconds:.1f}"),
            ("seconds a clip", _range(self.durations)),
            ("words a caption", _range(self.lengths)),
        ]
        counters = {
            "size": self.sizes,
            "frames a second": self.rates,
            "licence": self.licenses,
            "split": self.splits,
            "flag": self.flags,
            "tag": self.tags,
        }
        for name, counter in counters.items():
            rows += [(f"{name} {key}", str(count)) for key, count in counter.most_common()]
        common = ", ".join(f"{w} {n}" for w, n in self.words.most_common(_MOST_WORDS))
        return [*rows, ("commonest words", common or "none")]


def collect(records: Sequence[ClipRecord]) -> Stats:
    """The figures of some records."""
    captions = [record.caption for record in records if record.caption.strip()]
    return Stats(
        clips=len(records),
        sources=len({record.origin for record in records}),
        reviewed=sum(record.reviewed_by is not None for record in records),
        captioned=len(captions),
        chinese=sum(bool(record.caption_zh) for record in records),
        durations=tuple(float(r.frames / r.fps) for r in records if r.frames and r.fps),
        lengths=tuple(map(word_count, captions)),
        sizes=Counter(f"{r.width}x{r.height}" for r in records if r.width and r.height),
        rates=Counter(str(record.fps) for record in records if record.fps),
        licenses=Counter(record.license or "not told" for record in records),
        splits=Counter(record.split for record in records if record.split),
        tags=Counter(tag for record in records for tag in record.tags),
        flags=Counter(flag.split(" ")[0] for record in records for flag in record.flags),
        words=common_words(captions),
    )


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"


def _range(values: Sequence[float]) -> str:
    if not values:
        return "unknown"
    return f"{min(values):.3g} to {max(values):.3g}, median {median(values):.3g}"
