"""Rows of made-up methods, for tables."""

from __future__ import annotations

import numpy as np

from conclvd.evaluate.rows import Row

CLIP = "clip-vit-base 01234567"


def row(method: str, video: str | None, metric: str, value: float | None, **given: object) -> Row:
    content: dict[str, object] = {
        "method": method,
        "video": video,
        "prompt": f"prompt of {video}",
        "seed": 1,
        "metric": metric,
        "value": value,
        "n": 7 if value is not None else 0,
        "skipped": None if value is not None else "unreadable",
        "clip": CLIP if metric.startswith("clip-") else None,
    }
    return Row.model_validate(content | given)


def some_rows() -> list[Row]:
    rng = np.random.default_rng(0)
    rows = []
    for method in ("ours", "AnimateLCM"):
        for index in range(6):
            for metric in ("clip-text", "clip-temp", "dynamic-degree"):
                prompt = f"prompt {index // 2}"
                rows.append(row(method, f"{index}.mp4", metric, rng.uniform(), prompt=prompt))
        for metric in ("clip-text", "clip-temp", "dynamic-degree"):
            rows.append(row(method, "6.mp4", metric, None))
    return rows
