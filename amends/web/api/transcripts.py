"""The marketplace's chat from before a case, brought into it as evidence (R1.2, R2.4)."""

from typing import Annotated, Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.evidence import LONGEST_NAME, Wish
from amends.domain.words import EvidenceKind
from amends.web.answers import Answered, answered
from amends.web.call import Call, Reply, operation, shop_itself
from amends.web.files import body_of


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file is called in lists of evidence."""

    name: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""


class Imported(Struct, frozen=True, omit_defaults=True):
    """`filed` is what the import did; it is not there where the same bytes were evidence already."""

    evidence_id: str
    sha256: str
    filed: Answered | None = None


@operation("POST", "/v1/cases/{case_id:str}/transcripts", status=201, sends=("application/json", "text/csv"))
async def import_transcript(call: Call, request: Request[Any, Any, Any], query: Named) -> Reply[Imported]:
    """Bring in the marketplace's chat from before the case; the body becomes evidence as it is.

    JSON: `source` says where the chat was, `messages` are objects with `at` (RFC 3339), `side` (`buyer`, `merchant`,
    `service`, `system`), `text` and, where it is known, `author`. CSV: the first line names `time`, `sender`, `text`
    and, where they are known, `role` and `order` (`looking/chat_tables.py` has the names). What it is says the content.
    A chat that went on is sent again, whole or from where it went on, and is a further piece of evidence.
    """
    shop_itself(call)
    key = call.case_key()
    wish = Wish(key.merchant_id, key.case_id, None, query.name, EvidenceKind.CHAT_LOG, key=call.headers.key)
    evidence = call.desk.evidence
    row = call.found(await evidence.take(wish, call.caller, body_of(request)), wish.merchant_id)
    known = await evidence.same(key, row, call.caller)
    if known is not None:
        await evidence.book.done(row)
        return Reply(Imported(known, row.sha256), 200)
    answer = await evidence.file(row, call.caller)
    assert answer is not None, "it was for a case"
    if answer.refusal is not None:
        await evidence.discard(row)
    filed = await answered(call.desk, call.caller, call.language, answer)
    (evidence_id,) = [item.evidence_id for fact in answer.facts for item in getattr(fact.event, "items", ())]
    return Reply(Imported(evidence_id or "", row.sha256, filed), 201)


HANDLERS: tuple[HTTPRouteHandler, ...] = (import_transcript,)
