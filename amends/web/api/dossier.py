"""The dossier of a case (DESIGN §5, R1.4)."""

import asyncio
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from msgspec import Struct

from amends.application.ledger import NotCovered
from amends.web.call import Call, operation
from amends.web.problems import Problem

_CHUNK = 1 << 20


class DossierQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`zip` has everything and the proofs, `pdf` is for reading."""

    format: Literal["zip", "pdf"] = "zip"


@operation("GET", "/v1/cases/{case_id:str}/dossier", needs_actor=True, media=("application/zip", "application/pdf"))
async def get_dossier(call: Call, query: DossierQuery) -> Response[Any]:
    """The dossier of a case as the actor may see it: a ZIP that can be checked offline, or its PDF."""
    key = call.case_key()
    dossiers = call.desk.dossiers
    try:
        contents = call.found(await dossiers.contents(key, call.caller, call.language), key.merchant_id)
        name = {"content-disposition": f'attachment; filename="{contents.public_id}.{query.format}"'}
        if query.format == "pdf":
            return Response(await dossiers.pdf(contents), media_type="application/pdf", headers=name)
        out = TemporaryFile()  # noqa: SIM115 - closed when it has been sent
        await dossiers.write(contents, out)
    except NotCovered as fault:
        raise Problem("ledger_elsewhere") from fault
    size = out.tell()
    return Stream(_sent(out), media_type="application/zip", headers=name | {"content-length": str(size)})


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from its beginning; it is gone afterwards, also when the client left."""
    with file:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


HANDLERS: tuple[HTTPRouteHandler, ...] = (get_dossier,)
