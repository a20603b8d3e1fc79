"""Load the heavy libraries quickly and quietly."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading(*, diffusers: bool = False) -> Iterator[None]:
    """Wrap the imports of torch, diffusers and transformers, and the loading of models.

    They create a million objects that live as long as the program; while they do, and when the
    program ends, the cycle collector walks them again and again for nothing. Without it the
    imports take 6 seconds instead of 9 on a slow core. Their remarks, such as that torchvision is
    not there, are for their developers; their errors are ours to report. `diffusers` tells that it
    is among them: to import it takes a second that other commands need not spend.

    Threads that wait for one another spin a thousand times, then sleep. Two idle cores: 20 s from
    command to file, as with endless spinning, and 25 to 31 when they sleep at once. With another
    program on one of the cores: 36 s, as when they sleep at once, and 51 with more spinning.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "active")  # both are read when torch is loaded
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # diffusers imports it if it is there
    gc.disable()
    try:
        from transformers.utils import logging as of_transformers

        of_transformers.disable_progress_bar()
        if diffusers:
            from diffusers.utils import logging as of_diffusers

            of_diffusers.disable_progress_bar()
        yield
    finally:
        gc.freeze()
        gc.enable()
