"""`conclvd dataset stats --plots`: what is in a dataset, as one picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from conclvd.curate.stats import Stats
from conclvd.errors import DatasetError
from conclvd.files import whole

_INK: Final = "#4a5a5a"
_BARS: Final = 12  # of the commonest
# one of these is on most machines where Chinese is read
_CHINESE: Final = ("Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans SC")
_FONTS: Final = (*_CHINESE, "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei")


def draw(stats: Stats, path: Path) -> None:
    """Durations, caption lengths, words, sizes and tags as one PNG.

    Raises MediaError when it cannot be written, DatasetError without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise DatasetError(
            "plots need matplotlib, which is not installed; run `pip install 'conclvd[curate]'`"
        ) from error
    figure = Figure(figsize=(13, 8), layout="constrained")
    grid = figure.add_gridspec(2, 6)
    _histogram(figure.add_subplot(grid[0, :3]), "seconds a clip", stats.durations)
    _histogram(figure.add_subplot(grid[0, 3:]), "words a caption", stats.lengths)
    font = _font()
    counters = {"sizes": stats.sizes, "tags": stats.tags, "commonest words": stats.words}
    for place, (title, counter) in enumerate(counters.items()):
        axes = figure.add_subplot(grid[1, 2 * place : 2 * place + 2])
        _bars(axes, title, counter, font)
    with whole(path) as partial:
        figure.savefig(partial, dpi=100)


def _histogram(axes: Any, title: str, values: Sequence[float]) -> None:
    axes.set_title(title)
    if not values:
        _nothing(axes)
        return
    axes.hist(values, bins=30, color=_INK)
    axes.set_ylabel("clips")
    axes.yaxis.get_major_locator().set_params(integer=True)


def _bars(axes: Any, title: str, counter: Counter[str], font: str | None) -> None:
    axes.set_title(title)
    if not counter:
        _nothing(axes)
        return
    most = counter.most_common(_BARS)
    axes.barh(range(len(most)), [count for _, count in most], color=_INK)
    shown = [key if key.isascii() or font else ascii(key)[1:-1] for key, _ in most]
    axes.set_yticks(range(len(most)), shown, **({"fontfamily": font} if font else {}))
    axes.set_ylim(_BARS - 0.5, -0.5)  # a few bars are as thin as many
    axes.xaxis.get_major_locator().set_params(integer=True)


def _nothing(axes: Any) -> None:
    axes.text(0.5, 0.5, "none", ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()


def _font() -> str | None:
    """A font with Chinese characters, None when the machine has none: its tags are escaped."""
    from matplotlib import font_manager

    there = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in _FONTS if name in there), None)
