"""Downloads a module from an ``https:`` URL, bounded in size and time, and compares its digest with the one named."""

from __future__ import annotations

import hashlib
import re
import time
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from workbench.errors import TransformError
from workbench.text import duration_text, size_text, visible
from workbench.transforms.limits import LARGEST_MODULE_BYTES

if TYPE_CHECKING:
    import httpx

SECONDS = 60.0
MOST_REDIRECTS = 5
_PIN = re.compile(r"sha256=([0-9a-f]{64})")
_STEP_S = 10.0


def download(url: str, *, unpinned: bool = False) -> tuple[str, bytes]:
    """Return the name and the bytes of a module.

    Args:
        url: ``https://host/path/view.wasm#sha256=DIGEST``.
        unpinned: Whether the digest may be missing.

    Raises:
        TransformError: It cannot be had, is too large, or has another digest.
    """
    address, _, fragment = url.partition("#")
    pin = _PIN.fullmatch(fragment)
    parts = _checked(address)
    name = PurePosixPath(unquote(parts)).stem or "transform"
    if pin is None and (fragment or not unpinned):
        raise _refused(
            address,
            "its digest is not named. Add it, as in https://host/view.wasm#sha256=HEX; "
            "workbench.transforms.read_module(URL, allow_download=True).digest tells which one it has now",
            name,
        )
    code = _read(address, name)
    digest = hashlib.sha256(code).hexdigest()
    if pin is not None and digest != pin[1]:
        raise _refused(address, f"it has the digest sha256={digest}, and not the one that was named", name)
    return name, code


def _checked(address: str, name: str = "transform") -> str:
    """Return the path of an address; refuse what is no ``https:`` URL, or holds a password."""
    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good:
        shown = "a URL with credentials" if "@" in address else repr(visible(address, 200))
        raise TransformError(
            f"The module was not loaded from {shown}: name it as https://host/path, without a password, or download it "
            "yourself and give its path.",
            name=name,
            stage="check",
        )
    return parts.path


def _read(address: str, name: str) -> bytes:
    import httpx

    until = time.monotonic() + SECONDS
    try:
        with httpx.Client(timeout=_STEP_S, follow_redirects=False, headers={"Accept-Encoding": "identity"}) as client:
            for _ in range(MOST_REDIRECTS + 1):
                with client.stream("GET", address) as answer:
                    if not answer.is_redirect:
                        return _body(answer, address, name, until)
                    address = urljoin(address, answer.headers.get("location", ""))
                _checked(address, name)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise _refused(address, visible(str(error) or type(error).__name__, 200), name) from error
    raise _refused(address, f"it is redirected more than {MOST_REDIRECTS} times", name)


def _body(answer: httpx.Response, address: str, name: str, until: float) -> bytes:
    if answer.status_code != HTTPStatus.OK:
        raise _refused(address, f"the server answers {answer.status_code}", name)
    pieces, size = [], 0
    for piece in answer.iter_raw():
        size += len(piece)
        if size > LARGEST_MODULE_BYTES:
            raise _refused(address, f"it is larger than {size_text(LARGEST_MODULE_BYTES)}", name)
        if time.monotonic() > until:
            raise _refused(address, f"it took longer than {duration_text(SECONDS, 's')}", name)
        pieces.append(piece)
    return b"".join(pieces)


def _refused(address: str, why: str, name: str) -> TransformError:
    return TransformError(f"The module {visible(address, 200)} was not loaded: {why}.", name=name, stage="check")
