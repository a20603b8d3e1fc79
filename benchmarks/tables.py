"""The paper's Tables 1 and 2 on ink-mini: every method on the same held-out prompts and seeds.

    python benchmarks/tables.py --out docs/results --videos VIDEOS --seconds 300 \\
        --motion without-sc-attn=ABLATIONS/without-sc-attn \\
        --motion without-clofnoise=ABLATIONS/without-clofnoise \\
        --motion animatediff=ABLATIONS/animatediff [--motion conclvd=ABLATIONS/conclvd]

Held-out scenes are painted: their captions are the prompts, they themselves a row beside the
methods, others the reference of style. Then it generates on every GPU there is, for at most
--seconds, and measures on all cores. Frames are kept as PNG: neither PyAV nor typer is needed. The
same command goes on where it stopped, in VIDEOS. OUT gets tables.md, .csv and .tex, rows.jsonl.gz,
methods.jsonl, prompts.txt and sheet.jpg.
"""

from __future__ import annotations

if __name__ == "__main__":  # painting processes load this file too, and nothing else in vain
    from table_run import main

    main(__doc__)
