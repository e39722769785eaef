"""Chats from strangers, opened apart: what is hostile is refused with its place, the rest is written anew."""

import json

import pytest

from amends.adapters.files.inspector import ProcessInspector
from amends.application.files import Form, Unsuitable
from amends.application.transcripts import read
from amends.domain.policy import FileLimits

pytestmark = pytest.mark.anyio

AT = "2026-03-02T09:00:00Z"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def look(tmp_path_factory):
    """Opens a file as the service would; returns facts and the copy that is shown."""
    folder = tmp_path_factory.mktemp("chats")
    async with ProcessInspector(at_once=1) as inspector:

        async def inspected(content: bytes):
            (folder / "original").write_bytes(content)
            found = await inspector.inspect(folder / "original", FileLimits())
            assert list(found.copies) == [Form.DISPLAY]
            return found, (folder / "display").read_bytes()

        yield inspected


def chat(messages: str) -> bytes:
    return ('{"source": "客服聊天", "messages": [' + messages + "]}").encode("utf-8", "surrogatepass")


def message(text: str, more: str = "") -> str:
    """`text` as it stands in the JSON, with its quotes."""
    return f'{{"at": "{AT}", "side": "buyer", "text": {text}{more}}}'


REFUSED = [
    ("nested deeper than anybody reads", b'{"a":' * 200_000, "transcript_invalid"),
    ("lists nested deeper", chat(message("[" * 100_000 + "]" * 100_000)), "transcript_invalid"),
    ("half a character, escaped", chat(message('"\\ud800"')), "transcript_invalid"),
    ("half a character in its bytes", chat(message('"\ud800"')), "transcript_invalid"),
    ("a name twice", chat(message('"one"', ', "text": "other"')), "transcript_invalid"),
    ("messages twice", b'{"source":"a","messages":[],"messages":[]}', "transcript_invalid"),
    ("no number", chat(message('"a"', ', "author": NaN')), "transcript_invalid"),
    ("endless", chat(message('"a"', ', "author": Infinity')), "transcript_invalid"),
    ("a number of a million digits", chat(message("9" * 1_000_000)), "transcript_invalid"),
    ("one huge word", chat(message('"' + "好" * 600_000 + '"')), "transcript_invalid"),
    ("a source as long as a book", json.dumps({"source": "长" * 61, "messages": []}).encode(), "transcript_invalid"),
    ("one message again and again", chat(",".join([message('"a"')] * 30_000)), "transcript_too_long"),
    ("more than two megabytes", chat(message('"a"')) + b" " * 2_000_001, "file_too_large"),
    ("breaks off", chat(message('"a"'))[:-3], "transcript_invalid"),
    ("two after each other", chat(message('"a"')) * 2, "transcript_invalid"),
    ("UTF-16", "\ufeff{}".encode("utf-16-le"), "file_type_not_allowed"),
    ("a zero byte", chat(message('"a\x00b"')), "transcript_invalid"),
    ("settings of somebody", b'{"dependencies": {"left-pad": "1.3.0"}}', "transcript_invalid"),
    ("the year 0", chat(message('"a"').replace("2026", "0000")), "transcript_invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_refused(look, content, code):
    with pytest.raises(Unsuitable) as refused:
        await look(content)
    assert refused.value.code == code


async def test_the_copy_is_in_the_order_of_time_without_signs_that_nobody_sees(look):
    content = "\ufeff" + json.dumps({
        "source": " 客服聊天\u202e ",
        "messages": [
            {"at": "2026-03-02T17:05:00+08:00", "side": "merchant", "author": "小李\u0007", "text": "在的\r\n请说"},
            {"at": "2026-03-02T09:01:00Z", "side": "buyer", "text": "<script>alert('一')</script>👨‍👩‍👧\u2067"},
        ],
    })  # fmt: skip
    found, shown = await look(content.encode())
    told = read(shown)
    assert found.media_type == "application/json"
    assert found.facts["messages"] == 2
    assert told.source == "客服聊天"
    assert [(line.side, line.author, line.text) for line in told.messages] == [
        ("buyer", "", "<script>alert('一')</script>👨‍👩‍👧"),
        ("merchant", "小李", "在的\n请说"),
    ]
    assert [line.at.isoformat()[:16] for line in told.messages] == ["2026-03-02T09:01", "2026-03-02T17:05"]
