"""Talks with a person of the service, on PostgreSQL."""

from typing import Any

from amends.application.service import Conversation, Message
from amends.domain.time import Instant
from amends.store.database import Database, load_queries

_sql = load_queries("conversations")


class PostgresConversations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, conversation: Conversation, text: str) -> None:
        async with self._database.for_page() as connection:
            await _sql.add(
                connection,
                merchant_id=conversation.merchant_id,
                conversation_id=conversation.conversation_id,
                asker=conversation.asker,
                order_no=conversation.order_no,
                case_id=conversation.case_id,
                asked_at=conversation.asked_at,
                text=text,
            )

    async def get(self, merchant_id: int, conversation_id: int) -> Conversation | None:
        found = await self._conversations(_sql.get, merchant_id=merchant_id, conversation_id=conversation_id)
        return found[0] if found else None

    async def open_of(self, asker: str) -> Conversation | None:
        found = await self._conversations(_sql.open_of, asker=asker)
        return found[0] if found else None

    async def of_asker(self, asker: str, limit: int) -> list[Conversation]:
        return await self._conversations(_sql.of_asker, asker=asker, page=limit)

    async def inbox(self, staff: str, limit: int) -> list[tuple[Conversation, Message]]:
        rows = await self._database.rows(_sql.inbox, staff=staff, page=limit)
        return [(Conversation(*row[:10]), Message(*row[10:])) for row in rows]

    async def messages(self, merchant_id: int, conversation_id: int) -> list[Message]:
        rows = await self._database.rows(_sql.messages, merchant_id=merchant_id, conversation_id=conversation_id)
        return [Message(*row) for row in rows]

    async def say(self, merchant_id: int, conversation_id: int, by: str, text: str, at: Instant) -> None:
        key = {"merchant_id": merchant_id, "conversation_id": conversation_id}
        async with self._database.for_page() as connection, connection.transaction():
            await connection.execute(_sql.hold.sql, key)
            await _sql.say(connection, **key, at=at, by=by, text=text)

    async def take(self, merchant_id: int, conversation_id: int, staff: str, at: Instant) -> bool:
        return bool(
            await self._database.rows(
                _sql.take, merchant_id=merchant_id, conversation_id=conversation_id, staff=staff, at=at
            )
        )

    async def close(self, merchant_id: int, conversation_id: int, at: Instant) -> None:
        async with self._database.for_page() as connection:
            await _sql.close(connection, merchant_id=merchant_id, conversation_id=conversation_id, at=at)

    async def ahead(self, conversation: Conversation) -> int:
        async with self._database.for_page() as connection:
            return int(
                await _sql.ahead(
                    connection,
                    merchant_id=conversation.merchant_id,
                    conversation_id=conversation.conversation_id,
                    asked_at=conversation.asked_at,
                )
            )

    async def taken_since(self, since: Instant) -> int:
        async with self._database.for_page() as connection:
            return int(await _sql.taken_since(connection, since=since))

    async def _conversations(self, query: Any, **parameters: Any) -> list[Conversation]:
        return [Conversation(*row) for row in await self._database.rows(query, **parameters)]
