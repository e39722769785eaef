"""Merchants, service keys and process numbers, on PostgreSQL."""

import msgspec

from amends.application.ids import NODES
from amends.application.ports import ServiceKey
from amends.domain.order import Merchant
from amends.domain.time import Instant
from amends.store.database import Database, load_queries

_sql = load_queries("registry")
_merchant = msgspec.json.Decoder(Merchant)


class PostgresRegistry:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def merchant(self, merchant_id: int) -> Merchant | None:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(_sql.merchant.sql, {"merchant_id": merchant_id})
            row = await cursor.fetchone()
            return _merchant.decode(row[0]) if row else None

    async def put_merchant(self, merchant: Merchant, now: Instant) -> None:
        settings = msgspec.json.encode(merchant).decode()
        async with self._database.for_page() as connection:
            await _sql.put_merchant(connection, merchant_id=merchant.merchant_id, settings=settings, now=now)

    async def service_key(self, sha256: bytes) -> ServiceKey | None:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(_sql.service_key.sql, {"sha256": sha256}, binary=True)
            row = await cursor.fetchone()
            return ServiceKey(*row) if row else None

    async def service_keys(self, limit: int) -> list[ServiceKey]:
        async with self._database.for_page() as connection:
            cursor = await connection.execute(_sql.service_keys.sql, {"page": limit}, binary=True)
            return [ServiceKey(*row) for row in await cursor.fetchall()]

    async def service_keys_of(self, merchant_id: int, limit: int) -> list[ServiceKey]:
        async with self._database.for_page() as connection:
            asked = {"merchant_id": merchant_id, "page": limit}
            cursor = await connection.execute(_sql.service_keys_of.sql, asked, binary=True)
            return [ServiceKey(*row) for row in await cursor.fetchall()]

    async def revoke_service_key(self, key_id: str, by: str, now: Instant) -> bool:
        async with self._database.for_page() as connection:
            asked = {"key_id": key_id, "by": by, "now": now}
            cursor = await connection.execute(_sql.revoke_service_key.sql, asked)
            return await cursor.fetchone() is not None

    async def put_service_key(self, key: ServiceKey) -> None:
        async with self._database.for_page() as connection:
            await _sql.put_service_key(
                connection,
                sha256=key.sha256,
                name=key.name,
                merchant_id=key.merchant_id,
                created_at=key.created_at,
            )

    async def next_node(self) -> int:
        """A number for this process's ids that no other running process has."""
        async with self._database.for_page() as connection:
            return int(await _sql.next_node(connection)) % NODES
