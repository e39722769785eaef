"""The dossier to take home, from the case page of every side (R1.4)."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from amends.web.dossiers import Format
from amends.web.dossiers import dossier as made
from amends.web.portal.visit import Here


@get("/cases/{case_id:str}/dossier/{kind:str}")
async def dossier(here: Here, case_id: FromPath[str], kind: FromPath[Format]) -> Response[Any]:
    """Stands in every area: for this person, in the language of the page."""
    return await made(here.desk.dossiers, here.case_key(case_id), here.caller, here.language, kind)
