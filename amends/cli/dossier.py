"""`amends dossier`: make the dossier of a case without the pages."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from cyclopts import Parameter
from rich.console import Console

from amends.adapters.clock import SystemClock
from amends.application.access import Caller
from amends.application.dossier import Contents
from amends.application.ledger import NotCovered
from amends.application.ports import CaseKey
from amends.bootstrap import make_dossiers, open_parts
from amends.cli.given import given, reachable_database
from amends.domain.actor import Actor, buyer, merchant, platform
from amends.domain.case import parse_case_id
from amends.domain.order import Order
from amends.domain.refusals import Refusal
from amends.domain.words import Role
from amends.settings import Settings
from amends.wording.catalogue import Language

Party = Literal["buyer", "merchant", "platform"]


def dossier(
    case: str,
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    party: Annotated[Party, Parameter(name="--for")] = "platform",
    language: Language = "zh",
    data: Path | None = None,
) -> None:
    """Write the dossier of a case: a ZIP that anybody can check with `amends verify`, or its PDF alone.

    :param case: The case, like 1001-0F3K9QZ2A7M1C.
    :param output: The file to write; it must not be there yet. A name that ends in .pdf gets the PDF.
    :param party: Who is to read it; each sees what the pages show him.
    :param language: Of the PDF.
    :param data: Data folder: the database that comes along, evidence, and the keys that sign.
    """
    numbers = parse_case_id(case)
    if numbers is None:
        sys.exit(f"{case} is no case.")
    settings = given(data_dir=data)
    wanted = _Wanted(CaseKey(*numbers), party, language)
    with reachable_database(settings) as url:
        contents = asyncio.run(_write(settings, url, wanted, output))
    files = sum(bool(one.sha256) for one in contents.exhibits)
    told = f"{output}: {len(contents.records)} events, {files} files of evidence, {output.stat().st_size:,} bytes."
    Console(highlight=False).print(told, markup=False, soft_wrap=True)


class _Wanted(NamedTuple):
    case: CaseKey
    party: Party
    language: Language


async def _write(settings: Settings, url: str, wanted: _Wanted, output: Path) -> Contents:
    async with open_parts(settings, url, SystemClock()) as parts:
        docket = await parts.records.docket_of(wanted.case)
        if docket is None or docket.order is None:
            sys.exit("There is no such case.")
        dossiers = make_dossiers(parts)
        caller = Caller(_reader(docket.order, wanted.party), None)
        try:
            contents = await dossiers.contents(wanted.case, caller, wanted.language)
            assert not isinstance(contents, Refusal), "the case is there, and it is the reader's"
            with output.open("xb") as file:
                if output.suffix.lower() == ".pdf":
                    file.write(await dossiers.pdf(contents))
                else:
                    await dossiers.write(contents, file)
        except NotCovered:
            sys.exit("The ledger is signed on another machine: run this there, or bring its keys here.")
        except OSError as fault:
            sys.exit(str(fault))
        return contents


def _reader(order: Order, party: Party) -> Actor:
    if party == "buyer":
        return buyer(order.buyer_id)
    return merchant(order.merchant_id, "") if party == "merchant" else platform("", Role.AUDITOR)
