"""A time-stamping authority over HTTP (RFC 3161 §3.4)."""

import httpx2

from amends.application.ledger import Unstamped
from amends.proof.stamps import QUERY, REPLY, BadStamp, read_stamp, request

TIMEOUT_SECONDS = 10
_LARGEST_REPLY_BYTES = 100_000
"""A reply with its certificates has some thousands."""


class HttpTimeStamps:
    def __init__(self, url: str) -> None:
        self._url = url

    async def stamp(self, content: bytes) -> bytes:
        """The authority's reply, as it came, after a look whether it is about these bytes."""
        asked = request(content)
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.post(self._url, content=asked.query, headers={"content-type": QUERY})
        except httpx2.HTTPError as fault:
            raise Unstamped(f"{self._url}: {fault!r}") from fault
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if answer.status_code != httpx2.codes.OK or kind != REPLY or len(answer.content) > _LARGEST_REPLY_BYTES:
            raise Unstamped(f"{self._url}: answered {answer.status_code} {kind}, {len(answer.content)} bytes")
        try:
            read_stamp(answer.content, content, nonce=asked.nonce)
        except BadStamp as fault:
            raise Unstamped(f"{self._url}: {fault}") from fault
        return answer.content
