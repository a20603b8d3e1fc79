"""An app at an address, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from conclvd.errors import DatasetError


def serve(app: FastAPI, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve an app at `host`:`port` (0: a free one) until Ctrl-C; from the main thread.

    `ready` gets what to open in a browser on this machine when browsers can connect. What a page
    has asked for is done to its end before this returns: the caller may then let go of a folder.
    Raises DatasetError when the address cannot be had.
    """
    server = server_of(app)
    with listening(host, port) as listener, suppress(KeyboardInterrupt):
        ready(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        others = set(threading.enumerate())
        # from here on Ctrl-C is the server's: what begins or ends in between is not torn apart
        before = signal.signal(signal.SIGINT, server.handle_exit)
        try:
            server.run(sockets=[listener])
        finally:
            signal.signal(signal.SIGINT, before)
            for thread in set(threading.enumerate()) - others:
                if not thread.daemon:
                    thread.join()


def listening(host: str, port: int) -> socket.socket:
    """A socket to which browsers can connect already. Raises DatasetError."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        why, _, _ = str(getattr(error, "strerror", None) or error).partition(" (while")
        raise DatasetError(
            f"cannot listen at {host}:{port}: {why}; choose another --port or --host"
        ) from error


def server_of(app: FastAPI) -> uvicorn.Server:
    """What serves an app, the same whatever else is installed, and says nothing.

    At Ctrl-C it waits a little for answers on their way: a browser that has paused a long video
    would keep it forever.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )
