"""The dossier of a case (DESIGN §5, R1.4)."""

from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from amends.web.call import Call, operation
from amends.web.dossiers import Format, dossier


class DossierQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`zip` has everything and the proofs, `pdf` is for reading."""

    format: Format = "zip"


@operation(
    "GET", "/v1/cases/{case_id:str}/dossier", needs_actor=True, media=("application/zip", "application/pdf")
)  # fmt: skip
async def get_dossier(call: Call, query: DossierQuery) -> Response[Any]:
    """The dossier of a case as the actor may see it: a ZIP that can be checked offline, or its PDF."""
    return await dossier(call.desk.dossiers, call.case_key(), call.caller, call.language, query.format)


HANDLERS: tuple[HTTPRouteHandler, ...] = (get_dossier,)
