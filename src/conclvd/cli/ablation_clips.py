"""How the clips of the ablations move and hold together; it needs no typer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from conclvd.cli.libraries import loading

if TYPE_CHECKING:
    from conclvd.train.ablation import AblationRow
    from conclvd.train.settings import TrainSettings


def table_of_clips(
    rows: Sequence[AblationRow],
    settings: TrainSettings,
    report: Callable[[str, int, int], None],
) -> str:
    """The variants' last validation clips, measured, as a table in Markdown."""
    with loading():
        from conclvd.evaluate.clip import load_clip
        from conclvd.evaluate.entry import Entry
        from conclvd.evaluate.formats import markdown
        from conclvd.evaluate.measure import measure_videos
        from conclvd.evaluate.metric import Need
        from conclvd.evaluate.registry import choose
        from conclvd.evaluate.sample import Tools, load_flow
        from conclvd.evaluate.table import build_table
        from conclvd.models.source import EMBEDDED, resolve
    model = settings.pretrained_model_name_or_path
    judge = resolve(model, hub_files=("model_index.json",)) / "judge"
    clip = load_clip(model if model == EMBEDDED else str(judge)) if judge.is_dir() else None
    # CLIP-temp brings dynamic degree along; without a CLIP that stands alone
    names = ["dynamic-degree", "mean-flow", *(["clip-temp"] if clip else [])]
    metrics, _ = choose(names, frozenset({Need.PAIRS, Need.FLOW, Need.CLIP}))
    entries = [
        Entry(row.name, path.name, path, prompt, None)
        for row in rows
        for path, prompt in zip(row.videos, settings.validation_prompt, strict=True)
    ]
    found = measure_videos(
        entries,
        metrics,
        Tools(*load_flow()),
        clip,
        partial(report, "measure"),
        workers=None,
    )
    return markdown(build_table(list(found)))
