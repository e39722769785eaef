"""Templates and what they may call: words, amounts, instants. Everything is in the language of the one who reads.

The reader stands in a context variable, so macros need not be handed one and compiled templates serve everybody.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache, wraps
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from amends.domain.words import Fault, Side
from amends.web.portal.assets import asset_url
from amends.web.portal.talk import folded
from amends.wording import formats, labels, names
from amends.wording.actions import action_words
from amends.wording.catalogue import N_, Language, translate, words
from amends.wording.reader import Reader

SOON = timedelta(hours=12)

_READER: ContextVar[Reader] = ContextVar("reader")


@contextmanager
def read_by(reader: Reader) -> Iterator[None]:
    """Whatever is rendered inside is for this reader."""
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)


def render(template: str, reader: Reader, values: Mapping[str, Any]) -> str:
    """A template as text, for one reader."""
    with read_by(reader):
        return environment().get_template(template).render(values)


class _Called(Context):
    """Calls what a template calls, and asks nothing before: nothing that ours call wants the context of the page.

    Jinja asks of every call, and a page has hundreds; that is a sixteenth of its time.
    """

    def call(self, called: Callable[..., Any], /, *values: Any, **named: Any) -> Any:
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return called(*values, **named)


class _Shared(Template):
    """Macros come from the module that was made first: all templates have the same globals, which Jinja compares."""

    def _get_default_module(self, _: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class _Environment(Environment):
    context_class = _Called
    template_class = _Shared


@cache
def environment() -> Environment:
    """Nothing undefined passes silently; nothing goes out unescaped unless it was made safe here."""
    made = _Environment(
        loader=PackageLoader("amends.web", "templates"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": say,
        "ngettext": count,
        "asset": asset_url,
        "icon": icon,
        "left_seconds": left_seconds,
        "total_seconds": total_seconds,
        "sentences": sentences,
        "words_of": lambda verb: action_words(verb, _READER.get().language),
    }
    filters: dict[str, Callable[..., Any]] = {
        "money": money,
        "moment": moment,
        "exact": exact,
        "iso": iso,
        "duration": lambda length: formats.duration(length, _READER.get().language),
        "left": left,
        "tone": tone,
        "folded": folded,
        "label": label,
        "officer": officer,
        "fault": lambda fault: label(Fault(fault)),
        "owner": lambda owner: labels.owner_label(owner, _READER.get().language),
        "call": lambda result: labels.call_label(result, _READER.get().language),
        "deadline": lambda key: labels.deadline_label(key, _READER.get().language),
        "carrier": lambda code: names.carrier_name(code, _READER.get().language),
        "channel": lambda code: names.channel_name(code, _READER.get().language),
        "all_of": lambda parts: formats.all_of(list(parts), _READER.get().language),
        "one_of": lambda parts: formats.one_of(list(parts), _READER.get().language),
    }
    made.filters |= {name: _when_read(works) for name, works in filters.items()}
    return made


def _when_read(works: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that waits for its reader.

    Else a filter on a constant, `"buyer"|owner`, is worked out when the template is compiled, in the language of
    whoever came first. Jinja leaves filters alone that want the context.
    """

    @pass_context
    @wraps(works)
    def late(_: Context, *values: Any, **named: Any) -> Any:
        return works(*values, **named)

    return late


def say(message: str, **facts: Any) -> str:
    """Words of the page in the reader's language; `{name}` takes a fact, which may be markup such as an instant."""
    told = translate(message, _READER.get().language)
    return _filled(told, facts) if facts else told


def count(one: str, many: str, number: int, **facts: Any) -> str:
    """As `say`, by number; `{count}` is the number itself."""
    told = words(_READER.get().language).ngettext(one, many, number)
    return _filled(told, {"count": number, **facts})


def _filled(told: str, facts: Mapping[str, Any]) -> Markup:
    """The facts are made safe one by one: `Markup.format` does the same in twice the time."""
    safe = {name: escape(fact) for name, fact in facts.items()}
    return Markup(str(escape(told)).format_map(safe))  # noqa: S704 (escaped)


def sentences(*told: str) -> str:
    return formats.sentences(told, _READER.get().language)


def money(amount_minor: int, currency: str | None = None) -> str:
    """`¥59.00`; without a currency in the order's, which the reader knows."""
    reader = _READER.get()
    return formats.money(amount_minor, currency or reader.currency, reader.language)


def moment(instant: datetime) -> Markup:
    """`明天 09:00`, with the exact local time to the second on hovering and for machines."""
    reader = _READER.get()
    # Put together by hand: a conversation has hundreds, and `Markup.format` takes ten times as long.
    return Markup(f"{_time(instant, reader.zone)}{escape(reader.moment(instant))}</time>")  # noqa: S704 (escaped)


@lru_cache(maxsize=16_384)
def _time(instant: datetime, zone: ZoneInfo) -> str:
    """Kept, because it is read again with each line that is added below it."""
    return f'<time datetime="{iso(instant)}" title="{_exact(instant, zone)}">'


def exact(instant: datetime) -> str:
    """`2026-11-24 10:00:00 GMT+8`."""
    return _exact(instant, _READER.get().zone)


def _exact(instant: datetime, zone: ZoneInfo) -> str:
    at = instant.astimezone(zone).isoformat(" ", "seconds")
    return at[:19] + _offset(at[19:])


@cache
def _offset(written: str) -> str:
    """` GMT+5.5` of `+05:30`."""
    hours, minutes = written.split(":")[:2]
    return f" GMT{int(hours) + int(hours[0] + minutes) / 60:+g}"


def iso(instant: datetime) -> str:
    """As machines read it, to the second."""
    return f"{instant.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def left(due_at: datetime) -> str:
    """`还剩 1 天 13 小时`, or by how much it is over."""
    reader = _READER.get()
    return formats.time_left(due_at, reader.now, reader.language)


def left_seconds(due_at: datetime) -> int:
    return max(0, int((due_at - _READER.get().now).total_seconds()))


def total_seconds(started_at: datetime, due_at: datetime) -> int:
    return max(1, int((due_at - started_at).total_seconds()))


def tone(due_at: datetime) -> Literal["", "soon", "over"]:
    """Colour is spent on time only when little of it is left, or none."""
    remaining = due_at - _READER.get().now
    if remaining <= timedelta(0):
        return "over"
    return "soon" if remaining < SOON else ""


def label(value: StrEnum) -> str:
    """The short name of a member of a closed set."""
    return labels.label(value, _READER.get().language)


def officer(by: str) -> str:
    """Who decided: to the parties a number, as `visibility` gives it to them; inside the account."""
    return by if _READER.get().side is Side.PLATFORM else say(N_("Platform officer {number}"), number=by)


@cache
def icon(name: str, text: str = "") -> Markup:
    """A stroke of our own; `text` says what it means where no words beside it do."""
    spoken = Markup('role="img" aria-label="{}"').format(text) if text else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(spoken, asset_url("icons.svg"), name)


_COUNTDOWN = {
    "left": N_("{duration} left"),
    "over": N_("{duration} overdue"),
    "moment": N_("less than a minute"),
}


@cache
def countdown_words(language: Language) -> str:
    """What the page's script needs to go on counting in the same words, as JSON."""
    ngettext = words(language).ngettext
    told: dict[str, Any] = {name: translate(text, language) for name, text in _COUNTDOWN.items()}
    for unit, one, many in (
        ("day", "{count} day", "{count} days"),
        ("hour", "{count} hour", "{count} hours"),
        ("minute", "{count} minute", "{count} minutes"),
    ):
        told[unit] = [ngettext(one, many, 1), ngettext(one, many, 2)]
    return json.dumps(told, ensure_ascii=False)
