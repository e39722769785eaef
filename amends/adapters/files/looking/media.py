"""Videos and sound: proved by decoding, and copied without metadata, subtitles and tracks of data (places, mostly).

A container may name other files and addresses. It is read through an open file, by one demuxer that is named, so there
is nothing else it could reach.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError
from PIL import Image

from amends.adapters.files.looking.images import thumb_of
from amends.adapters.files.looking.limits import Made, NotTaken, at_most

_PICTURES = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "h263"})
_SOUNDS = frozenset({"aac", "mp3", "opus", "vorbis", "amrnb", "amrwb", "flac", "pcm_s16le", "pcm_u8", "pcm_s24le"})
_IN_WEBM = frozenset({"vp8", "vp9", "opus", "vorbis"})
_IN_MP4 = frozenset({"h264", "hevc", "av1", "mpeg4", "aac", "mp3", "flac", "opus"})
_SPREAD = (0.1, 0.5, 0.9)
"""Where in a video a picture is decoded, as parts of its length; the first is what is shown of it."""

_RATE = 32_000

_MAKERS = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODELS = ("com.apple.quicktime.model", "com.android.model", "model")


def look_at_video(file: Path, reader: str, limits: dict[str, int]) -> tuple[dict[str, Any], list[Made]]:
    """Raises NotTaken, and what FFmpeg raises over what is broken."""
    with file.open("rb") as opened, av.open(opened, format=reader, metadata_errors="replace") as container:
        if not container.streams.video:
            if container.streams.audio:
                return _sound(container, file, limits)
            raise NotTaken("file_unreadable", why="no pictures")
        video = container.streams.video[0]
        video.thread_count = 1
        _check_codec(video.codec_context.name, _PICTURES)
        width, height = video.codec_context.width, video.codec_context.height
        at_most("picture_too_large", width * height / 1e6, limits["video_megapixels"])
        seconds = (container.duration or 0) / av.time_base
        at_most("recording_too_long", seconds, limits["video_seconds"])
        facts: dict[str, Any] = {"seconds": round(seconds, 1), "width": width, "height": height} | _origin(container)
        pictures = list(_pictures(container, video, seconds))
        if not pictures:
            raise NotTaken("file_unreadable", why="no pictures")
        poster = pictures[0]
        small = file.parent / "thumb"
        thumb = thumb_of(poster, limits["thumb_pixels"])
        thumb.save(small, "JPEG", quality=80, optimize=True)
        shown = _copied(file, reader, seconds)
        return facts, [
            Made("display", shown[1], shown[0].stat().st_size, *poster.size),
            Made("thumb", "image/jpeg", small.stat().st_size, *thumb.size),
        ]


def look_at_sound(file: Path, reader: str, limits: dict[str, int]) -> tuple[dict[str, Any], list[Made]]:
    """Raises NotTaken, and what FFmpeg raises over what is broken."""
    with file.open("rb") as opened, av.open(opened, format=reader, metadata_errors="replace") as container:
        return _sound(container, file, limits)


def _check_codec(name: str, allowed: frozenset[str]) -> None:
    if name not in allowed:
        raise NotTaken("file_type_not_allowed", found=name)


def _pictures(container: av.container.InputContainer, video: Any, seconds: float) -> Iterator[Image.Image]:
    """Pictures from the beginning, the middle and the end. Raises NotTaken where the end is missing."""
    for part in _SPREAD if seconds > 1 else (0.0,):
        with suppress(FFmpegError):  # a file that cannot be searched is read from where it stands
            container.seek(int(part * seconds * av.time_base))
        frame = next((frame for frame in container.decode(video)), None)
        if frame is None:
            raise NotTaken("file_unreadable", why="ends early")
        turned = frame.to_image().convert("RGB")
        yield turned.rotate(frame.rotation, expand=True) if frame.rotation else turned


def _copied(file: Path, reader: str, seconds: float) -> tuple[Path, str]:
    """Pictures and sound in a new container. Raises NotTaken where they end before they should."""
    shown = file.parent / "display"
    with file.open("rb") as opened, av.open(opened, format=reader, metadata_errors="replace") as source:
        wanted = [source.streams.video[0]]
        wanted += [one for one in source.streams.audio if one.codec_context.name in _SOUNDS][:1]
        names = {one.codec_context.name for one in wanted}
        into = "webm" if names <= _IN_WEBM else "mp4"
        if into == "mp4":
            wanted = [one for one in wanted if one.codec_context.name in _IN_MP4]
        if not wanted or wanted[0].type != "video":
            raise NotTaken("file_type_not_allowed", found=sorted(names))
        options = {"movflags": "+faststart", "fflags": "+bitexact"} if into == "mp4" else {"fflags": "+bitexact"}
        reached = 0.0
        with av.open(str(shown), "w", format=into, options=options) as copy:
            tracks = {one.index: copy.add_stream_from_template(one) for one in wanted}
            for packet in source.demux(*wanted):
                if packet.dts is None:
                    continue
                if packet.stream.type == "video" and packet.pts is not None:
                    reached = max(reached, float((packet.pts - (packet.stream.start_time or 0)) * packet.time_base))
                packet.stream = tracks[packet.stream.index]
                copy.mux(packet)
    if seconds > 2 and reached < 0.8 * seconds - 1:
        raise NotTaken("file_unreadable", why="ends early")
    return shown, f"video/{into}"


def _sound(container: Any, file: Path, limits: dict[str, int]) -> tuple[dict[str, Any], list[Made]]:
    """Sound is short enough to be decoded whole and written anew, as every browser plays it."""
    if not container.streams.audio:
        raise NotTaken("file_unreadable", why="no sound")
    source = container.streams.audio[0]
    source.thread_count = 1
    _check_codec(source.codec_context.name, _SOUNDS)
    at_most("recording_too_long", (container.duration or 0) / av.time_base, limits["audio_seconds"])
    facts = _origin(container)
    shown = file.parent / "display"
    even = av.AudioResampler(format="fltp", layout="mono", rate=_RATE)
    seconds = 0.0
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(shown), "w", format="mp4", options=options) as copy:
        track = copy.add_stream("aac", rate=_RATE, layout="mono")
        track.bit_rate = 64_000
        for frame in container.decode(source):
            frame.pts = None
            seconds += frame.samples / frame.sample_rate
            at_most("recording_too_long", seconds, limits["audio_seconds"])
            for piece in even.resample(frame):
                copy.mux(track.encode(piece))
        for piece in even.resample(None):
            copy.mux(track.encode(piece))
        copy.mux(track.encode(None))
    if not seconds:
        raise NotTaken("file_unreadable", why="no sound")
    return facts | {"seconds": round(seconds, 1)}, [Made("display", "audio/mp4", shown.stat().st_size)]


def _origin(container: Any) -> dict[str, Any]:
    """When and with what it was recorded, as the device wrote it: anybody can write it."""
    told = {name.lower(): value for name, value in container.metadata.items()}
    facts: dict[str, Any] = {}
    if taken := told.get("com.apple.quicktime.creationdate") or told.get("creation_time"):
        facts["taken_at"] = taken[:32]
    maker, model = _first(told, _MAKERS), _first(told, _MODELS)
    if device := model if model.startswith(maker) else f"{maker} {model}".strip():
        facts["device"] = device[:100]
    if any("location" in name or name == "xyz" for name in told):
        facts["has_location"] = True
    return facts


def _first(told: dict[str, str], names: tuple[str, ...]) -> str:
    return next((told[name] for name in names if name in told), "")
