"""`python -m conclvd.pretrain STAGE`: train the parts of an embedded base from scratch.

A bare GPU machine needs torch, diffusers, transformers, numpy, OpenCV and aggdraw for it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conclvd.errors import ConclvdError


def main() -> None:
    """Read the command line and run one stage."""
    parser = argparse.ArgumentParser(prog="python -m conclvd.pretrain", description=__doc__)
    stages = [
        "clips", "tokenizer", "autoencoder", "judge", "probe", "base", "average", "motion", "flow",
        "pack", "unpack",
    ]  # fmt: skip
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--out", type=Path, required=True, help="folder for what is trained")
    parser.add_argument("--model", type=Path, help="folder with the parts trained before")
    # not --start: torchrun takes that for the beginning of an option of its own
    parser.add_argument("--weights", type=Path, help="earlier weights to go on from")
    parser.add_argument("--seconds", type=float, default=480, help="wall-clock time of the stage")
    parser.add_argument("--workers", type=int, default=2, help="painting processes")
    parser.add_argument("--clips", type=Path, help="folder that stage clips paints into")
    parser.add_argument("--frames", type=int, help="clips: frames a clip; else as motion needs")
    parser.add_argument("--keep", type=int, help="clips: how many of the newest stay; else all")
    parser.add_argument(
        "--frozen", action="store_true", help="autoencoder: train the decoder of --weights alone"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        help="base: seconds to wait for the autoencoder in --model, when all is compiled",
    )
    parser.add_argument("--batch", type=int, help="pictures (motion: clips) a step and GPU")
    parser.add_argument(
        "--form", help="base: how a step is computed (see STEP_FORMS); else what suits the device"
    )
    parser.add_argument(
        "--eager",
        action="store_true",
        help="autoencoder, judge, probe: no torch.compile, which takes the first two minutes; "
        "flow: no CUDA graph",
    )
    parser.add_argument("--toy", action="store_true", help="tiny sizes, for a CPU")
    arguments = parser.parse_args()
    from conclvd.pretrain.stages import run_stage

    try:
        run_stage(arguments)
    except ConclvdError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
