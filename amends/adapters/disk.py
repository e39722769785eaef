"""Room on the disks of this machine."""

import asyncio
import shutil
from pathlib import Path

from amends.application.checks import Space


async def space(folder: Path) -> Space:
    """Of the disk on which the folder lies, or will lie once it is made. Raises OSError."""
    return await asyncio.to_thread(_space, folder)


def _space(folder: Path) -> Space:
    folder = folder.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    found = shutil.disk_usage(there)
    return Space(found.free, found.total)
