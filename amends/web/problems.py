"""Everything that can go wrong, as an RFC 9457 problem: a stable code, the facts, the way on (DESIGN §7)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from amends.domain.refusals import Code, Refusal
from amends.domain.views import Openings
from amends.wording.catalogue import N_, Language, translate
from amends.wording.chat_tables import lines_told, missing_told

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem apart from the rules' refusals."""

    status: int
    title: str
    detail: str


PROBLEMS: Mapping[str, Kind] = {
    "not_json": Kind(
        400, N_("The body is not JSON"), N_("Send UTF-8 JSON that is complete and not nested too deeply.")
    ),
    "invalid_body": Kind(422, N_("The body does not fit"), N_("Each fault is named with its place in the body.")),
    "unknown_field": Kind(422, N_("The body has unknown fields"), N_("Each unknown field is named; leave it out.")),
    "time_without_zone": Kind(
        422, N_("An instant lacks its time zone"), N_("Write instants like 2026-03-01T12:00:00Z.")
    ),
    "time_out_of_range": Kind(
        422, N_("An instant is too far away"), N_("Instants lie between the years 2000 and 2100.")
    ),
    "invalid_text": Kind(
        422, N_("A text cannot be stored"), N_("Text must not hold NUL characters or halves of surrogate pairs.")
    ),
    "invalid_query": Kind(422, N_("The query does not fit"), N_("Each fault is named with its parameter.")),
    "invalid_cursor": Kind(422, N_("The cursor does not fit"), N_("Use the cursor that the page before gave out.")),
    "invalid_key": Kind(422, N_("The idempotency key does not fit"), N_("It has 1 to 200 printable characters.")),
    "invalid_version": Kind(422, N_("If-Match does not fit"), N_('Give the version of the case, like "7".')),
    "body_too_large": Kind(413, N_("The body is too large"), N_("Send less at once.")),
    "unauthenticated": Kind(
        401, N_("The service key is missing or unknown"), N_("Send Authorization: Bearer and a key.")
    ),
    "invalid_actor": Kind(
        400, N_("The actor does not fit"), N_("Write buyer/b42, merchant/1001/li or platform/zhou, percent-encoded.")
    ),
    "actor_needed": Kind(400, N_("It is not said who acts"), N_("Name the party in Amends-Actor.")),
    "unknown_staff": Kind(
        403, N_("This person is not on the staff"), N_("Enter the person and a role in the settings.")
    ),
    "not_in_scope": Kind(403, N_("The key does not cover this"), N_("Use the key of that shop, or one for all shops.")),
    "not_allowed": Kind(403, N_("Your role does not allow this"), N_("Ask somebody who may do it.")),
    "unknown_route": Kind(404, N_("There is nothing here"), N_("The address may be mistyped; /docs lists all calls.")),
    "unknown_command": Kind(404, N_("There is no such command"), N_("/docs lists all commands of a case.")),
    "unknown_merchant": Kind(404, N_("This shop cannot be found"), N_("Enter its settings first.")),
    "unknown_message": Kind(404, N_("No such message was given up"), N_("It may have been sent again meanwhile.")),
    "unknown_key": Kind(404, N_("There is no such key"), N_("It may have been revoked before.")),
    "unknown_parcel": Kind(
        404, N_("This parcel cannot be found"), N_("Send the order or the return with its number first.")
    ),
    "unknown_head": Kind(404, N_("The ledger has no such head"), N_("Only sizes that were published have one.")),
    "ledger_elsewhere": Kind(
        503, N_("The ledger is signed on another machine"), N_("Ask there, or bring its keys to this one.")
    ),
    "file_empty": Kind(422, N_("The file is empty"), N_("Choose it again; it may not have been saved completely.")),
    "file_type_not_allowed": Kind(
        422,
        N_("This kind of file is not taken"),
        N_(
            "Send a photo, a video, a sound recording, a PDF or a chat record. What counts is the content, not the "
            "name; a chat record is JSON, or a CSV whose first line names the columns time, sender and text."
        ),
    ),
    "file_unreadable": Kind(
        422, N_("The file is damaged"), N_("It breaks off or is not what it says it is. Save it again and send that.")
    ),
    "file_encrypted": Kind(422, N_("The file has a password"), N_("Save it without a password and send that.")),
    "file_infected": Kind(422, N_("A virus was found in the file"), N_("It was not kept. Send a clean one.")),
    "file_too_costly": Kind(
        422, N_("The file cannot be opened safely"), N_("Save it again in a common format, or send a photo of it.")
    ),
    "file_too_large": Kind(413, N_("The file is too large"), N_("At most {limit} MB of this kind.")),
    "picture_too_large": Kind(
        422, N_("The picture is too large"), N_("At most {limit} million pixels. Save it smaller and send that.")
    ),
    "recording_too_long": Kind(
        422, N_("The recording is too long"), N_("At most {limit} seconds. Send the part that matters, or several.")
    ),
    "document_too_long": Kind(
        422, N_("The document is too long"), N_("At most {limit} pages. Send the pages that matter.")
    ),
    "transcript_invalid": Kind(
        422,
        N_("The chat record cannot be read"),
        N_(
            "Look at {place}. A chat record is JSON in UTF-8: a `source`, and `messages`, each with `at`, `side`, "
            "`text` and, if it is known, `author`."
        ),
    ),
    "transcript_encoding": Kind(
        422,
        N_("The characters of the chat record cannot be read"),
        N_("It is neither UTF-8 nor GB18030; look at byte {byte}. Save it as “CSV UTF-8” and send that."),
    ),
    "transcript_columns": Kind(
        422,
        N_("The chat record does not name its columns"),
        N_(
            "Missing: {missing}. The first line of a CSV names the columns time (时间), sender (发送方) and text "
            "(内容), and messages follow below; commas, semicolons or tabs stand between. Yours begins: {found}"
        ),
    ),
    "transcript_rows_invalid": Kind(
        422,
        N_("Lines of the chat record cannot be read"),
        N_("{lines} Nothing was kept. Correct these lines and send the whole file again."),
    ),
    "transcript_other_order": Kind(
        422,
        N_("The chat record names another order"),
        N_("A message is about order {found}. Leave out what is not about this order."),
    ),
    "transcript_too_long": Kind(
        422, N_("The chat record is too long"), N_("At most {limit} messages. Send it in several parts.")
    ),
    "transcript_out_of_time": Kind(
        422,
        N_("A message is not from the time of this order"),
        N_("Messages may be from {earliest} on; one is from {found}. Leave out what is not about this order."),
    ),
    "transcript_from_future": Kind(
        422,
        N_("A message is from the future"),
        N_("One is from {found}. Look at the clock and the time zone of the chat."),
    ),
    "too_many_files": Kind(409, N_("There are too many files"), N_("Each side may file {limit} in a case.")),
    "unknown_file": Kind(
        422, N_("A file is not here"), N_("Upload it first; evidence names files of its own side by their SHA-256.")
    ),
    "file_not_kept": Kind(404, N_("This file is not kept here"), N_("Only what was said about it is on record.")),
    "form_not_yours": Kind(
        403, N_("The original is not shown"), N_("Who filed it and the platform can open it; you see a copy.")
    ),
    "unknown_upload": Kind(404, N_("This upload cannot be found"), N_("Begin it again.")),
    "upload_elsewhere": Kind(
        409, N_("The upload stands elsewhere"), N_("Ask where it stands, and send what follows from there.")
    ),
    "upload_too_long": Kind(422, N_("More came than was announced"), N_("Begin the upload again with the right size.")),
    "invalid_upload": Kind(
        422, N_("The upload does not fit"), N_("Name the case, or the merchant and the order, and send one file.")
    ),
    "unknown_conversation": Kind(404, N_("This conversation cannot be found"), N_("The number may be wrong.")),
    "conversation_taken": Kind(409, N_("Somebody else has this conversation"), N_("Take one that is still waiting.")),
    "conversation_over": Kind(409, N_("This conversation is over"), N_("Ask for a person again.")),
    "reason_missing": Kind(
        422, N_("The reason is missing"), N_("Name the paper that asks for it, or says that it is over.")
    ),
    "nothing_left": Kind(
        409, N_("Nothing is left in this case"), N_("What persons wrote was erased; there is nothing to keep any more.")
    ),
    "unknown_hold": Kind(404, N_("There is no such hold"), N_("The list of holds has the numbers.")),
    "hold_lifted": Kind(409, N_("This hold was lifted before"), N_("It stays on record with who lifted it and why.")),
    "method_not_allowed": Kind(405, N_("This is not possible here"), N_("The header Allow names what is.")),
    "clock_goes_forward": Kind(422, N_("The clock only goes forward"), N_("Give a length above zero, like PT48H.")),
    "overloaded": Kind(503, N_("Too much is waiting already"), N_("Nothing was done; send it again in a moment.")),
    "contended": Kind(503, N_("The order is changing too fast"), N_("Nothing was done; send it again in a moment.")),
    "unavailable": Kind(
        503, N_("The service cannot be reached"), N_("Send it again in a moment, with the same idempotency key.")
    ),
    "failed": Kind(500, N_("Something went wrong here"), N_("Nothing was done. The fault is on record.")),
}

_WAITING_HELPS = frozenset({"overloaded", "contended", "unavailable"})
_RETRY_AFTER_SECONDS = {"overloaded": "1", "contended": "1", "unavailable": "2"}

REFUSAL_STATUS: Mapping[Code, int] = {
    Code.UNKNOWN_CASE: 404,
    Code.UNKNOWN_ORDER: 404,
    Code.NOT_YOURS: 403,
    Code.NOT_ALLOWED_FOR_ROLE: 403,
    Code.SAME_PERSON: 403,
    Code.STALE_VERSION: 412,
    Code.AMOUNT_NOT_POSITIVE: 422,
    Code.EXPLANATION_TOO_SHORT: 422,
    Code.EXPLANATION_TOO_LONG: 422,
    Code.MISSING_EVIDENCE: 422,
    Code.UNKNOWN_EVIDENCE: 422,
    Code.UNKNOWN_ADDRESS: 422,
    Code.FINDING_WITHOUT_BASIS: 422,
    Code.SHARES_DO_NOT_SUM: 422,
}
"""All others are 409: the fields are right, the state is another."""


def _in_words(facts: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Facts that are codes, as they stand in a sentence."""
    spelled = {}
    if "lines" in facts:
        spelled["lines"] = lines_told(facts["lines"], facts["more"], language)
    if "missing" in facts:
        spelled["missing"] = missing_told(facts["missing"], language)
    return spelled


class Problem(Exception):
    """What is wrong with a request apart from the rules. `facts` are shown beside the words."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)

    @property
    def status(self) -> int:
        return PROBLEMS[self.code].status

    @property
    def headers(self) -> dict[str, str]:
        if self.code == "unauthenticated":
            return {"www-authenticate": "Bearer"}
        if self.code == "method_not_allowed":
            return {"allow": ", ".join(self.facts.get("allowed", ()))}
        after = _RETRY_AFTER_SECONDS.get(self.code)
        return {"retry-after": after} if after else {}

    def body(self, language: Language) -> dict[str, Any]:
        kind = PROBLEMS[self.code]
        return {
            **self.facts,
            "type": f"/problems/{self.code}",
            "code": self.code,
            "status": kind.status,
            "title": translate(kind.title, language),
            "detail": translate(kind.detail, language).format_map(self.facts | _in_words(self.facts, language)),
            "waiting_helps": self.code in _WAITING_HELPS,
        }


class Refused(Exception):
    """The rules said no. `may_do_now` are the verbs that are open instead, `openings` what an order allows."""

    def __init__(
        self,
        refusal: Refusal,
        merchant_id: int = 0,
        may_do_now: tuple[str, ...] = (),
        openings: Openings | None = None,
    ) -> None:
        self.refusal = refusal
        self.merchant_id = merchant_id
        self.may_do_now = may_do_now
        self.openings = openings
        super().__init__(refusal.code)

    @property
    def status(self) -> int:
        return REFUSAL_STATUS.get(self.refusal.code, 409)

    @property
    def headers(self) -> dict[str, str]:
        return {}
