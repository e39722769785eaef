"""What the case pages of all sides have in common: reading the case, and carrying out what a form on it asks."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlencode

from amends.application.caseview import ActionView, CaseView
from amends.application.lanes import LaneFull
from amends.application.outward import PublicFact
from amends.application.ports import CaseKey, Failed
from amends.application.queries import FactPage
from amends.domain.case import Case
from amends.domain.order import Order
from amends.domain.words import Side
from amends.web.answers import as_problem, problem_body
from amends.web.portal.talk import Entry, conversation, latest
from amends.web.portal.transcripts import Chat, chats
from amends.web.portal.troubles import Trouble, trouble_of
from amends.web.portal.visit import Visit
from amends.web.problems import Problem, Refused
from amends.wording.erased import Quiet, erased_word, in_words

_PAGE = 1_000


NOT_DONE = (Refused, Problem, Failed, LaneFull)
"""Why a step was not carried out; the page that it was tried on says so."""


class CasePage(NamedTuple):
    """A case as this reader's page needs it. `actions` are by verb; a verb that is not there is not his to send.

    `talk` are the newest lines of the conversation, or all where the address says `?talk=all`; `earlier` more lie
    before them, and come with `whole_href`. `before` are chats from before the case.
    """

    key: CaseKey
    view: CaseView
    facts: list[PublicFact]
    talk: list[Entry]
    earlier: int
    whole_href: str
    before: list[Chat]
    actions: dict[str, ActionView]

    def may(self, verb: str) -> bool:
        """Whether the step is open now."""
        action = self.actions.get(verb)
        return action is not None and action.allowed


async def read_case(here: Visit, case_id: str) -> CasePage:
    """The case with its whole record. Raises Refused, Unavailable."""
    key = here.case_key(case_id)
    queries = here.desk.queries
    files, facts, found = await asyncio.gather(
        here.desk.evidence.views(key, here.caller),
        _facts(here, key),
        queries.case(key, here.caller, here.language),  # last: it is worked out while the others are still read
    )
    view = here.found(found, key.merchant_id)
    here.files = here.found(files, key.merchant_id)
    here.files_at = f"{here.base}/cases/{case_id}/evidence"
    if view.erased_at is not None:
        word = Quiet(erased_word(here.language))
        view, facts = in_words(view, word), in_words(facts, word)
    asked = here.request.query_params
    offers = [offer.offer_id for offer in view.offers]
    earlier, newest = (0, facts) if asked.get("talk") == "all" else latest(facts, offers, view.preparation)
    talk = conversation(newest, here.reader(view.money.currency), standing_offers=offers, preparation=view.preparation)
    whole_href = f"{here.base}/cases/{view.case_id}?{urlencode([*asked.items(), ('talk', 'all')])}"
    actions = {action.verb: action for action in view.actions}
    before = await chats(here, key, facts, f"{here.base}/cases/{view.case_id}")
    return CasePage(key, view, facts, talk, earlier, whole_href, before, actions)


async def _facts(here: Visit, key: CaseKey) -> list[PublicFact]:
    facts: list[PublicFact] = []
    after = 0
    while True:
        page: FactPage = here.found(await here.desk.queries.timeline(key, here.caller, after, _PAGE), key.merchant_id)
        facts += page.events
        if page.next_after is None:
            return facts
        after = page.next_after


async def case_and_order(here: Visit, key: CaseKey) -> tuple[Case, Order]:
    """As the rules know them; for a page that has found the case."""
    docket = await here.desk.records.docket_of(key)
    case = docket.case(key.case_id) if docket is not None else None
    assert docket is not None, "it was just found"
    assert docket.order is not None, "a case has an order"
    assert case is not None, "it was just found"
    return case, docket.order


async def currency_of(here: Visit, key: CaseKey) -> str:
    """What amounts in a form on the case are in. Raises Refused, Unavailable."""
    view = here.found(await here.desk.queries.case(key, here.caller, here.language), key.merchant_id)
    return view.money.currency


def told(here: Visit, fault: Exception) -> Trouble:
    """Why a step did not work, for a panel on the page."""
    side: Side = here.actor.side
    return trouble_of(problem_body(here.desk, as_problem(fault), here.language, side))
