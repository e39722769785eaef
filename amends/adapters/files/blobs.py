"""Bytes of evidence, on the local disk or in S3-compatible storage (DESIGN §5)."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from amends.application.ports import Unavailable

_CHUNK = 1 << 20
_PART = 8 << 20
"""S3 takes no part below 5 MiB but the last."""

_AT_ONCE = 8 << 20
"""Up to this size a file is put whole, and only if there is none; larger ones go in parts after a look."""


class ObjectBlobs:
    """Over an object store. `disk` is its folder where it is one: what is kept there is on the platter, too."""

    def __init__(self, store: LocalStore | S3Store, disk: Path | None = None) -> None:
        self._store = store
        self._disk = disk

    async def put(self, key: str, file: Path) -> None:
        size = (await asyncio.to_thread(file.stat)).st_size
        try:
            if size <= _AT_ONCE:
                await self._create(key, await asyncio.to_thread(file.read_bytes))
            elif await self.size(key) is None:
                # Whoever puts it at the same time puts the same bytes: the key is their hash.
                await obstore.put_async(self._store, key, file, chunk_size=_PART, max_concurrency=2)
        except _TROUBLE as fault:
            raise Unavailable(f"files cannot be kept: {type(fault).__name__}") from fault
        await self._sync(key)

    async def put_bytes(self, key: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, key, content, use_multipart=False)
        except _TROUBLE as fault:
            raise Unavailable(f"files cannot be kept: {type(fault).__name__}") from fault
        await self._sync(key)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        options = {"range": (start, end) if end is not None else {"offset": start}}
        try:
            found = await obstore.get_async(self._store, key, options=options)  # type: ignore[arg-type]
        except FileNotFoundError:
            raise LookupError(key) from None
        except _TROUBLE as fault:
            raise Unavailable(f"files cannot be read: {type(fault).__name__}") from fault
        async for part in found.stream(min_chunk_size=_CHUNK):
            yield bytes(part)

    async def size(self, key: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, key))["size"]
        except FileNotFoundError:
            return None
        except _TROUBLE as fault:
            raise Unavailable(f"files cannot be read: {type(fault).__name__}") from fault

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue
            except _TROUBLE as fault:
                raise Unavailable(f"files cannot be removed: {type(fault).__name__}") from fault

    async def delete_under(self, folder: str) -> None:
        try:
            async for found in obstore.list(self._store, prefix=folder):
                await self.delete([one["path"] for one in found])
        except _TROUBLE as fault:
            raise Unavailable(f"files cannot be removed: {type(fault).__name__}") from fault

    async def _create(self, key: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, key, content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return

    async def _sync(self, key: str) -> None:
        """The event will say that the file is there; then it must outlive a power cut, as the event does."""
        if self._disk is not None:
            await asyncio.to_thread(_sync, self._disk / key)


_TROUBLE = (obstore.exceptions.BaseError, OSError)


def _sync(file: Path) -> None:
    for path in (file, file.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def local_blobs(folder: Path) -> ObjectBlobs:
    """In a folder of this machine, readable by this account only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ObjectBlobs(LocalStore(folder, mkdir=True), folder)


def s3_blobs(
    url: str, *, endpoint: str | None, region: str, access_key: str | None, secret_key: str | None
) -> ObjectBlobs:
    """In the bucket of `s3://bucket/folder`; without keys those of the machine or the environment are used."""
    keys = {"access_key_id": access_key, "secret_access_key": secret_key, "endpoint": endpoint}
    return ObjectBlobs(
        S3Store.from_url(
            url,
            config={
                "region": region,
                **{name: value for name, value in keys.items() if value is not None},  # type: ignore[typeddict-item]
            },
            client_options={"allow_http": endpoint is not None and endpoint.startswith("http://"), "timeout": "60s"},
        )
    )
