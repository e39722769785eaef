"""Every side takes the dossier home from its case page, and nobody else's."""

import re
import zipfile
from io import BytesIO

import pytest

from amends.proof.verify import verify
from tests.portal.site import Browser

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("actor", "area"), [("buyer/b42", "buyer"), ("merchant/1001/wang", "merchant"), ("platform/gao", "desk")]
)
async def test_the_case_page_leads_to_a_dossier_that_holds(site, tmp_path, actor, area):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        await browser.step_in(actor)
        page = (await browser.get(f"/{area}/cases/{case_id}")).text
        links = re.findall(r'href="([^"]+/dossier/[^"]+)" download', page)
        assert links == [f"/{area}/cases/{case_id}/dossier/pdf", f"/{area}/cases/{case_id}/dossier/zip"]
        pdf, whole = [await browser.get(link) for link in links]
    assert pdf.headers["content-type"] == "application/pdf"
    assert whole.headers["content-disposition"] == f'attachment; filename="{case_id}.zip"'
    path = tmp_path / "dossier.zip"
    path.write_bytes(whole.content)
    report = verify(path)
    assert report.holds, report.findings
    assert report.manifest.reader == actor.removesuffix("/wang").removesuffix("/gao")
    with zipfile.ZipFile(BytesIO(whole.content)) as archive:
        assert archive.read("dossier.pdf") == pdf.content


async def test_it_speaks_the_language_of_the_page(site):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        chinese = await browser.get(f"/buyer/cases/{case_id}/dossier/pdf")
        browser.cookies.set("amends_language", "en")
        english = await browser.get(f"/buyer/cases/{case_id}/dossier/pdf")
    assert chinese.content != english.content


@pytest.mark.parametrize("path", ["dossier/pdf", "dossier/zip"])
async def test_somebody_elses_dossier_is_not_given_out(site, path):
    (case_id,) = await site.opened(buyer_id="b43")
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        answer = await browser.get(f"/buyer/cases/{case_id}/{path}")
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]


async def test_who_is_not_signed_in_is_sent_to_sign_in(site):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        answer = await browser.get(f"/buyer/cases/{case_id}/dossier/zip")
    assert answer.status_code == 303


async def test_another_kind_of_file_is_not_there(site):
    (case_id,) = await site.opened()
    async with Browser(site) as browser:
        await browser.step_in("buyer/b42")
        assert (await browser.get(f"/buyer/cases/{case_id}/dossier/docx")).status_code in (400, 404)
