"""What can go wrong, one class a kind of failure.

    ConclvdError
    ├── InvalidRequest        a value the caller gave cannot be used
    ├── ModelError            a model, or a part of one, is missing, broken or of another shape
    ├── MediaError            a video or picture file cannot be read or written
    ├── DatasetError          the folder of a dataset or a study does not hold what it should
    └── TrainingError         a training run cannot start or go on

Every message is one line that says what is wrong, what was found and what to do. A bug of ours is
an `assert` or a plain Python exception, never one of these.
"""

from __future__ import annotations


class ConclvdError(Exception):
    """Base of everything that conclvd raises on purpose."""


class InvalidRequest(ConclvdError):
    """A value the caller gave cannot be used."""


class ModelError(ConclvdError):
    """A model, or a part of one, is missing, broken or of another shape."""


class MediaError(ConclvdError):
    """A video or picture file cannot be read or written."""


class DatasetError(ConclvdError):
    """The folder of a dataset or a study does not hold what it should."""


class TrainingError(ConclvdError):
    """A training run cannot start or go on."""
