"""Where a model is: embedded in the package, a folder, a checkpoint file or a Hub id."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from conclvd.errors import ModelError

EMBEDDED = "ink-mini"
MOTION = "motion_adapter"  # a motion module's folder in that of a base or of a training run
CHECKPOINT_SUFFIXES = (".safetensors", ".ckpt")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def ink_mini() -> Path:
    """The folder of the model that ships inside the package, in diffusers layout.

    Raises ModelError when the installation lacks it.
    """
    folder = Path(str(resources.files("conclvd"))) / "weights" / EMBEDDED
    if not folder.is_dir():
        raise ModelError(
            f"the embedded model {EMBEDDED} is not in this installation ({folder} is missing); "
            "install the package again"
        )
    return folder


def resolve(name: str, *, hub_files: tuple[str, ...]) -> Path:
    """The folder, or the checkpoint file, of the model or motion module called `name`.

    `hub_files` are the patterns fetched from the Hub if `name` is an id there and not in the
    cache yet. Raises ModelError when there is no such thing.
    """
    if name == EMBEDDED:
        return ink_mini()
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        if path.suffix not in CHECKPOINT_SUFFIXES:
            raise ModelError(
                f"{name} is a {path.suffix or 'nameless'} file; a model is a folder in diffusers "
                f"layout or a checkpoint that ends in {' or '.join(CHECKPOINT_SUFFIXES)}"
            )
        return path
    if HUB_ID.fullmatch(name) and path.suffix not in CHECKPOINT_SUFFIXES:
        return fetch(name, hub_files)
    raise ModelError(
        f"no model {name!r}: it is neither {EMBEDDED}, nor an existing folder or checkpoint file, "
        "nor a Hub id such as stable-diffusion-v1-5/stable-diffusion-v1-5"
    )


def fetch(repository: str, files: tuple[str, ...]) -> Path:
    """The local copy of a Hub repository's `files`, downloaded if it is not cached yet."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, allow_patterns=list(files)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"no folder {repository!r} here, and the Hub did not give it as a model id "
            f"({reason}); check the name and the connection"
        ) from error
