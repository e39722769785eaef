"""Text in pictures, read offline: rapidocr with models that come in its wheel (extra `[ocr]`)."""

from functools import cache
from importlib.util import find_spec
from typing import Any

from PIL import Image

_LEAST_SURE = 0.6
_TALL = 1.8
_PART = 1.5
_OVERLAP = 0.12
_MOST_PARTS = 12
"""A long screenshot is read in parts: made smaller as a whole, nothing in it could be read."""

_LONGEST_LINE = 300
_MOST_LINES = 300


def is_installed() -> bool:
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def lines(picture: Image.Image) -> list[str]:
    """From top to bottom."""
    found: list[str] = []
    for part in _parts(picture.convert("RGB")):
        read = _reader()(part, use_cls=False)
        for text, sure in zip(read.txts or (), read.scores or (), strict=True):
            line = text.strip()[:_LONGEST_LINE]
            # Parts overlap, so that no line is cut in two; what both have counts once.
            if sure >= _LEAST_SURE and line and line not in found[-8:]:
                found.append(line)
    return found[:_MOST_LINES]


def _parts(picture: Image.Image) -> list[Any]:
    import numpy  # noqa: ICN001, PLC0415 (comes with the extra)

    width, height = picture.size
    if height <= width * _TALL:
        tops, tall = [0], height
    else:
        tall = int(width * _PART)
        step = int(tall - width * _OVERLAP)
        tops = [min(top, height - tall) for top in range(0, height - tall + step, step)][:_MOST_PARTS]
    # The reader wants blue first.
    return [numpy.asarray(picture.crop((0, top, width, top + tall)))[:, :, ::-1] for top in tops]


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 (heavy, and only there with the extra)

    one_thread = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "critical", **one_thread})
