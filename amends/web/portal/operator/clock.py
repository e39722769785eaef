"""The clock of a demonstration: moving it on shows what silence does. Elsewhere these addresses do not exist."""

from datetime import timedelta

from litestar import Response, get, post

from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.wording.catalogue import N_, translate
from amends.wording.formats import duration

STEPS = (timedelta(hours=1), timedelta(hours=12), timedelta(days=1), timedelta(days=2), timedelta(days=7))
_MOST = timedelta(days=60)


@get("/clock")
async def clock(here: Here) -> Response[bytes]:
    _only_in_demonstrations(here)
    return here.page(
        "operator/clock.html",
        steps=[(int(step.total_seconds() // 3600), duration(step, here.language)) for step in STEPS],
    )


@post("/clock")
async def move(here: Here) -> Response[bytes]:
    _only_in_demonstrations(here)
    assert here.desk.move_clock is not None, "demonstrations have one"
    hours = str(here.form.get("hours", ""))
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours[:6]) <= _MOST // timedelta(hours=1)):
        raise Problem("clock_goes_forward")
    length = timedelta(hours=int(hours))
    await here.desk.move_clock(length)
    text = translate(N_("The clock has moved on by {length}."), here.language)
    return here.go(f"{here.base}/clock", said=text.format(length=duration(length, here.language)))


def _only_in_demonstrations(here: Visit) -> None:
    if here.desk.move_clock is None or not here.is_demo:
        raise Problem("unknown_route")


ROUTES = (clock, move)
