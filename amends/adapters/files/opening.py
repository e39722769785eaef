"""Where bytes of evidence are kept and who looks at them, by the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from amends.adapters.files.blobs import ObjectBlobs, local_blobs, s3_blobs
from amends.adapters.files.clamd import ClamdScanner
from amends.adapters.files.inspector import ProcessInspector
from amends.settings import Settings


class Keeping(NamedTuple):
    blobs: ObjectBlobs
    inspector: ProcessInspector
    scanner: ClamdScanner | None


@asynccontextmanager
async def open_keeping(settings: Settings) -> AsyncIterator[Keeping]:
    """Workers that look into files end with it."""
    async with ProcessInspector() as inspector:
        yield Keeping(_blobs(settings), inspector, scanner_of(settings))


def scanner_of(settings: Settings) -> ClamdScanner | None:
    if settings.clamd is None:
        return None
    host, _, port = settings.clamd.rpartition(":")
    return ClamdScanner(host, int(port))


def _blobs(settings: Settings) -> ObjectBlobs:
    if settings.evidence_url is None:
        return local_blobs(settings.data_dir / "evidence")
    return s3_blobs(
        settings.evidence_url,
        endpoint=settings.evidence_endpoint,
        region=settings.evidence_region,
        access_key=settings.evidence_access_key,
        secret_key=settings.evidence_secret_key,
    )
