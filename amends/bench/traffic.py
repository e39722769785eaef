"""The stream of commands: the shares of the mix, each command for a case that is ready for it."""

import random
from collections import deque
from typing import NamedTuple

from amends.application.ports import Envelope
from amends.bench.market import LIVES, MESSAGE, ORDER, STEPS, Step, Subject, keyed
from amends.bench.world import World, after, merchant_of

_NEW_ORDER = 7_000_000_000_000_000


class Draw(NamedTuple):
    """A command on its way. Whoever gets the answer to an opening tells the subject its case."""

    step: Step
    subject: Subject
    envelope: Envelope


class Traffic:
    """Commands without end. `part` of `parts` senders who share a world never write to the same case."""

    def __init__(self, world: World, part: int = 0, parts: int = 1) -> None:
        self._draws = random.Random(part)  # noqa: S311 - chance for spreading load, not for secrets
        self._number = part
        self._parts = parts
        self._hand: list[Step] = []
        self._pools: dict[str, deque[Subject]] = {}
        for pool in world.pools:
            numbers = list(range(pool.first + part, pool.first + pool.orders, parts))
            self._draws.shuffle(numbers)
            self._pools[pool.name] = deque(map(pool.subject, numbers))
        self._next = {
            step.name: following
            for life in LIVES
            for step, following in zip(life, (*(step.name for step in life[1:]), after(life)), strict=True)
        }
        self._talking = [name for name, pool in self._pools.items() if pool and pool[0].case_id is not None]

    def draw(self) -> Draw:
        """The next command. Its case does not come up again before thousands of others."""
        if not self._hand:
            self._hand = [step for step in STEPS for _ in range(step.share)]
            self._draws.shuffle(self._hand)
        step = self._hand.pop()
        self._number += self._parts
        subject = self._subject(step)
        envelope = step.send(subject, self._number)
        return Draw(step, subject, keyed(envelope, f"{self._draws.getrandbits(128):032x}"))

    def _subject(self, step: Step) -> Subject:
        if step is ORDER:
            return Subject(merchant_of(self._number), str(_NEW_ORDER + self._number))
        name = self._draws.choice(self._talking) if step is MESSAGE else step.name
        if not self._pools[name]:
            raise RuntimeError(f"nothing waits for `{name}` any more: so much traffic needs more orders")
        subject = self._pools[name].popleft()
        self._pools[self._next.get(step.name, name)].append(subject)
        return subject
