"""Talking to a person of the platform's service (R5.1): asked for in any wording, queued, taken, answered, closed.

A small aggregate of its own beside the cases: nothing here moves money or goods. A conversation may be linked to an
order or a case of the asker, so that whoever takes it sees what it is about.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from amends.application import ports
from amends.application.access import PLATFORM, Caller
from amends.application.ids import Ids
from amends.application.ports import CaseKey, Clock, OrderKey
from amends.application.visibility import author
from amends.domain.case import parse_case_id, public_case_id
from amends.domain.permissions import is_party
from amends.domain.refusals import Code, Refusal, refuse
from amends.domain.time import Instant
from amends.domain.words import Role, Side

Words = Annotated[str, Meta(min_length=1, max_length=2000)]
State = Literal["waiting", "taken", "closed"]

SERVICE_ROLES = frozenset({Role.SERVICE_AGENT, Role.ARBITRATOR, Role.SUPERVISOR})

_MEASURED = timedelta(hours=1)
"""The pace at which people were taken in the last hour says how long the next ones wait."""


class Message(Struct, frozen=True):
    """Something said in a conversation."""

    seq: int
    at: Instant
    by: str
    text: str


class Conversation(Struct, frozen=True, omit_defaults=True):
    """A talk with a person. `merchant_id` is 0 where no shop is concerned."""

    merchant_id: int
    conversation_id: int
    asker: str
    asked_at: Instant
    state: State = "waiting"
    order_no: str | None = None
    case_id: int | None = None
    taken_by: str = ""
    taken_at: Instant | None = None
    closed_at: Instant | None = None


class Conversations(Protocol):
    """Where conversations are kept. All raise Unavailable."""

    async def add(self, conversation: Conversation, text: str) -> None:
        """A new conversation with its first message."""

    async def get(self, merchant_id: int, conversation_id: int) -> Conversation | None:
        """One conversation."""

    async def open_of(self, asker: str) -> Conversation | None:
        """The conversation that this asker has waiting or going on."""

    async def of_asker(self, asker: str, limit: int) -> list[Conversation]:
        """An asker's conversations, the newest first."""

    async def inbox(self, staff: str, limit: int) -> list[tuple[Conversation, Message]]:
        """What waits, longest first, behind what this person has taken; each with what was said last."""

    async def messages(self, merchant_id: int, conversation_id: int) -> list[Message]:
        """Everything said, in order."""

    async def say(self, merchant_id: int, conversation_id: int, by: str, text: str, at: Instant) -> None:
        """Add a message behind all others."""

    async def take(self, merchant_id: int, conversation_id: int, staff: str, at: Instant) -> bool:
        """Give a waiting conversation to a person; False when it waits no more."""

    async def close(self, merchant_id: int, conversation_id: int, at: Instant) -> None:
        """End a conversation."""

    async def ahead(self, conversation: Conversation) -> int:
        """How many wait longer than this one."""

    async def taken_since(self, since: Instant) -> int:
        """How many conversations were taken since an instant."""


class ConversationView(Struct, frozen=True, omit_defaults=True):
    """A conversation as one of its two sides sees it.

    In the list of a person of the service, `messages` has what was said last. While it waits, `place` is the place in
    the queue and `expected_wait_seconds` what the pace of the last hour makes of it; no one taken in that hour: nothing
    is promised.
    """

    conversation_id: str
    state: State
    asker: str
    asked_at: Instant
    messages: tuple[Message, ...] = ()
    order_no: str | None = None
    case_id: str | None = None
    taken_by: str = ""
    taken_at: Instant | None = None
    closed_at: Instant | None = None
    place: int | None = None
    expected_wait_seconds: int | None = None


class NotTalking(Exception):
    """`code`: `unknown_conversation`, `conversation_taken`, `conversation_over`, `not_allowed`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Service:
    """The platform's service desk. All raise Unavailable."""

    def __init__(
        self,
        conversations: Conversations,
        records: ports.Reader,
        clock: Clock,
        ids: Ids,
        announce: ports.Announce = ports.unheard,
    ) -> None:
        self._conversations = conversations
        self._records = records
        self._clock = clock
        self._ids = ids
        self._announce = announce

    async def ask_person(
        self, caller: Caller, text: str, order: OrderKey | None = None, case: CaseKey | None = None
    ) -> ConversationView | Refusal:
        """Queue up for a person; who waits or talks already goes on there. Raises NotTalking."""
        if caller.actor.side not in (Side.BUYER, Side.MERCHANT):
            raise NotTalking("not_allowed")
        refusal = await self._not_theirs(caller, order, case)
        if refusal is not None:
            return refusal
        going_on = await self._conversations.open_of(caller.actor.name)
        now = self._clock.now()
        if going_on is not None:
            return await self._add(going_on, caller, text, now)
        conversation = Conversation(
            merchant_id=_merchant_of(caller, order, case),
            conversation_id=self._ids.next(now),
            asker=caller.actor.name,
            asked_at=now,
            order_no=order.order_no if order else None,
            case_id=case.case_id if case else None,
        )
        await self._conversations.add(conversation, text)
        self._tell(conversation, "queue")
        return await self._view(conversation, caller)

    async def hear(
        self, caller: Caller, text: str, order: OrderKey | None = None, case: CaseKey | None = None
    ) -> ConversationView | Refusal | None:
        """Words typed into the service chat: they go on in an open conversation, or open one when they ask for it.

        None when nobody was asked for. Raises NotTalking.
        """
        going_on = await self._conversations.open_of(caller.actor.name)
        if going_on is not None or wants_person(text):
            return await self.ask_person(caller, text, order, case)
        return None

    async def take(self, caller: Caller, public_id: str) -> ConversationView:
        """A person of the service takes a waiting conversation. Raises NotTalking."""
        if caller.actor.role not in SERVICE_ROLES:
            raise NotTalking("not_allowed")
        conversation = await self._of(caller, public_id)
        if conversation.taken_by != caller.actor.staff:
            if not await self._conversations.take(
                conversation.merchant_id, conversation.conversation_id, caller.actor.staff, self._clock.now()
            ):
                raise NotTalking("conversation_over" if conversation.state == "closed" else "conversation_taken")
            self._tell(conversation, "queue")
        return await self.show(caller, public_id)

    async def reply(self, caller: Caller, public_id: str, text: str) -> ConversationView:
        """Say something: the asker, or the person who took it. Raises NotTalking."""
        conversation = await self._own(caller, public_id)
        if conversation.state == "closed":
            raise NotTalking("conversation_over")
        return await self._add(conversation, caller, text, self._clock.now())

    async def close(self, caller: Caller, public_id: str) -> ConversationView:
        """Either of the two ends it; ending twice is ending once. Raises NotTalking."""
        conversation = await self._own(caller, public_id)
        if conversation.state != "closed":
            await self._conversations.close(conversation.merchant_id, conversation.conversation_id, self._clock.now())
            self._tell(conversation, "queue" if conversation.state == "waiting" else "talk")
        return await self.show(caller, public_id)

    async def show(self, caller: Caller, public_id: str) -> ConversationView:
        """One conversation with everything said. Raises NotTalking."""
        return await self._view(await self._of(caller, public_id), caller)

    async def list(self, caller: Caller, limit: int) -> Sequence[ConversationView]:
        """The asker's conversations; for the service, what waits and what the caller has. Raises NotTalking."""
        if caller.actor.side in (Side.BUYER, Side.MERCHANT):
            return [_view(one, caller) for one in await self._conversations.of_asker(caller.actor.name, limit)]
        if caller.actor.side is Side.PLATFORM:
            found = await self._conversations.inbox(caller.actor.staff, limit)
            return [_view(one, caller, [last]) for one, last in found]
        raise NotTalking("not_allowed")

    async def _not_theirs(self, caller: Caller, order: OrderKey | None, case: CaseKey | None) -> Refusal | None:
        """A link may only go to what is the asker's own."""
        linked = (order or case).merchant_id if order or case else None  # type: ignore[union-attr]
        if linked is not None and not caller.may_reach(linked):
            return refuse(Code.NOT_YOURS)
        if case is not None:
            found = await self._records.case(case)
            if found is None:
                return refuse(Code.UNKNOWN_CASE)
            return None if is_party(caller.actor, found) else refuse(Code.NOT_YOURS)
        if order is not None:
            known = (await self._records.docket(order)).order
            if known is None:
                return refuse(Code.UNKNOWN_ORDER)
            return None if is_party(caller.actor, known) else refuse(Code.NOT_YOURS)
        return None

    async def _of(self, caller: Caller, public_id: str) -> Conversation:
        """A conversation that the caller may see: his own, or any for the service."""
        named = parse_case_id(public_id)
        conversation = await self._conversations.get(*named) if named else None
        if conversation is None:
            raise NotTalking("unknown_conversation")
        if caller.actor.side is not Side.PLATFORM and caller.actor.name != conversation.asker:
            raise NotTalking("unknown_conversation")
        return conversation

    async def _own(self, caller: Caller, public_id: str) -> Conversation:
        """A conversation in which the caller is one of the two who talk."""
        conversation = await self._of(caller, public_id)
        if caller.actor.side is Side.PLATFORM and caller.actor.staff != conversation.taken_by:
            raise NotTalking("conversation_taken" if conversation.taken_by else "not_allowed")
        return conversation

    async def _add(self, conversation: Conversation, caller: Caller, text: str, now: Instant) -> ConversationView:
        await self._conversations.say(
            conversation.merchant_id, conversation.conversation_id, caller.actor.name, text, now
        )
        self._tell(conversation, "talk")
        return await self._view(conversation, caller)

    def _tell(self, conversation: Conversation, subject: ports.Subject) -> None:
        self._announce([ports.Change(conversation.merchant_id, conversation.conversation_id, 0, subject)])

    async def _view(self, conversation: Conversation, caller: Caller) -> ConversationView:
        messages = await self._conversations.messages(conversation.merchant_id, conversation.conversation_id)
        if conversation.state != "waiting":
            return _view(conversation, caller, messages)
        place = await self._conversations.ahead(conversation) + 1
        taken = await self._conversations.taken_since(self._clock.now() - _MEASURED)
        wait = round(place * _MEASURED.total_seconds() / taken) if taken else None
        return _view(conversation, caller, messages, place, wait)


def _view(
    conversation: Conversation,
    caller: Caller,
    messages: Sequence[Message] = (),
    place: int | None = None,
    expected_wait_seconds: int | None = None,
) -> ConversationView:
    inside = caller.actor.side is Side.PLATFORM
    return ConversationView(
        conversation_id=public_case_id(conversation.merchant_id, conversation.conversation_id),
        state=conversation.state,
        asker=conversation.asker,
        asked_at=conversation.asked_at,
        messages=tuple(
            message if inside else Message(message.seq, message.at, author(message.by, caller.actor), message.text)
            for message in messages
        ),
        order_no=conversation.order_no,
        case_id=public_case_id(conversation.merchant_id, conversation.case_id) if conversation.case_id else None,
        taken_by=conversation.taken_by if inside else "",
        taken_at=conversation.taken_at,
        closed_at=conversation.closed_at,
        place=place,
        expected_wait_seconds=expected_wait_seconds,
    )


def _merchant_of(caller: Caller, order: OrderKey | None, case: CaseKey | None) -> int:
    if case is not None:
        return case.merchant_id
    if order is not None:
        return order.merchant_id
    return int(caller.actor.party) if caller.actor.side is Side.MERCHANT else PLATFORM


_NOT_A_PERSON = r"(?!智能|费|成本|皮|草|合成|降解|湖|岛|授粉|养殖|翻译)"
_ASKS = re.compile(
    "|".join((
        rf"人工{_NOT_A_PERSON}",
        r"真人",
        r"活人",
        r"(找|叫|要|转|接|换|联系|呼叫|请)(一?[个位名])?(你们的?|平台的?|在线)?(客服|专员|工作人员|主管|经理)",
        r"(客服|专员|有人|工作人员)(呢|吗|在吗|在不在|在么|在哪)",
        r"(找|要|跟|和|换)(一?个)?人(来?(说话|聊|谈|处理|回答|解决|服务)|$)",
        r"(不|别)(想|要)?(跟|和)?(再)?(跟|和)?机器人",
        r"\bhuman\b(?!\s*(hair|made|error))",
        r"\b(real|live|actual)\s+(person|people|agent|operator|support|representative)\b",
        r"\b(talk|speak|chat|connect|transfer)\w*\b.*\b(some(one|body)|person|people)\b",
        r"\b(talk|speak|chat|connect|transfer)\w*\b.*\b(agent|staff|representative|operator|manager|supervisor)\b",
        r"\b(agent|representative|operator)\s*(please)?\s*$",
        r"\bcustomer\s*(service|support|care)\b",
    )),
    re.IGNORECASE,
)  # fmt: skip
_DECLINES = re.compile(r"(不要|不用|不需要|无需|别|先不|不想)(转|找|接|再)?(到)?人工")
_BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[\s\W_]+(?=[\u4e00-\u9fff])")


def wants_person(text: str) -> bool:
    """Whether somebody asks for a person, in Chinese or English: 「转 人 工」, 「有人在吗」, "talk to someone"."""
    plain = _BETWEEN_CHINESE.sub("", unicodedata.normalize("NFKC", text)).strip()
    return _DECLINES.search(plain) is None and _ASKS.search(plain) is not None
