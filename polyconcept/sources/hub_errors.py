"""What can go wrong between here and the hub, said in one way; and what is worth another try."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from huggingface_hub import constants, get_session
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import httpx

Answer = TypeVar("Answer")

WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth try."""

_LOG = logging.getLogger(__name__)
# What servers answer while slow, overloaded or restarting (RFC 9110; 429: RFC 6585).
_BUSY = (408, 429, 500, 502, 503, 504)
_LOGIN = "log in with `hf auth login` or set HF_TOKEN"


class HubError(ValueError):
    """The hub, or a repository there, does not give what was asked for."""


def with_retries(
    what: str, ask: Callable[[], Answer], *, reached: Callable[[], int] = lambda: 0
) -> Answer:
    """Return what `ask` returns; ask again with growing waits while the network or the hub fails.

    `what` begins the error's message. While `reached`, how far a download is, grows, the tries are
    counted afresh.

    Raises:
        HubError: the hub refused, or could not be reached in any of the tries; says what to do.
    """
    n_failed, before = 0, reached()
    while True:
        # The client of huggingface_hub waits for ever where a call names no limit of its own.
        get_session().timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        try:
            return ask()
        except (httpx.HTTPError, OSError, HFValidationError) as error:
            n_failed = 1 if reached() > before else n_failed + 1
            before = reached()
            if n_failed > len(WAITS) or not _may_pass(error):
                raise HubError(f"{what}: {_advice(error)}") from error
            wait = WAITS[n_failed - 1]
            _LOG.warning("%s: %s; next try in %g s", what, _first_line(error), wait)
            time.sleep(wait)


def _may_pass(error: Exception) -> bool:
    """Return whether another try may succeed: a broken line, a slow or busy server."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _BUSY
    # A wrong proxy or protocol will be as wrong in some seconds.
    lasting = (httpx.ProxyError, httpx.UnsupportedProtocol)
    return isinstance(error, httpx.TransportError) and not isinstance(error, lasting)


def _advice(error: Exception) -> str:
    """Return what was found, what is needed, and what to do."""
    if isinstance(error, OfflineModeIsEnabled):
        return f"HF_HUB_OFFLINE is set, and the cache {constants.HF_HUB_CACHE} does not have it"
    if isinstance(error, HFValidationError):
        return f"this is no id of a repository ({_first_line(error)}); one like 'owner/name' is"
    if isinstance(error, HfHubHTTPError):
        return _refusal(error)
    if isinstance(error, FileMetadataError):
        return (
            f"{constants.ENDPOINT} does not answer like a hub ({_first_line(error)}); check "
            "HF_ENDPOINT, proxy and firewall"
        )
    if isinstance(error, httpx.TransportError):
        tries = f" in {len(WAITS) + 1} tries" if _may_pass(error) else ""
        return (
            f"{constants.ENDPOINT} (HF_ENDPOINT) could not be reached{tries}: "
            f"{type(error).__name__} ({_first_line(error)}); check network and proxy, raise "
            f"HF_HUB_DOWNLOAD_TIMEOUT (now {constants.HF_HUB_DOWNLOAD_TIMEOUT} s) where the server "
            "is slow, or fetch the files where there is network and set HF_HUB_OFFLINE=1 here"
        )
    return f"{_first_line(error)} (cache {constants.HF_HUB_CACHE})"


def _refusal(error: HfHubHTTPError) -> str:
    status = error.response.status_code
    found = f"{constants.ENDPOINT} answered {status}"
    if isinstance(error, GatedRepoError):
        return (
            f"{found}: the repository is gated; accept its terms on its page with your account, "
            f"then {_LOGIN}"
        )
    if isinstance(error, DisabledRepoError):
        return f"{found}: the hub has disabled access to this repository"
    if isinstance(error, RepositoryNotFoundError):
        return (
            f"{found}: there is no such repository, or it is private; check the id and whether it "
            f"is a model or a data set, and where it is private, {_LOGIN}"
        )
    if status in (401, 403):
        return f"{found}: the token was not accepted or lacks the right to read; {_LOGIN}"
    if status in _BUSY:
        return f"{found} in {len(WAITS) + 1} tries: the hub is busy or out of order; try later"
    return f"{found}: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
