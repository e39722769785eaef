"""Pictures of a video: the one that is shown of it, and three more."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image

_PARTS = (0.1, 0.25, 0.5, 0.75)
"""Where in its length; the first is where the picture is from that is shown of it (`looking/media.py`)."""


def pictures(file: Path) -> Iterator[Image.Image]:
    """Of a video that we copied. Where it cannot be searched, from where it stands."""
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        video.thread_count = 1
        length = container.duration or 0
        for part in _PARTS if length > av.time_base else _PARTS[:1]:
            with suppress(FFmpegError):
                container.seek(int(part * length))
            frame = next((frame for frame in container.decode(video)), None)
            if frame is not None:
                turned = frame.to_image().convert("RGB")
                yield turned.rotate(frame.rotation, expand=True) if frame.rotation else turned
