"""Facts found in the evidence of a case."""

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from amends.application.findings import Finding
from amends.web.call import Call, operation


class Found(Struct, frozen=True):
    """What was found, piece by piece."""

    findings: list[Finding]


@operation("GET", "/v1/cases/{case_id:str}/findings", needs_actor=True)
async def list_findings(call: Call) -> Found:
    """What was found in the evidence: the same picture elsewhere, when and with what it was made, what its text names.

    Facts with where they come from, never conclusions. Other cases are named to the platform alone.
    """
    key = call.case_key()
    found = await call.desk.findings.of_case(key, call.caller, call.language)
    return Found(call.found(found, key.merchant_id))


HANDLERS: tuple[HTTPRouteHandler, ...] = (list_findings,)
