"""The figure of the paper's Fig. 8: grouped bars, a group a criterion, a bar a method."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conclvd.errors import InvalidRequest
from conclvd.files import whole
from conclvd.study.plan import CRITERIA

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from conclvd.study.analysis import Analysis

# The pigments of blue-green landscape: cinnabar, azurite, malachite, ochre, ink, indigo, lotus.
_PIGMENTS: Final = ("#b0402c", "#2f6079", "#6f9a86", "#c79a55", "#3b403f", "#6a7fa3", "#a9748a")
_PAPER: Final = "#f8f4ea"
_INK: Final = "#23292b"
_SOFT: Final = "#8b8777"
_FONTS: Final = ("Noto Serif CJK SC", "Noto Serif CJK JP", "Source Han Serif SC", "Songti SC")
_LABELS: Final = tuple(
    name.replace("Landscape painting", "Landscape painting\n") for name in CRITERIA.values()
)


def check_matplotlib() -> None:
    """Raise InvalidRequest when it is not installed."""
    if find_spec("matplotlib") is None:
        raise InvalidRequest(
            "the figure needs matplotlib, which is not installed; run "
            "`pip install 'conclvd[evaluate]'`"
        )


def draw(analysis: Analysis, path: Path) -> None:
    """Draw preferences, or mean ratings where videos were rated, with 95 % intervals.

    `path` ends in .png or .svg. Raises MediaError. Ask `check_matplotlib` first.
    """
    import matplotlib
    from matplotlib import font_manager
    from matplotlib.figure import Figure

    installed = set(font_manager.get_font_names())
    chinese = [name for name in _FONTS if name in installed]
    with matplotlib.rc_context(
        {
            "font.family": [*chinese, "DejaVu Serif"],
            "font.size": 10,
            "text.color": _INK,
            "text.parse_math": False,  # a $ in a method's name is a $
            "svg.hashsalt": "conclvd",  # the same study gives the same file
        }
    ):
        figure = Figure(figsize=(9.6, 4.8), layout="constrained", facecolor=_PAPER)
        draw_bars(figure.add_subplot(facecolor=_PAPER), analysis, readable=bool(chinese))
        with whole(path) as partial:
            dated = {"Date": None} if path.suffix == ".svg" else {}
            figure.savefig(partial, dpi=200, metadata=dated)


def draw_bars(axes: Axes, analysis: Analysis, *, readable: bool) -> None:
    """One bar a criterion and method, with its interval; without a Chinese font, not `readable`."""
    methods = analysis.plan.methods
    rated = analysis.plan.mode == "ratings"
    width = 0.8 / len(methods)
    for number, method in enumerate(methods):
        estimates = [
            (found.ratings or {})[method] if rated else found.preference[method]
            for found in analysis.by_criterion.values()
        ]
        scale = 1 if rated else 100
        values = [scale * one.value for one in estimates]
        below = [scale * (one.value - one.low) for one in estimates]
        above = [scale * (one.high - one.value) for one in estimates]
        places = [group + (number + 0.5) * width - 0.4 for group in range(len(estimates))]
        axes.bar(
            places,
            values,
            width * 0.86,
            color=_PIGMENTS[number % len(_PIGMENTS)],
            label=method if readable else ascii(method)[1:-1],
        )
        axes.errorbar(
            places,
            values,
            yerr=(below, above),
            fmt="none",
            ecolor=_INK,
            elinewidth=0.9,
            capsize=2.5,
        )
        for place, value, over in zip(places, values, above, strict=True):
            axes.annotate(
                f"{value:.1f}" if rated else f"{value:.0f}",
                (place, value + over),
                (0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8.5 if len(methods) < 5 else 6.5,
            )
    _frame(axes, analysis, rated=rated)


def _frame(axes: Axes, analysis: Analysis, *, rated: bool) -> None:
    axes.set_xticks(range(len(_LABELS)), _LABELS)
    axes.tick_params(length=0)
    if rated:
        axes.set_ylim(1, 5.25)
        axes.set_yticks(range(1, 6))
        axes.set_ylabel("mean rating, 1 bad to 5 excellent")
    else:
        axes.set_ylim(0, 105)
        axes.set_yticks(range(0, 101, 25))
        axes.set_ylabel("preferred, % of comparisons")
        axes.axhline(50, color=_SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_SOFT)
    axes.set_title(
        f"{len(analysis.participants)} participants, {len(analysis.plan.items)} prompts; "
        "bars with 95 % intervals",
        fontsize=9,
        color="#6d716b",
        loc="left",
    )
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=min(4, len(analysis.plan.methods)),
        frameon=False,
        handlelength=1,
        handleheight=1,
        columnspacing=1.4,
    )
