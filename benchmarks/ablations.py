"""The ablations of the paper on painted clips, from equal budgets, in one command on one machine.

    python benchmarks/ablations.py --out DIR --work DIR2 [--seconds 500] [--workers 15]
    python benchmarks/ablations.py --out DIR --work DIR2 --toy      # the same on a CPU, in minutes

Clips are painted in memory and encoded, then every variant trains on ink-mini's base: the same
clips, samples, noise and steps, as many as fit into the time that is left. Variants take turns on
the GPUs there are. What comes out is in DIR: the table, the logs, the motion modules in half
precision, the generated clips. It needs no PyAV and no typer. A variant that is not done in time
is left out; what the others came to stays.
"""

from __future__ import annotations

if __name__ == "__main__":  # painting processes load this file too, and nothing else in vain
    from ablation_run import main

    main(__doc__)
