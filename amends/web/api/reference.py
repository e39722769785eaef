"""The reference: OpenAPI as JSON, and a page to read and try it that needs no other host."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from amends.web.problems import Problem

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>amends: API</title>
<link rel="icon" href="/docs/favicon.svg">
<link rel="stylesheet" href="/docs/swagger.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  persistAuthorization: true,
});
"""

_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M2 9.5 6 13.5 14 3" fill="none" stroke="#0f766a" stroke-width="2.5" stroke-linecap="round"
 stroke-linejoin="round"/></svg>
"""

_SAFE = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

_BUNDLED = {"swagger.js": ("swagger_bundle.js", "text/javascript"), "swagger.css": ("swagger_style.css", "text/css")}
_OWN = {"start.js": (_START, "text/javascript"), "favicon.svg": (_ICON, "image/svg+xml")}


@get("/openapi.json")
async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The reference for programs."""
    return Response(request.app.state.openapi(), media_type="application/json")


@get("/docs")
async def docs() -> Response[str]:
    """The reference for people."""
    return Response(_PAGE, media_type="text/html", headers={"content-security-policy": _SAFE})


@get("/docs/{name:str}")
async def docs_part(name: FromPath[str]) -> Response[bytes]:
    """What the page is made of."""
    kept = {"cache-control": "max-age=86400"}
    if name in _OWN:
        text, media_type = _OWN[name]
        return Response(text.encode(), media_type=media_type, headers=kept)
    if name in _BUNDLED:
        file, media_type = _BUNDLED[name]
        return Response((_bundle() / file).read_bytes(), media_type=media_type, headers=kept)
    raise Problem("unknown_route")


@cache
def _bundle() -> Path:
    """Where offapi keeps its files. It is not imported: that would read all of them into memory."""
    found = find_spec("offapi")
    assert found is not None, "a dependency of this package"
    assert found.origin is not None, "a package on disk"
    return Path(found.origin).parent


HANDLERS: tuple[HTTPRouteHandler, ...] = (openapi, docs, docs_part)
