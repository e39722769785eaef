"""What was found in evidence stands on the arbitrator's case page, and other cases on no one else's (R5.4)."""

import pytest

from amends.application.access import Caller
from amends.application.evidence import Wish
from amends.application.files import FileRow
from amends.domain.actor import buyer
from amends.domain.case import parse_case_id
from amends.domain.words import EvidenceKind
from tests.portal.site import Browser, Site
from tests.support import pictures

pytestmark = pytest.mark.anyio


async def file_photo(site: Site, case_id: str, content: bytes) -> None:
    async def sent():
        yield content

    caller = Caller(buyer("b42"), None)
    merchant_id, number = parse_case_id(case_id) or (0, 0)
    row = await site.desk.evidence.take(Wish(merchant_id, number, None, "照片.jpg", EvidenceKind.PHOTO), caller, sent())
    assert isinstance(row, FileRow)
    await site.desk.evidence.file(row, caller)


async def test_the_arbitrator_is_led_from_a_photo_to_the_other_case_that_has_it(site: Site):
    first, second = await site.opened(2)
    for case_id in (first, second):
        await file_photo(site, case_id, pictures.jpeg(pictures.scene(9)))
    async with Browser(site) as desk:
        await desk.step_in("platform/gao")
        page = (await desk.get(f"/desk/cases/{first}")).text
        assert "凭证中发现的事实" in page
        assert f'href="/desk/cases/{second}"' in page
        assert "同一文件曾由" in page
        assert (await desk.get(f"/desk/cases/{second}")).text.count(f'href="/desk/cases/{first}">查看') == 1
    for actor, path in (("buyer/b42", "/buyer"), ("merchant/1001/li", "/merchant")):
        async with Browser(site) as other:
            await other.step_in(actor)
            answer = await other.get(f"{path}/cases/{first}")
            assert answer.status_code == 200
            assert "同一文件" not in answer.text
