"""What those who run the service are told when something is wrong, on the page and by `amends doctor`."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple

import psycopg
import pytest

from amends.application import checks
from amends.application.checks import Part, Server, Space, State, Teller, Unsealed, Waiting
from amends.application.health import Around, Health
from amends.application.ports import CaseKey, Delivery, Envelope
from amends.bootstrap import open_desk, open_parts
from amends.cli.doctor import doctor
from amends.domain import commands as k
from amends.domain.case import parse_case_id
from amends.domain.words import EvidenceKind
from amends.settings import Settings
from amends.store.checkup import PostgresCheckup
from amends.store.database import owner
from amends.store.live import PostgresAnnouncer, PostgresWatch
from amends.web.echo import echo
from amends.web.live import Hub
from tests.adapters.test_clamd import clamd
from tests.portal.buyer_stories import BUYER, OWNER
from tests.portal.desk_stories import DeskStory
from tests.portal.reading import seen, words
from tests.portal.site import PEOPLE, Browser, Site, running
from tests.support.api import put_people
from tests.support.shops import ManualClock

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


class StoredSite(Site):
    """The pages over a database, wired as the service wires itself; no worker runs."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.now = datetime.now(UTC)
        self.clock = ManualClock(self.now - 20 * 24 * HOUR)

    @asynccontextmanager
    async def open_desk(self) -> AsyncIterator:
        async with (
            open_parts(self.settings, self.settings.database_url, self.clock) as parts,
            open_desk(parts, self.settings) as desk,
        ):
            self.desk = replace(desk, demo_people=PEOPLE)
            await put_people(desk)
            yield self.desk

    def ago(self, length: timedelta) -> None:
        """What happens next, happens then."""
        self.clock.at = self.now - length


@pytest.fixture
async def stored(database: str, tmp_path, monkeypatch) -> AsyncIterator[StoredSite]:
    monkeypatch.setenv("AMENDS_DATABASE_URL", database)
    monkeypatch.setenv("AMENDS_DATA_DIR", str(tmp_path))
    async with running(StoredSite(Settings(database_url=database, data_dir=tmp_path))) as one:
        yield one


async def page(site: StoredSite, language: str = "en", path: str = "/desk/health") -> str:
    site.ago(timedelta(0))
    async with Browser(site) as browser:
        await browser.step_in("platform/bai")
        await browser.get(f"/language/{language}")
        return await seen(browser, path)


def line(text: str, subject: str) -> tuple[str, str]:
    """The state of a check on the page, and all that people read of it."""
    lines = re.findall(r'<li class="check" data-state="(\w+)">(.*?)</li>', text, re.DOTALL)
    read = [(state, re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", told))).strip()) for state, told in lines]
    return next((state, told.removeprefix(subject).strip()) for state, told in read if told.startswith(subject))


async def at_the_terminal(capsys) -> tuple[int, str]:
    capsys.readouterr()
    status = await asyncio.to_thread(doctor)
    return status, capsys.readouterr().out


async def deadline_passed(site: StoredSite) -> None:
    await site.opened()


async def message_left(site: StoredSite) -> None:
    site.ago(HOUR)
    (case_id,) = await site.opened()
    await site.desk.lanes.submit(Envelope(OWNER, 1001, k.Agree(1), case_id=parse_case_id(case_id)[1]))


async def message_dead(site: StoredSite) -> None:
    await message_left(site)
    now = site.clock.now()
    leased = [one.message for one in await site.desk.outbox.lease(now, now + HOUR, 10)]
    gone = [Delivery(one.merchant_id, one.message_id, done=False, error="no route") for one in leased]
    await site.desk.outbox.settle(gone, now)


async def ruled_late_twice(site: StoredSite) -> None:
    story = DeskStory(site)
    case_id = await story.late("20260302-9")
    site.clock.advance(67 * HOUR)
    await story.send(k.SendMessage("请平台尽快处理。"), BUYER, case_id=case_id)


async def file_unseen(site: StoredSite) -> None:
    site.ago(HOUR)
    (case_id,) = await site.opened()
    photo = k.AddEvidence((k.EvidenceItem(EvidenceKind.PHOTO, f"{7:064x}", "裂纹.jpg"),))
    answer = await site.desk.lanes.submit(Envelope(BUYER, 1001, photo, case_id=parse_case_id(case_id)[1]))
    assert answer.refusal is None


async def events_unsealed(site: StoredSite) -> None:
    site.ago(3 * HOUR)
    await site.opened(1)
    await site.desk.ledger.grow()
    site.ago(HOUR)
    await site.opened(2)


async def migration_missing(site: StoredSite) -> None:
    with psycopg.connect(site.settings.database_url) as connection:
        connection.execute("update alembic_version set version_num = '0002'")


WRONG = [
    ("Time limits", "时限", deadline_passed, r"1 case past a deadline, the oldest by 1\d days.* amends worker runs"),
    ("Deliveries", "对外发送", message_left, r"\d messages? waits?, (the oldest )?1 hour\. .* amends worker runs"),
    (
        "Given up",
        "已放弃",
        message_dead,
        r"\d messages?, (the oldest )?given up 1 hour ago\. Read under Deliveries why",
    ),
    (
        "Rulings",
        "裁决",
        ruled_late_twice,
        r"1 case missed the time for its ruling twice or more\. 1001-\w+\.? Have an arb",
    ),
    ("Looks at evidence", "凭证检查", file_unseen, r"1 file waits, 1 hour\. See that amends worker runs; if it does"),
    (
        "Ledger",
        "账本",
        events_unsealed,
        r"\d events are not sealed\. The oldest waits 1 hour\. Newest head 3 hours old",
    ),
    ("Migrations", "数据库迁移", migration_missing, r"\d+ are missing: 0003, .*Run amends migrate"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[0])
async def test_what_is_wrong_is_told_alike_on_the_page_and_at_the_terminal(
    stored: StoredSite, capsys, wrong: tuple[str, str, Callable[[StoredSite], Awaitable[None]], str]
):
    """R1.5, R2.1, R3.6, R4.2, R6.2: nothing that goes on by itself stops without somebody being told what to do."""
    subject, chinese, went_wrong, told = wrong
    before = await page(stored)
    assert line(before, subject)[0] == "well"
    stored.clock.at = stored.now - 20 * 24 * HOUR
    await went_wrong(stored)

    english, chinese_page = await page(stored), await page(stored, "zh")
    state, read = line(english, subject)
    assert (state, read.endswith("needs a look")) == ("bad", True)
    assert re.search(told, read), read
    state, read = line(chinese_page, chinese)
    assert (state, read.endswith("需要处理")) == ("bad", True)
    assert "需要处理" in words(chinese_page).partition("自动执行的工作")[0], "the verdict stands above"

    status, printed = await at_the_terminal(capsys)
    (mine,) = [one for one in printed.splitlines() if one.startswith(f"✗ {subject}: ")]
    assert status == 1
    assert re.search(told, mine), mine


async def test_where_all_is_well_the_page_and_the_terminal_say_so(stored: StoredSite, capsys):
    text = await page(stored, "zh")
    assert "运行正常" in words(text).partition("自动执行的工作")[0]
    assert set(re.findall(r'class="check" data-state="(\w+)"', text)) <= {"well", "noted"}
    assert "没有停滞的售后单" in words(text)
    assert re.match(r"PostgreSQL \d+\.\d+, [\d.]+ MB\. well", line(await page(stored), "Database")[1])
    assert re.match(r"A change is on every open page after \d+ ms\. well", line(await page(stored), "Live notices")[1])
    assert re.match(r"[\d.]+ [MGT]B of [\d.]+ [GT]B free\.", line(await page(stored), "Disk of the evidence")[1])

    status, printed = await at_the_terminal(capsys)
    assert status == 0, printed
    assert {one[0] for one in printed.splitlines()} <= {"✓", "i"}


async def test_a_look_that_fails_says_so_in_its_line_and_spoils_no_other(stored: StoredSite, capsys):
    with psycopg.connect(stored.settings.database_url) as connection:
        connection.execute("drop table ledger_marks")
    text = await page(stored)
    state, read = line(text, "Ledger")
    assert state == "unknown"
    assert re.match(
        r'The look itself failed: UndefinedTable: relation "ledger_marks" does not exist .* not known$', read
    )
    assert line(text, "Deliveries")[0] == "well"
    assert "1 thing could not be looked at" in words(text)
    assert "有 1 项未能检查" in words(await page(stored, "zh"))
    status, printed = await at_the_terminal(capsys)
    assert status == 1
    assert "? Ledger: The look itself failed" in printed
    assert "✓ Deliveries" in printed


async def test_stuck_cases_are_listed_page_by_page_each_once(stored: StoredSite):
    """R6.2: an operator opens each of them from here."""
    opened = await stored.opened(45)
    path, found = "/desk/health", []
    for _ in range(3):
        text = await page(stored, path=path)
        found += re.findall(r'data-case="([^"]+)"', text)
        path = unescape(next(iter(re.findall(r'href="([^"#]+)[^"]*" rel="next"', text)), ""))
    assert path == ""
    assert sorted(found) == sorted(opened)
    assert "No case is stuck" not in words(text)
    assert re.findall(r'data-case="([^"]+)"', await page(stored, path="/desk/health?after=nonsense")) == found[:20]


async def test_a_process_that_hears_no_notices_is_found_out(database: str):
    """R2.4: pages that stay behind look quite well by themselves."""
    hub, announcer = Hub(PostgresWatch(database)), PostgresAnnouncer(database)
    sending = asyncio.create_task(announcer.forever())
    assert await echo(hub, announcer) is None, "nobody listens for the hub"
    listening = asyncio.create_task(hub.forever())
    await asyncio.sleep(0.5)
    took = await echo(hub, announcer)
    assert took is not None and took < checks.NOTICE_PATIENCE  # noqa: PT018
    for task in (sending, listening):
        task.cancel()


class OffBy(NamedTuple):
    """The clock of a machine that nobody sets."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


async def test_a_clock_that_goes_wrong_is_measured_against_the_database(database: str):
    async def told(by: timedelta) -> tuple[State, str]:
        machine = OffBy(by)
        around = Around(policy=lambda: "p", notice=_at_once, machine=machine)
        health = Health(PostgresCheckup(database, lambda: owner(database)), machine, around)
        (check,) = [one for one in await health.checks("en") if one.subject == "Clock"]
        return check.state, check.found

    state, found = await told(timedelta(seconds=30))
    assert state is State.BAD
    assert re.match(r"(29\.[5-9]|30\.[0-4])\d s apart", found)
    assert (await told(timedelta(0)))[0] is State.WELL


async def _at_once() -> timedelta:
    return timedelta(milliseconds=1)


async def test_a_scanner_that_is_set_up_has_to_answer(stored: StoredSite, capsys, monkeypatch):
    assert line(await page(stored), "Virus scanner")[0] == "noted"
    async with clamd() as scanner:
        address = f"{scanner._client.host}:{scanner._client.port}"
        monkeypatch.setenv("AMENDS_CLAMD", address)
        assert "✓ Virus scanner: clamd answers." in (await at_the_terminal(capsys))[1]
    status, printed = await at_the_terminal(capsys)
    assert status == 1
    assert "✗ Virus scanner: clamd does not answer. Start it again: no file is taken until it answers." in printed
    settings = Settings(database_url=stored.settings.database_url, data_dir=stored.settings.data_dir, clamd=address)
    async with running(StoredSite(settings)) as other:
        assert line(await page(other), "Virus scanner")[0] == "bad"


async def test_a_policy_with_faults_is_named_at_the_terminal(stored: StoredSite, capsys, monkeypatch, tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.toml").write_text("version = 7\n", encoding="utf-8")
    monkeypatch.setenv("AMENDS_POLICY_DIR", str(tmp_path / "policies"))
    status, printed = await at_the_terminal(capsys)
    assert status == 1
    assert re.search(r"✗ Policy: \d+ faults? in the files?\. Run amends policy check", printed), printed
    assert "✓ Database" in printed


SAY = Teller("en", Part.BASE, "Subject", datetime(2026, 3, 2, tzinfo=UTC))
AGO = SAY.now - checks.PATIENCE
GB = 10**9


@pytest.mark.parametrize(
    ("check", "state", "found"),
    [
        (checks.database(SAY, Server(140_011, timedelta(0), 5)), State.BAD, "PostgreSQL 14.11, 5 B."),
        (checks.database(SAY, Server(150_000, timedelta(0), 412_300_000)), State.WELL, "PostgreSQL 15.0, 412 MB."),
        (checks.clock(SAY, Server(1, -checks.SKEW, 0)), State.WELL, "2.00 s apart from the database's."),
        (checks.clock(SAY, Server(1, -2.01 * timedelta(seconds=1), 0)), State.BAD, "2.01 s apart from the database's."),
        (checks.disk(SAY, Space(4 * GB, 20 * GB)), State.BAD, "4 GB of 20 GB free."),
        (checks.disk(SAY, Space(6 * GB, 100 * GB)), State.WELL, "6 GB of 100 GB free."),
        (checks.disk(SAY, Space(60 * GB, 2_000 * GB)), State.BAD, "60 GB of 2 TB free."),
        (checks.disk(SAY, None), State.NOTED, "Files are in object storage, which has no size of its own."),
        (checks.lane(SAY, 2_000, 2_000), State.BAD, "2,000 of 2,000 places taken."),
        (checks.lane(SAY, 1_999, 2_000), State.WELL, "1,999 of 2,000 places taken."),
        (checks.notices(SAY, timedelta(seconds=2)), State.BAD, "A change is on every open page after 2000 ms."),
        (checks.notices(SAY, None), State.BAD, "A notice sent to ourselves did not come back within 3 s."),
        (checks.deliveries(SAY, Waiting(1, AGO)), State.WELL, "1 message waits, 5 minutes."),
        (
            checks.deliveries(SAY, Waiting(checks.MOST, AGO - timedelta(minutes=1))),
            State.BAD,
            "1,000 or more messages wait, the oldest 6 minutes.",
        ),
        (
            checks.deadlines(SAY, Waiting(2, AGO), Waiting(1, SAY.now - HOUR)),
            State.BAD,
            "2 cases and 1 order past a deadline, the oldest by 1 hour.",
        ),
        (checks.ledger(SAY, Unsealed(0, None, AGO)), State.WELL, "Every event is sealed. Newest head 5 minutes old."),
        (
            checks.rulings(SAY, [CaseKey(1001, 7)] * checks.MOST_NAMED),
            State.BAD,
            "10 or more cases missed the time for their ruling twice or more.",
        ),
        (checks.text_reader(SAY, is_there=False), State.NOTED, "Not installed."),
        (checks.policy(SAY, "cn-2", ()), State.WELL, "cn-2 is in force."),
    ],
)
def test_a_figure_is_bad_from_its_limit_on_and_says_its_unit(check: checks.Check, state: State, found: str):
    assert (check.state, check.found) == (state, found)
    assert bool(check.advice) == check.is_trouble or state is State.NOTED
