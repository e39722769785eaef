"""Write docs/reference from the code, so that it cannot say anything else: `make docs`.

A test generates the pages again and compares them with what is committed.
"""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from amends.application.policies import Policies
from amends.domain import commands as k
from amends.domain import events as e
from amends.domain.permissions import ROLES, STAGES
from amends.domain.policy import Policy
from amends.domain.refusals import WAITING_HELPS, Code
from amends.domain.words import Funds, Goods, Outcome, Role, Stage
from amends.web.app import HANDLERS
from amends.web.commanding import VERBS
from amends.web.openapi import document
from amends.web.problems import PROBLEMS
from amends.wording.refusals import WORDS

REFERENCE = Path(__file__).parent / "reference"
_GENERATED = "<!-- Written by `make docs` from the code; do not edit. -->\n"


def pages() -> dict[str, str]:
    """Every reference page by file name."""
    policy = max(Policies.load(None), key=lambda policy: policy.effective_from)
    builders: dict[str, Callable[[], Iterable[str]]] = {
        "commands.md": _commands,
        "events.md": _events,
        "http.md": _http,
        "refusals.md": _refusals,
        "states.md": _states,
        "policy.md": lambda: _policy(policy),
    }
    return {name: _GENERATED + "\n" + "\n".join(build()) + "\n" for name, build in builders.items()}


def _first_paragraph(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _type_name(info: msgspec.inspect.Type) -> str:
    """A field's type as a reader of JSON would say it."""
    match info:
        case msgspec.inspect.EnumType(cls=cls):
            return " \\| ".join(f"`{member.value}`" for member in cls)
        case msgspec.inspect.LiteralType(values=values):
            return " \\| ".join(f"`{value}`" for value in values)
        case msgspec.inspect.StructType(cls=cls):
            return cls.__name__
        case msgspec.inspect.DateTimeType():
            return "instant with zone"
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"list of {_type_name(item)}"
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(_type_name(one) for one in types if not isinstance(one, msgspec.inspect.NoneType))
        case _:
            name = info.__class__.__name__.removesuffix("Type").lower()
            return {"str": "text", "int": "integer", "bool": "yes / no"}.get(name, name)


def _fields(cls: type[msgspec.Struct]) -> Iterable[str]:
    for field in msgspec.structs.fields(cls):
        need = "required" if field.required else "optional"
        yield f"| `{field.encode_name}` | {_type_name(msgspec.inspect.type_info(field.type))} | {need} |"


def _commands() -> Iterable[str]:
    yield "# Commands\n"
    yield (
        "What can be asked of a case, one intention each. `POST /v1/cases/{case_id}/{command}` with the fields as the "
        "body; `open-case` is `POST /v1/cases`. Amounts are integers in minor units.\n"
    )
    for kind in k.ALL_COMMANDS:
        roles = ", ".join(sorted(role.value for role in ROLES[kind]))
        stages = ", ".join(stage.value for stage in Stage if stage in STAGES.get(kind, frozenset())) or "about an order"
        yield f"\n## `{k.verb(kind)}`\n\n{_first_paragraph(kind)}\n"
        yield f"Sent by: {roles}. Stages: {stages}.\n"
        rows = list(_fields(kind))
        if rows:
            yield "| field | type | |\n|---|---|---|"
            yield from rows


def _events() -> Iterable[str]:
    yield "# Events\n"
    yield (
        "What happened, in the past tense, with every figure it depended on. A published format: fields are added, "
        "never changed. Around each event stand `case_id`, `seq`, `at` and `by`.\n"
    )
    for kind in e.Event.__subclasses__():
        yield f"\n## `{kind.__struct_config__.tag}`\n\n{_first_paragraph(kind)}\n"
        rows = list(_fields(kind))
        if rows:
            yield "| field | type | |\n|---|---|---|"
            yield from rows


def _refusals() -> Iterable[str]:
    yield "# Refusals\n"
    yield (
        "Why a command was refused, in order of precedence. Over HTTP each is a problem with this `code`, its facts, "
        "`waiting_helps` and `may_do_now`.\n"
    )
    yield "| code | what it says | waiting helps |\n|---|---|---|"
    for code in Code:
        words = WORDS[code]
        helps = "yes" if code in WAITING_HELPS else ""
        yield f"| `{code.value}` | {words.title}. {words.advice} | {helps} |"


def _http() -> Iterable[str]:
    yield "# HTTP\n"
    yield (
        "Every call; bodies and answers stand in `/openapi.json`, to read and try at `/docs`. `Authorization: Bearer` "
        "carries a service key, `Amends-Actor` names the party it acts for.\n"
    )
    yield "| call | what |\n|---|---|"
    yield "| `POST /v1/cases/{case_id}/{command}` | Every command about a case: [commands](commands.md). |"
    for path, calls in document(HANDLERS)["paths"].items():
        if path.removeprefix("/v1/cases/{case_id}/") not in VERBS:
            for method, call in calls.items():
                yield f"| `{method.upper()} {path}` | {call['summary']} |"
    yield "\n## Problems\n"
    yield "What can go wrong apart from the rules' [refusals](refusals.md).\n"
    yield "| code | status | what it says |\n|---|---|---|"
    for code, kind in PROBLEMS.items():
        yield f"| `{code}` | {kind.status} | {kind.title}. {kind.detail} |"


def _states() -> Iterable[str]:
    yield "# States\n"
    yield "A case has three independent axes; the status that people see is derived from them.\n"
    for axis in (Stage, Goods, Funds, Outcome):
        yield f"\n## {axis.__name__}\n\n{_first_paragraph(axis)}\n"
        yield ", ".join(f"`{member.value}`" for member in axis)
    yield "\n## Command by stage\n"
    yield "A tick may carry a condition of the command's own ladder.\n"
    yield "| command | " + " | ".join(stage.value for stage in Stage) + " |\n|---|" + "---|" * len(Stage)
    for kind, stages in STAGES.items():
        yield f"| `{k.verb(kind)}` | " + " | ".join("✓" if stage in stages else "" for stage in Stage) + " |"
    yield "\n## Command by role\n"
    yield "| command | " + " | ".join(role.value for role in Role) + " |\n|---|" + "---|" * len(Role)
    for kind, roles in ROLES.items():
        yield f"| `{k.verb(kind)}` | " + " | ".join("✓" if role in roles else "" for role in Role) + " |"


def _policy(policy: Policy) -> Iterable[str]:
    yield f"# Policy `{policy.version}`\n"
    yield "The shipped figures. `amends policy show` prints the same; `amends policy diff` compares two files.\n"
    yield "\n## Deadlines\n\n| deadline | owner | hours | when it passes | source |\n|---|---|---|---|---|"
    for key, rule in policy.deadlines.items():
        then = ", ".join(f"{what}: {outcome}" for what, outcome in rule.then.items())
        yield f"| `{key}` | {rule.owner} | {rule.hours:g} | {then} | {rule.source} |"
    yield "\n## Reasons\n\n| reason | | kinds | goods | fault | evidence | source |\n|---|---|---|---|---|---|---|"
    for code, reason in policy.reasons.items():
        needs = " and ".join(" or ".join(group) for group in reason.evidence) or "–"
        kinds, goods = ", ".join(reason.kinds), ", ".join(reason.goods)
        yield f"| `{code}` | {reason.label} | {kinds} | {goods} | {reason.fault} | {needs} | {reason.source} |"
    yield "\n## Reasons to reject\n\n| reason | | when | proof |\n|---|---|---|---|"
    for code, rejection in policy.rejection_reasons.items():
        needs = " and ".join(" or ".join(group) for group in rejection.proof) or "–"
        yield f"| `{code}` | {rejection.label} | {', '.join(rejection.when)} | {needs} |"


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
