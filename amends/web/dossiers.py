"""A dossier as an answer, for the API and the pages."""

import asyncio
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from litestar import Response
from litestar.response import Stream

from amends.application.access import Caller
from amends.application.dossier import Contents, Dossiers
from amends.application.ledger import NotCovered
from amends.application.ports import CaseKey
from amends.domain.refusals import Refusal
from amends.web.problems import Problem, Refused
from amends.wording.catalogue import Language

Format = Literal["zip", "pdf"]

_CHUNK = 1 << 20


async def dossier(
    dossiers: Dossiers, key: CaseKey, caller: Caller, language: Language, kind: Format
) -> Response[Any] | Stream:
    """The case as the caller may see it, to be kept as a file. Raises Refused, Problem, Unavailable."""
    try:
        contents = await dossiers.contents(key, caller, language)
        if isinstance(contents, Refusal):
            raise Refused(contents, key.merchant_id)
        if kind == "pdf":
            return Response(
                await dossiers.pdf(contents), media_type="application/pdf", headers=_headers(contents, kind)
            )
        out = TemporaryFile()  # noqa: SIM115 - closed when it has been sent
        try:
            await dossiers.write(contents, out)
        except BaseException:
            out.close()
            raise
    except NotCovered as fault:
        raise Problem("ledger_elsewhere") from fault
    headers = {**_headers(contents, kind), "content-length": str(out.tell())}
    return Stream(_sent(out), media_type="application/zip", headers=headers)


def _headers(contents: Contents, kind: Format) -> dict[str, str]:
    return {
        "content-disposition": f'attachment; filename="{contents.public_id}.{kind}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from its beginning; it is gone afterwards, also when the client left."""
    with file:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
