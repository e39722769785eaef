"""What the database does alone: pgbench, one command one transaction, the same rows read and written (DESIGN §1)."""

import re
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import msgspec

from amends.application.ports import Write
from amends.application.workbench import queue_at, queue_of
from amends.bench.market import LIVES, MESSAGE, NOW, ORDER, STEPS, Step
from amends.bench.seed import Writes
from amends.bench.world import FIRST_CASE, World
from amends.domain.events import DeadlinesSet
from amends.domain.time import NEVER
from amends.domain.words import Stage

_NEW_NUMBERS = FIRST_CASE + (1 << 50)
_STATEMENT = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?<!:):(\w+)")
_statements = dict(_STATEMENT.findall((files("amends.bench") / "sql" / "single.sql").read_text(encoding="utf-8")))


class Baseline:
    """Scripts and values for a world, ready to be run against copies of its database."""

    def __init__(self, pgbench: Path, world: World, writes: Writes) -> None:
        self._pgbench = pgbench
        self._variables: dict[str, str] = {"now": NOW.isoformat(), "counter": "0", "first_number": str(_NEW_NUMBERS)}
        self._variables["first_case"] = str(FIRST_CASE)
        self._scripts = [self._script(place, step, world, writes[step.name]) for place, step in enumerate(STEPS)]

    def transactions_per_second(self, url: str, clients: int, seconds: float) -> float:
        """Of one run. Raises CalledProcessError when a statement fails."""
        with tempfile.TemporaryDirectory(prefix="amends-bench-") as folder:
            command = [self._pgbench, "-n", "-M", "prepared", "-c", clients, "-j", 2, "-T", seconds]
            for place, (share, text) in enumerate(self._scripts):
                script = Path(folder) / f"{place}.sql"
                script.write_text(text, encoding="utf-8")
                command += ["-f", f"{script}@{share}"]
            for name, value in self._variables.items():
                command += ["-D", f"{name}={value}"]
            done = subprocess.run([*map(str, command), url], capture_output=True, text=True, check=False)
        failed = re.search(r"aborted|error", done.stderr, re.IGNORECASE)
        rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode or failed or rate is None:
            raise RuntimeError(f"pgbench failed:\n{done.stderr[-2000:]}")
        return float(rate[1])

    def _script(self, place: int, step: Step, world: World, write: Write) -> tuple[int, str]:
        """Its share, and the text with names of its own for what the store wrote."""
        values = _values(write) | _range(step, world)
        text = "\n".join(_statements[name] for name in _plan(step, write))

        def own(name: re.Match[str]) -> str:
            if name[1] not in values:
                return name[0]
            self._variables[f"s{place}_{name[1]}"] = str(values[name[1]])
            return f":s{place}_{name[1]}"

        return step.share, _NAME.sub(own, text)


def _plan(step: Step, write: Write) -> list[str]:
    """The statements of a command, in the order of the store."""
    case = write.cases[0] if write.cases else None
    moved = any(isinstance(sealed.fact.event, DeadlinesSet) for sealed in write.facts)
    plan = ["choose_new_order", "begin", "new_head"] if step is ORDER else ["choose", "begin"]
    plan += ["lock", "read"]
    plan += ["read_auto_refunds", "new_case"] if case and case.is_new else []
    plan += ["read_receipt"] if write.receipts else []
    plan += ["head"]
    plan += ["order"] if write.order else []
    plan += ["words"] if write.words else []
    if case is not None:
        closed = case.case.stage is Stage.CLOSED
        plan += ["open_case" if case.is_new else "close_case" if closed else "change_case" if moved else
                 "change_case_quietly"]  # fmt: skip
    plan += ["evidence"] * len(write.evidence) + ["parcel"] * len(write.parcels)
    plan += ["ending"] * len(write.endings) + ["outbox"] * len(write.outbox)
    plan += [f"events_{len(write.facts)}"] if write.facts else []
    plan += ["receipt" if case else "order_receipt"] if write.receipts else []
    return [*plan, "commit"]


def _values(write: Write) -> dict[str, object]:
    """What the store wrote, under the names that the statements use."""
    values: dict[str, object] = {
        "refund": write.refund_minor,
        "compensation": write.compensation_minor,
        "refundable": write.refundable_minor,
        "cap": write.compensation_cap_minor,
        "events": len(write.facts),
        "pattern_order_no": write.key.order_no,
        "order": msgspec.json.encode(write.order).decode(),
        "words": write.words,
        "actor": write.receipts[0].key.actor if write.receipts else "",
    }
    for changed in write.cases:
        case = changed.case
        values |= {
            "state": msgspec.json.encode(case).decode(), "chain": _hex(changed.chain), "title": changed.title,
            "stage": case.stage, "kind": case.kind, "reason": case.reason, "amount": case.amount_minor,
            "due_at": (case.next_due_at or NEVER).isoformat(),
            "queue": queue_of(case), "queue_at": queue_at(case).isoformat(),
        }  # fmt: skip
    for number, (fact, payload, chain) in enumerate(write.facts, 1):
        tag = fact.event.__struct_config__.tag
        values |= {f"by_{number}": fact.by, f"tag_{number}": tag, f"event_{number}": payload.decode(),
                   f"hash_{number}": _hex(chain)}  # fmt: skip
    for row in write.evidence:
        values |= {"side": row.mark.side, "evidence_kind": row.mark.kind, "sha256": row.sha256 or "-"}
    for parcel in write.parcels:
        values |= {"leg": parcel.leg, "carrier": parcel.carrier}
    for ending in write.endings:
        values |= {"category": ending.category, "is_refunded": str(ending.is_refunded).lower()}
    for message in write.outbox:
        values["effect"] = msgspec.json.encode(message.effect).decode()
    return values


def _hex(value: bytes) -> str:
    return rf"\x{value.hex()}"


def _range(step: Step, world: World) -> dict[str, object]:
    """The numbers of the orders that are ready for it; one may write in every opened case of a life."""
    if step is ORDER:
        return {}
    if step is MESSAGE:
        pools = [pool for pool in world.pools if pool.life is LIVES[0] and pool.step]
    else:
        pools = [pool for pool in world.pools if pool.name == step.name]
    return {"first": pools[0].first, "last": pools[-1].first + pools[-1].orders - 1}
