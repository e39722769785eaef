"""Chats as CSV: whatever encoding and separator, the same words come back; what is bad is told by its lines (R1.2)."""

import csv
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amends.adapters.files.inspector import ProcessInspector
from amends.adapters.files.looking.chat_tables import is_headed, read
from amends.adapters.files.looking.limits import NotTaken
from amends.adapters.files.looking.signs import visible
from amends.application.files import Unsuitable
from amends.application.transcripts import Line, Voice
from amends.application.transcripts import read as shown_chat
from amends.domain.policy import FileLimits
from amends.wording.chat_tables import lines_told, missing_told

CHINA, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
LIMITS = msgspec.structs.asdict(FileLimits())
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""Nine o'clock in China."""

ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 BOM", "gb18030": "GB18030"}
HEADERS = [("时间", "角色", "昵称", "内容"), ("Sent_At", "side", "author", "message")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def table(text: str, zone: ZoneInfo = CHINA):
    return read(text.encode(), zone, LIMITS)


def refused(text: str | bytes, zone: ZoneInfo = CHINA) -> NotTaken:
    with pytest.raises(NotTaken) as fault:
        read(text.encode() if isinstance(text, str) else text, zone, LIMITS)
    return fault.value


def told(fault: NotTaken) -> list[tuple[int, str]]:
    assert fault.code == "transcript_rows_invalid"
    return [(one.line, one.why) for one in fault.facts["lines"]]


# What is read ------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
SPOKEN = WORDS.filter(lambda text: visible(text, lines=True))
INSTANTS = st.datetimes(datetime(2000, 1, 2), datetime(2100, 12, 30), timezones=st.just(UTC))
CHATS = st.lists(st.builds(Line, INSTANTS, st.sampled_from(Voice), SPOKEN, WORDS), min_size=1, max_size=8)


@given(
    chat=CHATS,
    encoding=st.sampled_from(list(ENCODINGS)),
    separator=st.sampled_from([",", ";", "\t"]),
    written=st.sampled_from([("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]),
    header=st.sampled_from(HEADERS),
)
def test_any_chat_written_as_csv_reads_back_the_same(chat, encoding, separator, written, header):
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=written[0], quoting=written[1])
    # Under a first line of plain ASCII, a few letters of GB18030 can be UTF-8 as well: no reader could tell.
    writer.writerow(HEADERS[0] if encoding == "gb18030" else header)
    for line in chat:
        writer.writerow([line.at.isoformat(), line.side.value, line.author, line.text])
    content = out.getvalue().encode(encoding)

    found = read(content, CHINA, LIMITS)

    assert is_headed(content[:8192])
    assert found.facts == {"encoding": ENCODINGS[encoding]}
    expected = [(line.at, line.side, visible(line.text, lines=True), visible(line.author)) for line in chat]
    own_words = {"buyer", "merchant", "service", "system"}
    for line, (at, side, text, author) in zip(found.messages, expected, strict=True):
        assert (line.at, line.side, line.text) == (at, side, text)
        assert line.author == author or (line.author == "" and author.casefold() in own_words)


@given(st.binary(max_size=400), st.sampled_from([b"", "时间,发送方,内容\n".encode(), b"time;sender;text\r\n"]))
@example(b"\xff\xfe" + "时间,发送方,内容".encode("utf-16-le"), b"")
@example(b'2026-03-02 09:00,buyer,"' + b"a" * 300, b"time,sender,text\n")
def test_no_bytes_break_the_reader(noise, before):
    is_headed(before + noise)
    with suppress(NotTaken):
        read(before + noise, CHINA, LIMITS)


TIMES = [
    ("2026-03-02 09:00", NINE),
    ("2026-03-02 09:00:05", NINE + timedelta(seconds=5)),
    ("2026-03-02T01:00:00Z", NINE),
    ("2026-03-02T03:00:00.25+02:00", NINE + timedelta(seconds=0.25)),
    ("2026/3/2 9:00", NINE),
    ("2026.03.02 09:00", NINE),
    ("2026年3月2日 9时00分05秒", NINE + timedelta(seconds=5)),
    ("2026年3月2日09:00", NINE),
]


@pytest.mark.parametrize(("written", "at"), TIMES, ids=[row[0] for row in TIMES])
def test_a_time_without_zone_is_one_of_the_policys_zone(written, at):
    (line,) = table(f"时间,发送方,内容\n{written},买家,在吗").messages
    assert line.at == at


@pytest.mark.parametrize("written", [
    "昨天", "09:00", "2026-03-02", "3/2/2026 9:00", "46083.375", "2026-02-30 09:00", "2026-03-02 24:01",
    "1999-12-31 09:00", "2026-03-02 09:00 CST", "2026-03-02 09:00+99:99", " " * 9 + "T" * 5000,
])  # fmt: skip
def test_a_time_that_is_none_is_not_made_one(written):
    assert told(refused(f"时间,发送方,内容\n{written},买家,在吗")) == [(2, "time_unreadable")]


def test_an_hour_that_came_twice_or_never_is_asked_for():
    text = "time,sender,text\n2026-11-01 01:30,buyer,hi\n2026-03-08 02:30,buyer,hi\n2026-11-01 01:30-05:00,buyer,hi"
    assert told(refused(text, NEW_YORK)) == [(2, "time_unclear"), (3, "time_unclear")]


SENDERS = [
    ("买家", "buyer", ""), ("BUYER", "buyer", ""), ("顾客", "buyer", ""), ("商家", "merchant", ""),
    ("商家客服", "merchant", ""), ("卖家：小李", "merchant", "小李"), ("merchant (Li)", "merchant", "Li"),
    ("平台客服", "service", ""), ("系统消息", "system", ""),
]  # fmt: skip


@pytest.mark.parametrize(("written", "side", "author"), SENDERS, ids=[row[0] for row in SENDERS])
def test_who_spoke_is_said_as_exports_say_it(written, side, author):
    (line,) = table(f"时间;发送方;内容\n2026-03-02 09:00;{written};在吗").messages
    assert (line.side, line.author) == (side, author)


@pytest.mark.parametrize("written", ["客服", "小李", "tb12345", "旗舰店:小李", "机器人", "买" * 5000])
def test_who_may_be_anybodys_is_not_guessed(written):
    fault = refused(f"时间,发送方,内容\n2026-03-02 09:00,{written},在吗")
    assert told(fault) == [(2, "sender_unknown")]
    assert len(fault.facts["lines"][0].found) <= 40


def test_other_columns_and_empty_rows_are_passed_over_and_the_order_is_noted():
    text = (
        "\n订单号\t已读\t发言人\t内容\t发送时间\n"
        '="20260302"\t是\t买家\t在吗\t2026-03-02 09:00\n'
        "\t\t\t\t\n\n"
        "\t否\t买家\t人呢\t2026-03-02 09:01\t\t\n"
    )
    found = table(text)
    assert [line.text for line in found.messages] == ["在吗", "人呢"]
    assert found.facts == {"encoding": "UTF-8", "read_in_zone": "Asia/Shanghai", "orders": ["20260302"]}


def test_formulas_are_words_and_steering_signs_are_gone():
    text = 'time,sender,text\n2026-03-02 09:00,buyer,"=HYPERLINK(""http://x"")\x1b[31m\u202e"\n'
    (line,) = table(text).messages
    assert line.text == '=HYPERLINK("http://x")[31m'


# What is refused ---------------------------------------------------------------------------------------------

BAD = """时间,发送方,内容
2026-03-02 09:00,买家,"在吗
还在吗"
昨天,买家,在吗
2026-03-02 09:00,小李,在的

2026-03-02 09:00,,在的
,商家,在的
2026-03-02 09:00,商家,
2026-03-02 09:00,商家,在的,请说
2026-03-02 09:00,商家
2026-03-02 09:00,商家:{name},在的
2026-03-02 09:00,商家,{long}
2026-03-02 09:00,商家,"在的
"""


def test_every_bad_row_is_told_by_its_line_in_both_languages():
    fault = refused(BAD.format(name="李" * 61, long="长" * 4001))
    assert told(fault) == [
        (4, "time_unreadable"), (5, "sender_unknown"), (7, "sender_missing"), (8, "time_missing"), (9, "text_missing"),
        (10, "columns"), (11, "columns"), (12, "name_too_long"), (13, "text_too_long"), (14, "quotes"),
    ]  # fmt: skip
    assert fault.facts["more"] == 0
    lines = msgspec.to_builtins(fault.facts["lines"])
    chinese, english = lines_told(lines, 0, "zh"), lines_told(lines, 0, "en")
    assert chinese.startswith("第 4 行：时间“昨天”无法识别；第 5 行：发送方“小李”无法判断属于哪一方；第 7 行：")
    assert english.startswith("Line 4: time “昨天”; line 5: sender “小李”; line 7: no sender; ")
    assert chinese.count("时间请按 2026-03-02 09:00:00 的格式填写。") == 1
    assert english.count("Times are written like 2026-03-02 09:00:00.") == 1
    for line, _ in told(fault):
        assert f"第 {line} 行：" in chinese
        assert f"ine {line}: " in english


def test_of_many_bad_rows_the_first_twenty_are_told_and_the_others_counted():
    fault = refused("time,sender,text\n" + "later,buyer,hi\n" * 33 + '2026-03-02 09:00,buyer,"open')
    assert [line for line, _ in told(fault)] == list(range(2, 22))
    assert fault.facts["more"] == 14
    lines = msgspec.to_builtins(fault.facts["lines"])
    assert "; and 14 more lines. Times are written" in lines_told(lines, 14, "en")
    assert "；另有 14 行。时间请按" in lines_told(lines, 14, "zh")


HEADS = [
    ("sender,text\n", ["time"]), ("时间,买家,内容\n", ["sender"]), ("时间\t角色\n", ["text"]),
    ("时间,发送时间,发送方,内容\n", ["time twice"]), ("hello", ["time", "sender", "text"]),
    ("time,sender,text", ["rows"]), ("time,sender,text" + ",x" * 62 + "\n", ["columns"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "missing"), HEADS, ids=[row[0][:20] for row in HEADS])
def test_a_first_line_that_leaves_a_column_open_is_refused_with_what_is_missing(text, missing):
    fault = refused(text)
    assert (fault.code, fault.facts["missing"]) == ("transcript_columns", missing)
    assert missing_told(missing, "zh")
    assert missing_told(missing, "en")


ROW = "2026-03-02 09:00,买家,您好，请问这款壶防水吗"
BYTES = [
    ("UTF-16", f"时间,发送方,内容\n{ROW}".encode("utf-16")),
    ("a broken UTF-8 under Chinese", f"时间,发送方,内容\n{ROW}".encode()[:-1]),
    ("a broken UTF-8 under English", f"time,sender,text\n{ROW}".encode()[:-1]),
    ("a broken UTF-8 with its mark", f"time,sender,text\n{ROW}".encode("utf-8-sig")[:-1]),
    ("a broken GB18030", f"时间,发送方,内容\n{ROW}".encode("gb18030") + b"\xff"),
    ("a zero byte", f"时间,发送方,内容\n{ROW}\0".encode()),
    ("a zero byte in GB18030", f"时间,发送方,内容\n{ROW}\0".encode("gb18030")),
]


@pytest.mark.parametrize("content", [row[1] for row in BYTES], ids=[row[0] for row in BYTES])
def test_bytes_that_are_neither_encoding_are_not_made_words(content):
    assert refused(content).code == "transcript_encoding"


def test_gb18030_whose_columns_are_not_known_is_told_so_and_what_it_says():
    fault = refused(f"日期,谁,说了什么\n{ROW}".encode("gb18030"))
    assert (fault.code, fault.facts["found"]) == ("transcript_columns", "日期,谁,说了什么")


def test_gb18030_is_known_under_a_first_line_in_english_too():
    found = read(f"time,sender,text\n{ROW}".encode("gb18030"), CHINA, LIMITS)
    assert (found.messages[0].text, found.facts["encoding"]) == ("您好，请问这款壶防水吗", "GB18030")


def test_rows_and_cells_are_bounded():
    row = "2026-03-02 09:00,buyer,hi\n"
    assert len(table("time,sender,text\n" + row * 3000).messages) == 3000
    assert refused("time,sender,text\n" + row * 3001).code == "transcript_too_long"
    wide = "time,sender,text,else\n2026-03-02 09:00,buyer,hi," + "x" * 7000
    assert told(refused(wide)) == [(2, "row_too_long")]
    assert told(refused("time,sender,text\n2026-03-02 09:00,buyer," + "x" * 200_000)) == [(2, "row_too_long")]


# As the service opens it ---------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_in_the_process_that_opens_files_content_decides_and_text_alone_is_no_chat(tmp_path):
    async def look(content: bytes, *, is_chat: bool = False):
        (tmp_path / "original").write_bytes(content)
        return await inspector.inspect(tmp_path / "original", FileLimits(), zone="Asia/Shanghai", is_chat=is_chat)

    async with ProcessInspector(at_once=1) as inspector:
        content = "时间,发送方,内容\n2026-03-02 09:01,商家,在的\n2026-03-02 09:00,买家,在吗\n".encode("gb18030")
        found = await look(content)
        assert found.media_type == "text/csv"
        assert found.facts == {
            "encoding": "GB18030", "read_in_zone": "Asia/Shanghai", "messages": 2,
            "first_at": "2026-03-02T01:00:00+00:00", "last_at": "2026-03-02T01:01:00+00:00",
        }  # fmt: skip
        shown = shown_chat((tmp_path / "display").read_bytes())
        assert [(line.text, line.at.astimezone(timezone.utc)) for line in shown.messages] == [  # noqa: UP017
            ("在吗", NINE), ("在的", NINE + timedelta(minutes=1)),
        ]  # fmt: skip
        for other in (b"name,age\nli,3\n", b"hello"):
            with pytest.raises(Unsuitable) as fault:
                await look(other)
            assert fault.value.code == "file_type_not_allowed"
            with pytest.raises(Unsuitable) as fault:
                await look(other, is_chat=True)
            assert fault.value.code == "transcript_columns"
        with pytest.raises(Unsuitable) as fault:
            await look(content + b"\n" * 2_000_000)
        assert fault.value.code == "file_too_large"
