"""The demo's marketplace, made from a seed: its people, its orders, and twenty days of their stories."""

import random
from collections.abc import Callable
from datetime import UTC, timedelta

from amends.application.ids import Ids
from amends.application.ports import Registry
from amends.demo.history import Back, History, Played
from amends.demo.orders import CHINA, Market
from amends.demo.people import buyers, platform, shops
from amends.demo.scene import Scene, Script
from amends.demo.stories import BOOK, Story
from amends.domain.time import Instant

SEED = 27
"""Of the marketplace that `amends demo` shows."""

DAYS = 20
ORDERS = 2_000
STORIES = 310
"""With what the system opens by itself, some 350 cases."""

RUNNING = 0.6
"""Share of the stories that have not ended yet."""

YOUNG = 1.8
"""Above 1 the younger of those are more, as on a desk where most of what lies there is new."""

SHORT_OF_FUNDS_MINOR = 30_000
"""What one merchant in ten has left: the platform advances what goes beyond it."""


async def load(
    back: Back,
    registry: Registry,
    ids: Ids,
    *,
    seed: int,
    now: Instant,
    progress: Callable[[float], None] = lambda _: None,
    orders: int = ORDERS,
    stories: int = STORIES,
) -> Played:
    """Play the past up to `now`. The same seed and `now` give the same marketplace. Raises Failed, Unavailable."""
    starts_at = now - timedelta(days=DAYS)
    the_shops = shops(seed)
    for settings in (platform(), *(shop.settings for shop in the_shops)):
        await registry.put_merchant(settings, starts_at)
    history = History(back, ids, seed=seed, starts_at=starts_at)
    for shop in the_shops[9::10]:
        history.provider.open_account(shop.merchant_id, SHORT_OF_FUNDS_MINOR)
    market = Market(seed, the_shops, buyers(seed))
    planned = _plan(seed, now, stories)
    for number, (at, story) in enumerate(planned):
        order = market.for_story(story.wish, at)
        draws = random.Random(f"{seed}/story/{number}")  # noqa: S311 - chance for show, not for secrets
        history.lives(order)
        history.begins(at, _told(story, Scene(story.name, history, order, draws)))
    for _ in range(orders - len(planned)):
        history.lives(market.without_story(now, DAYS + 6, starts_at))
    try:
        await history.play(now, progress)
    finally:
        history.close()
    if history.played.failed:
        raise history.played.failed[0]
    return history.played


def _told(story: Story, scene: Scene) -> Script:
    """A story as a script that begins when it is asked for its first step."""
    yield from story.tell(scene)


def _plan(seed: int, now: Instant, count: int) -> list[tuple[Instant, Story]]:
    """When each story begins: some of each kind are caught in the middle, the others are over."""
    draws = random.Random(f"{seed}/plan")  # noqa: S311 - chance for show, not for secrets
    weight = sum(story.weight for story in BOOK)
    planned = []
    for story in BOOK:
        times = max(2, round(count * story.weight / weight))
        running = max(1, round(times * RUNNING))
        ages = [story.days * ((place + draws.random()) / running) ** YOUNG for place in range(running)]
        ages += [draws.uniform(min(story.days, DAYS - 3), DAYS - 1) for _ in range(times - running)]
        planned += [(_awake_before(now - timedelta(days=age), draws), story) for age in ages]
    return sorted(planned, key=lambda pair: (pair[0], pair[1].name))


def _awake_before(at: Instant, draws: random.Random) -> Instant:
    """Nobody begins anything at night; those who would have had begun in the course of the day before."""
    local = at.astimezone(CHINA)
    if 8 <= local.hour < 23:
        return at
    day = local.replace(hour=9, minute=0) - timedelta(days=1 if local.hour < 8 else 0)
    return (day + timedelta(hours=draws.uniform(0, 13.5))).astimezone(UTC)
