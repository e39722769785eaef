"""Talks with a person of the service, in memory."""

from collections import defaultdict

from msgspec.structs import replace

from amends.application.service import Conversation, Message
from amends.domain.time import Instant

_Key = tuple[int, int]


class MemoryConversations:
    def __init__(self) -> None:
        self._found: dict[_Key, Conversation] = {}
        self._said: defaultdict[_Key, list[Message]] = defaultdict(list)

    async def add(self, conversation: Conversation, text: str) -> None:
        key = (conversation.merchant_id, conversation.conversation_id)
        self._found[key] = conversation
        self._said[key].append(Message(1, conversation.asked_at, conversation.asker, text))

    async def get(self, merchant_id: int, conversation_id: int) -> Conversation | None:
        return self._found.get((merchant_id, conversation_id))

    async def open_of(self, asker: str) -> Conversation | None:
        return next((one for one in await self.of_asker(asker, len(self._found)) if one.state != "closed"), None)

    async def of_asker(self, asker: str, limit: int) -> list[Conversation]:
        theirs = [one for one in self._found.values() if one.asker == asker]
        return sorted(theirs, key=lambda one: (one.asked_at, one.conversation_id), reverse=True)[:limit]

    async def inbox(self, staff: str, limit: int) -> list[tuple[Conversation, Message]]:
        found = [one for one in self._found.values() if one.state == "waiting"]
        found += [one for one in self._found.values() if one.state == "taken" and one.taken_by == staff]
        found.sort(key=lambda one: (one.state == "waiting", *_place(one)))
        return [(one, self._said[one.merchant_id, one.conversation_id][-1]) for one in found[:limit]]

    async def messages(self, merchant_id: int, conversation_id: int) -> list[Message]:
        return list(self._said[merchant_id, conversation_id])

    async def say(self, merchant_id: int, conversation_id: int, by: str, text: str, at: Instant) -> None:
        said = self._said[merchant_id, conversation_id]
        said.append(Message(len(said) + 1, at, by, text))

    async def take(self, merchant_id: int, conversation_id: int, staff: str, at: Instant) -> bool:
        found = self._found[merchant_id, conversation_id]
        if found.state != "waiting":
            return False
        self._found[merchant_id, conversation_id] = replace(found, state="taken", taken_by=staff, taken_at=at)
        return True

    async def close(self, merchant_id: int, conversation_id: int, at: Instant) -> None:
        found = self._found[merchant_id, conversation_id]
        self._found[merchant_id, conversation_id] = replace(found, state="closed", closed_at=at)

    async def ahead(self, conversation: Conversation) -> int:
        place = _place(conversation)
        return sum(one.state == "waiting" and _place(one) < place for one in self._found.values())

    async def taken_since(self, since: Instant) -> int:
        return sum(one.taken_at is not None and one.taken_at >= since for one in self._found.values())


def _place(conversation: Conversation) -> tuple[Instant, int, int]:
    return conversation.asked_at, conversation.merchant_id, conversation.conversation_id
