"""How fast the rules are alone: judge, fold and encode, on one core and without a database.

Beside it stands what it costs to seal as well: salts for what is private, hashes, and the chain (DESIGN §5).
"""

import gc
import itertools
import random
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from amends.application.ports import Envelope
from amends.application.sealing import GENESIS, seal
from amends.bench.market import (
    DELIVERED_AT,
    FIRST_MERCHANT,
    JOURNEY,
    LIVES,
    MESSAGE,
    NOW,
    ORDER,
    POLICIES,
    SCAN,
    Step,
    Subject,
    journey,
    settings,
)
from amends.bench.world import OVERDUE
from amends.domain.actor import SYSTEM
from amends.domain.commands import Lapse
from amends.domain.decide import decide
from amends.domain.docket import Context, Decided, Docket, after
from amends.domain.time import Instant

_encode = msgspec.json.Encoder(order="sorted").encode

LAPSES = 5
"""Deadlines that pass, beside 100 commands of the mix."""

_CASE = 375_000_000_000_000_000
_SUBJECT = Subject(FIRST_MERCHANT, "2026100000000000", _CASE)
_SHOP = Docket(settings(FIRST_MERCHANT), None)
_ROUNDS = 10
"""Times that all situations are gone through between two looks at the clock."""


class Situation(NamedTuple):
    """A command about to be judged."""

    docket: Docket
    envelope: Envelope
    context: Context

    def judged(self) -> Decided:
        decided = decide(self.docket, self.envelope.command, self.context)
        assert isinstance(decided, Decided), decided
        return decided


def decisions_per_second(seconds: float) -> float:
    """Of the mix with lapses: judged, folded, and encoded as events and cases are stored."""
    return _per_second(seconds, _encoded)


def sealed_per_second(seconds: float) -> float:
    """The same, with salts, hashes and the chain."""
    return _per_second(seconds, _sealed)


def _encoded(decided: Decided) -> None:
    for fact in decided.facts:
        _encode(fact)
    for case in decided.cases:
        _encode(case)


def _sealed(decided: Decided) -> None:
    seal(decided.facts, GENESIS)
    for case in decided.cases:
        _encode(case)


def _per_second(seconds: float, written: Callable[[Decided], None]) -> float:
    """By processor time: what else runs on the machine does not count."""
    mix = situations()
    done = 0
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    while time.process_time() - begin < seconds:
        for situation in _ROUNDS * mix:
            decided = situation.judged()
            after(situation.docket, decided)
            written(decided)
        done += _ROUNDS * len(mix)
    rate = done / (time.process_time() - begin)
    gc.unfreeze()
    return rate


def situations() -> list[Situation]:
    """Each step as often as it comes; messages go into cases of every age."""
    lives = {life: _lived(life) for life in LIVES}
    opened = itertools.cycle([docket for dockets in lives.values() for docket in dockets[1:]])
    mix = [_sent(MESSAGE, next(opened), number) for number in range(MESSAGE.share)]
    mix += [_sent(ORDER, _SHOP, number) for number in range(ORDER.share)]
    mix += [_sent(SCAN, _carried(2), number) for number in range(SCAN.share)]
    for life, dockets in lives.items():
        for step, docket in zip(life, dockets, strict=False):
            mix += [_sent(step, docket, number) for number in range(step.share)]
    for overdue in itertools.islice(itertools.cycle(OVERDUE), LAPSES):
        docket = lives[overdue.life][overdue.steps]
        due_at = docket.cases[0].next_due_at
        assert due_at is not None, "a clock runs in an open case"
        mix.append(_situation(docket, _SUBJECT.about_case(SYSTEM, Lapse()), due_at))
    random.Random(1).shuffle(mix)  # noqa: S311 - chance for a mix, not for secrets
    return mix


def _lived(life: tuple[Step, ...]) -> list[Docket]:
    """The docket before each step, and after the last."""
    docket = _carried(len(JOURNEY))
    dockets = [docket]
    for step in life:
        docket = after(docket, _sent(step, docket, 0).judged())
        docket = after(docket, _sent(MESSAGE, docket, 0).judged())
        dockets.append(docket)
    return dockets


def _carried(scans: int) -> Docket:
    """The docket of an order that the courier scanned so often."""
    docket = after(_SHOP, _situation(_SHOP, ORDER.send(_SUBJECT, 0), DELIVERED_AT).judged())
    for scan in itertools.islice(journey(_SUBJECT), scans):
        docket = after(docket, _situation(docket, scan, DELIVERED_AT).judged())
    return docket


def _sent(step: Step, docket: Docket, number: int) -> Situation:
    return _situation(docket, step.send(_SUBJECT, number), NOW)


def _situation(docket: Docket, envelope: Envelope, now: Instant) -> Situation:
    case_id = None if envelope.order_no else envelope.case_id
    return Situation(docket, envelope, Context(envelope.actor, now, POLICIES, _CASE, case_id))
