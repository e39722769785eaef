"""Stylesheet, scripts and icons: read once, named by their content, so that browsers keep them for good."""

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
_FOR_GOOD = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    content: bytes
    gzipped: bytes
    media_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All files of the folder `static` by path."""
    return dict(_walk(files("amends.web") / "static", ""))


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _walk(one, f"{prefix}{one.name}/")
        elif media_type := _TYPES.get(one.name.rpartition(".")[2]):
            content = one.read_bytes()
            asset = Asset(content, gzip.compress(content, 9, mtime=0), media_type, sha256(content).hexdigest()[:12])
            found.append((prefix + one.name, asset))
    return found


def asset_url(path: str) -> str:
    """`/static/app.css?1f2e…`: another address as soon as the content is another."""
    return f"/static/{path}?{assets()[path].digest}"


@get("/static/{path:path}", include_in_schema=False)
async def static(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    asset = assets().get(path.lstrip("/"))
    if asset is None:
        raise NotFoundException
    headers = {"cache-control": _FOR_GOOD, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.gzipped, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)
