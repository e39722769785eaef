"""How the service runs, judged: from which figure on something is bad, and what to do then.

The page of those who run it and `amends doctor` show the same checks in the same words.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from amends.application.ports import CaseKey
from amends.domain.time import Instant
from amends.wording.catalogue import N_, Language, translate, words
from amends.wording.formats import all_of, duration, sentences

PATIENCE = timedelta(minutes=5)
"""Sweep, delivery and ledger are through in seconds; what is left after this has a cause."""

EVIDENCE_PATIENCE = timedelta(minutes=15)
"""Reading a long paper takes a minute, and several may have come at once."""

SKEW = timedelta(seconds=2)
"""More than this, and deadlines pass at other instants than the record says."""

NOTICE_PATIENCE = timedelta(seconds=1)
"""Within this a message has to appear on the other side's page (R2.4)."""

OLDEST_SERVER = 15
LEAST_FREE_BYTES = 5_000_000_000
LEAST_FREE_SHARE = 0.05
"""Of a disk; one video of evidence may take 300 MB."""

MOST = 1_000
"""Counted so far and no further: what has to be done is the same."""

MOST_NAMED = 10
"""Cases that are named one by one, and counted no further."""


class State(StrEnum):
    """What a check found. `noted` is information that is never a fault; with `unknown` the look itself failed."""

    WELL = "well"
    BAD = "bad"
    UNKNOWN = "unknown"
    NOTED = "noted"


STATES = {
    State.WELL: N_("well"),
    State.BAD: N_("needs a look"),
    State.UNKNOWN: N_("not known"),
    State.NOTED: N_("for information"),
}


class Part(StrEnum):
    """Where a check stands on the page."""

    WORK = "work"
    BASE = "base"
    SETUP = "setup"


PARTS = {
    Part.WORK: N_("Work that goes on by itself"),
    Part.BASE: N_("Database and machine"),
    Part.SETUP: N_("What is set up"),
}


class Check(NamedTuple):
    """One line: `found` has the figure with its unit, `advice` what to do where it is not well."""

    part: Part
    subject: str
    state: State
    found: str
    advice: str = ""
    cases: Sequence[CaseKey] = ()

    @property
    def is_trouble(self) -> bool:
        return self.state in (State.BAD, State.UNKNOWN)


class Server(NamedTuple):
    """`version` as PostgreSQL numbers itself, 180003; by how much its clock is ahead of this machine's."""

    version: int
    clock_ahead: timedelta
    size_bytes: int


class Waiting(NamedTuple):
    """How many, counted up to `MOST`, and since when the oldest of them waits."""

    number: int
    oldest_at: Instant | None = None


class Unsealed(NamedTuple):
    """Events that the ledger does not have yet, the oldest of them, and when the newest head was signed."""

    events: int
    oldest_at: Instant | None
    head_at: Instant | None


class Space(NamedTuple):
    """Of the disk under a folder, in bytes."""

    free: int
    total: int


class Teller(NamedTuple):
    """Puts what was found about a subject into words."""

    language: Language
    part: Part
    subject: str
    now: Instant

    def well(self, found: str, /, **facts: object) -> Check:
        return self._check(State.WELL, found, facts)

    def bad(self, found: str, advice: str, /, **facts: object) -> Check:
        return self._check(State.BAD, found, facts, advice)

    def noted(self, found: str, advice: str = "", /, **facts: object) -> Check:
        return self._check(State.NOTED, found, facts, advice)

    def unknown(self, why: str) -> Check:
        found, advice = (
            N_("The look itself failed: {why}"),
            N_("Mend that first; nothing is known about it until then."),
        )
        return self._check(State.UNKNOWN, found, {"why": why}, advice)

    def about(self, subject: str) -> "Teller":
        return self._replace(subject=subject)

    def ngettext(self, one: str, many: str, number: int, most: int = MOST, /, **facts: object) -> str:
        shown = f"{number:,}" if number < most else self.told(N_("{count} or more"), count=f"{most:,}")
        return words(self.language).ngettext(one, many, number).format(count=shown, **facts)

    def age(self, at: Instant) -> str:
        return duration(self.now - at, self.language)

    def told(self, text: str, /, **facts: object) -> str:
        return translate(text, self.language).format(**facts)

    def _check(self, state: State, found: str, facts: dict[str, object], advice: str = "") -> Check:
        told = self.told(advice, **facts) if advice else ""
        return Check(self.part, translate(self.subject, self.language), state, self.told(found, **facts), told)


_RUNS = N_("See that amends worker runs: it does this within seconds.")


def deadlines(say: Teller, cases: Waiting, orders: Waiting) -> Check:
    oldest = min((at for at in (cases.oldest_at, orders.oldest_at) if at is not None), default=None)
    if oldest is None:
        return say.well(N_("Every one that passed is carried out."))
    late = [
        say.ngettext("{count} case", "{count} cases", cases.number) if cases.number else "",
        say.ngettext("{count} order", "{count} orders", orders.number) if orders.number else "",
    ]
    found = N_("{what} past a deadline, the oldest by {age}.")
    facts: dict[str, object] = {"what": all_of(filter(None, late), say.language), "age": say.age(oldest)}
    if say.now - oldest <= PATIENCE:
        return say.well(found, **facts)
    advice = N_("See that amends worker runs. What stays although it runs was set aside; its log says why.")
    return say.bad(found, advice, **facts)


def deliveries(say: Teller, waiting: Waiting) -> Check:
    if waiting.oldest_at is None:
        return say.well(N_("No message waits."))
    found = say.ngettext(
        "{count} message waits, {age}.",
        "{count} messages wait, the oldest {age}.",
        waiting.number,
        age=say.age(waiting.oldest_at),
    )
    return _in_time(say, found, waiting.oldest_at, PATIENCE, _RUNS)


def given_up(say: Teller, dead: Waiting) -> Check:
    if dead.oldest_at is None:
        return say.well(N_("No message was given up."))
    found = say.ngettext(
        "{count} message, given up {age} ago.",
        "{count} messages, the oldest given up {age} ago.",
        dead.number,
        age=say.age(dead.oldest_at),
    )
    return say.bad("{found}", N_("Read under Deliveries why, put that right, and send them again."), found=found)


def rulings(say: Teller, late: Sequence[CaseKey]) -> Check:
    if not late:
        return say.well(N_("No case is late twice."))
    found = say.ngettext(
        "{count} case missed the time for its ruling twice or more.",
        "{count} cases missed the time for their ruling twice or more.",
        len(late),
        MOST_NAMED,
    )
    advice = N_("Have an arbitrator take them now. Buyer and shop were told a time twice.")
    return say.bad("{found}", advice, found=found)._replace(cases=tuple(late))


def evidence(say: Teller, waiting: Waiting) -> Check:
    if waiting.oldest_at is None:
        return say.well(N_("Every file was looked at."))
    found = say.ngettext(
        "{count} file waits, {age}.",
        "{count} files wait, the oldest {age}.",
        waiting.number,
        age=say.age(waiting.oldest_at),
    )
    advice = N_(
        "See that amends worker runs; if it does, the number falls. Until then nobody is told of pictures used before."
    )
    return _in_time(say, found, waiting.oldest_at, EVIDENCE_PATIENCE, advice)


def ledger(say: Teller, found: Unsealed) -> Check:
    head = (
        say.told(N_("Newest head {age} old."), age=say.age(found.head_at))
        if found.head_at is not None
        else say.told(N_("No head was signed yet."))
    )
    events = (
        say.ngettext("{count} event is not sealed.", "{count} events are not sealed.", found.events)
        if found.events
        else say.told(N_("Every event is sealed."))
    )
    if found.oldest_at is None or say.now - found.oldest_at <= PATIENCE:
        return say.well("{said}", said=sentences((events, head), say.language))
    waits = say.told(N_("The oldest waits {age}."), age=say.age(found.oldest_at))
    advice = N_("See that amends worker runs on the machine that has the signing key.")
    return say.bad("{said}", advice, said=sentences((events, waits, head), say.language))


def notices(say: Teller, took: timedelta | None) -> Check:
    advice = N_(
        "Open pages are up to 15 seconds behind until this is well. "
        "See whether the database has connections left: two of each process are for notices."
    )
    if took is None:
        return say.bad(N_("A notice sent to ourselves did not come back within 3 s."), advice)
    found, shown = (
        N_("A change is on every open page after {milliseconds} ms."),
        round(took / timedelta(milliseconds=1)),
    )
    if took > NOTICE_PATIENCE:
        return say.bad(found, advice, milliseconds=shown)
    return say.well(found, milliseconds=shown)


def lane(say: Teller, waiting: int, depth: int) -> Check:
    found = N_("{waiting} of {depth} places taken.")
    if waiting < depth:
        return say.well(found, waiting=f"{waiting:,}", depth=f"{depth:,}")
    advice = N_("Commands are turned away. See what holds the database up, or start more web processes.")
    return say.bad(found, advice, waiting=f"{waiting:,}", depth=f"{depth:,}")


def database(say: Teller, server: Server) -> Check:
    major, minor = divmod(server.version, 10_000)
    found = N_("PostgreSQL {version}, {size}.")
    facts: dict[str, object] = {"version": f"{major}.{minor}", "size": size(server.size_bytes)}
    if major >= OLDEST_SERVER:
        return say.well(found, **facts)
    return say.bad(found, N_("Move it to PostgreSQL {oldest} or newer."), oldest=OLDEST_SERVER, **facts)


def clock(say: Teller, server: Server) -> Check:
    found, seconds = N_("{seconds} s apart from the database's."), f"{abs(server.clock_ahead).total_seconds():.2f}"
    if abs(server.clock_ahead) <= SKEW:
        return say.well(found, seconds=seconds)
    advice = N_("Let both machines take their time from the same source (NTP): deadlines pass by this one's clock.")
    return say.bad(found, advice, seconds=seconds)


def migrations(say: Teller, missing: Sequence[str]) -> Check:
    if not missing:
        return say.well(N_("None is missing."))
    found = say.ngettext(
        "{count} is missing: {names}.", "{count} are missing: {names}.", len(missing), names=", ".join(missing)
    )
    return say.bad("{found}", N_("Run amends migrate, then start the service again."), found=found)


def disk(say: Teller, space: Space | None) -> Check:
    if space is None:
        return say.noted(N_("Files are in object storage, which has no size of its own."))
    found = N_("{free} of {total} free.")
    facts: dict[str, object] = {"free": size(space.free), "total": size(space.total)}
    if space.free >= max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * space.total):
        return say.well(found, **facts)
    return say.bad(found, N_("Make room or move to a larger disk: once it is full, nothing can be written."), **facts)


def policy(say: Teller, version: str, faults: Sequence[object]) -> Check:
    if not faults:
        return say.well(N_("{version} is in force."), version=version)
    found = say.ngettext("{count} fault in the file.", "{count} faults in the files.", len(faults))
    return say.bad("{found}", N_("Run amends policy check: it names each with its place."), found=found)


def text_reader(say: Teller, *, is_there: bool) -> Check:
    if is_there:
        return say.well(N_("Screenshots and papers are read here, offline."))
    return say.noted(N_("Not installed."), N_("pip install 'amends[ocr]' brings it along."))


def scanner(say: Teller, *, answers: bool | None) -> Check:
    if answers is None:
        return say.noted(N_("None is set up."), N_("Give the address of a clamd in the setting clamd."))
    if answers:
        return say.well(N_("clamd answers."))
    return say.bad(N_("clamd does not answer."), N_("Start it again: no file is taken until it answers."))


def size(count_bytes: float) -> str:
    """`412 MB`, in thousands as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if count_bytes < 1_000:
            return f"{count_bytes:.3g} {unit}" if count_bytes < 100 else f"{count_bytes:.0f} {unit}"
        count_bytes /= 1_000
    return f"{count_bytes:.3g} TB"


def _in_time(say: Teller, found: str, oldest_at: Instant, patience: timedelta, advice: str) -> Check:
    if say.now - oldest_at <= patience:
        return say.well("{found}", found=found)
    return say.bad("{found}", advice, found=found)
