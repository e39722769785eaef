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
        rows = await self._database.rows(_sql.merchant, merchant_id=merchant_id)
        return _merchant.decode(rows[0][0]) if rows else None

    async def put_merchant(self, merchant: Merchant, now: Instant) -> None:
        settings = msgspec.json.encode(merchant).decode()
        async with self._database.for_page() as connection:
            await _sql.put_merchant(connection, merchant_id=merchant.merchant_id, settings=settings, now=now)

    async def service_key(self, sha256: bytes) -> ServiceKey | None:
        rows = await self._database.rows(_sql.service_key, sha256=sha256)
        return ServiceKey(*rows[0]) if rows else None

    async def service_keys(self, limit: int) -> list[ServiceKey]:
        return [ServiceKey(*row) for row in await self._database.rows(_sql.service_keys, page=limit)]

    async def service_keys_of(self, merchant_id: int, limit: int) -> list[ServiceKey]:
        rows = await self._database.rows(_sql.service_keys_of, merchant_id=merchant_id, page=limit)
        return [ServiceKey(*row) for row in rows]

    async def revoke_service_key(self, key_id: str, by: str, now: Instant) -> bool:
        return bool(await self._database.rows(_sql.revoke_service_key, key_id=key_id, by=by, now=now))

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
