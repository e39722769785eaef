"""The ways in, and who is kept out."""

import pytest

from amends.domain.order import Merchant
from amends.domain.words import Role
from amends.web.portal.sessions import Sessions
from amends.web.portal.visit import local_path
from tests.portal.site import PEOPLE, Browser, Site, running
from tests.support.api import KEY, SHOP_KEY

pytestmark = pytest.mark.anyio

PASSWORD = "a long enough password"


@pytest.fixture
async def real():
    """Not a demonstration: people sign in."""
    async with running(Site(demo=False)) as one:
        for actor in ("merchant/1001/li", "platform/gao"):
            await Sessions(one.sign_ins).set_password(actor, PASSWORD)
        yield one


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.actor)
async def test_anybody_can_step_into_any_role_of_the_demonstration(browser, person):
    page = await browser.step_in(person.actor)

    assert page.status_code == 200
    assert person.name in page.text


async def test_one_browser_can_be_a_buyer_and_a_seller_at_once(browser):
    await browser.step_in("buyer/b42")
    await browser.step_in("merchant/1001/li")

    assert "陈晓芸" in (await browser.get("/buyer")).text
    assert "李文静" in (await browser.get("/merchant")).text


async def test_outside_of_a_demonstration_nobody_steps_in(real):
    async with Browser(real) as browser:
        assert (await browser.get("/demo", headers={"accept": "text/html"})).status_code == 404
        assert (await browser.get("/demo/gallery", headers={"accept": "text/html"})).status_code == 404
        await browser.post("/demo", data={"actor": "merchant/1001/li"})
        assert not browser.cookies


@pytest.mark.parametrize("area", ["/buyer", "/merchant", "/desk"])
async def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_page(real, area):
    async with Browser(real) as browser:
        sent = await browser.get(f"{area}/cases/1001-0000000000001?tab=2")
        assert sent.status_code == 303
        assert sent.headers["location"] == f"/sign-in?to={area}/cases/1001-0000000000001%3Ftab%3D2"


@pytest.mark.parametrize(("account", "home"), [("1001/li", "/merchant"), ("gao", "/desk")])
async def test_staff_sign_in_with_a_password_and_out_again(real, account, home):
    async with Browser(real) as browser:
        entered = await browser.post("/sign-in", data={"account": account, "password": PASSWORD})
        assert (entered.status_code, entered.headers["location"]) == (303, home)
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()

        page = await browser.get(home)
        assert page.status_code == 200
        token = page.text.split('name="form_token" value="')[1].split('"')[0]
        secret = dict(browser.cookies)
        await browser.post(f"{home}/sign-out", data={"form_token": token})
        assert (await browser.get(home)).status_code == 303
        browser.cookies.update(secret)
        assert (await browser.get(home)).status_code == 303


async def test_a_cookie_goes_over_https_only_but_on_this_very_machine(real):
    async with Browser(real) as browser:
        form = {"account": "1001/li", "password": PASSWORD}
        here = await browser.post("/sign-in", data=form)
        there = await browser.post("/sign-in", data=form, headers={"host": "amends.example"})
        assert "Secure" not in here.headers["set-cookie"]
        assert "Secure" in there.headers["set-cookie"]


@pytest.mark.parametrize("account", ["1001/li", "1001/nobody", "9999/li", "nobody", "", "x/y/z", "1001/"])
async def test_a_wrong_password_says_the_same_whoever_was_meant(real, account):
    async with Browser(real) as browser:
        page = await browser.post("/sign-in", data={"account": account, "password": "wrong"})
        assert page.status_code == 403
        assert "账号或密码不正确" in page.text
        assert not browser.cookies


async def test_too_many_tries_are_told_to_wait(real):
    async with Browser(real) as browser:
        for _ in range(5):
            await browser.post("/sign-in", data={"account": "1001/li", "password": "wrong"})
        page = await browser.post("/sign-in", data={"account": "1001/li", "password": PASSWORD})
        assert page.status_code == 429
        assert "尝试次数过多" in page.text


async def test_who_lost_his_role_is_out_at_once(real):
    async with Browser(real) as browser:
        await browser.post("/sign-in", data={"account": "1001/li", "password": PASSWORD})
        await real.desk.registry.put_merchant(Merchant(1001, staff={"wang": Role.OWNER}), real.clock.now())
        real.desk.access.forget()
        assert (await browser.get("/merchant")).status_code == 303


async def test_a_session_opens_its_own_side_only(browser):
    await browser.step_in("buyer/b42")
    browser.cookies.set("amends_merchant", browser.cookies["amends_buyer"])

    assert (await browser.get("/merchant")).status_code == 303


@pytest.mark.parametrize(
    ("actor", "key", "goes_to", "lands"),
    [
        ("buyer/b42", KEY, "/buyer/cases/1001-0000000000001", "/buyer/cases/1001-0000000000001"),
        ("buyer/b42", SHOP_KEY, None, "/buyer"),
        ("merchant/1001/wang", SHOP_KEY, None, "/merchant"),
    ],
)
async def test_a_shop_hands_its_people_over_without_a_password(real, actor, key, goes_to, lands):
    asked = {"authorization": f"Bearer {key}", "amends-actor": actor}
    async with Browser(real) as shop, Browser(real) as browser, Browser(real) as thief:
        link = await shop.post("/v1/hand-overs", json={"goes_to": goes_to} if goes_to else {}, headers=asked)
        assert link.status_code == 201, link.text

        entered = await browser.get(link.json()["path"])
        assert (entered.status_code, entered.headers["location"]) == (303, lands)
        assert (await browser.get(f"/{lands.split('/')[1]}")).status_code == 200

        again = await thief.get(link.json()["path"])
        assert again.status_code == 410
        assert not thief.cookies


@pytest.mark.parametrize(
    ("actor", "key", "status"),
    [("platform/gao", SHOP_KEY, 403), ("merchant/1002/qian", SHOP_KEY, 403), ("", KEY, 400), ("system", KEY, 400)],
)
async def test_a_shop_hands_over_nobody_but_its_own(real, actor, key, status):
    headers = {"authorization": f"Bearer {key}"} | ({"amends-actor": actor} if actor else {})
    async with Browser(real) as shop:
        assert (await shop.post("/v1/hand-overs", json={}, headers=headers)).status_code == status


@pytest.mark.parametrize("goes_to", ["https://evil.example/", "//evil.example", "/\\evil.example", "buyer", "/a b"])
async def test_a_link_leads_to_our_own_pages_only(real, goes_to):
    asked = {"authorization": f"Bearer {KEY}", "amends-actor": "buyer/b42"}
    async with Browser(real) as shop:
        link = await shop.post("/v1/hand-overs", json={"goes_to": goes_to}, headers=asked)
        assert link.status_code == 422 or local_path(goes_to, "/buyer") == "/buyer"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "",
        "/a\nb",
    ],
)
def test_a_way_back_that_leads_elsewhere_leads_home(path):
    assert local_path(path, "/buyer") == "/buyer"
    assert local_path("/buyer/cases/1?x=2", "/") == "/buyer/cases/1?x=2"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(browser, headers):
    page = await browser.post("/demo", data={"actor": "buyer/b42"}, headers=headers)

    assert page.status_code == 403
    assert "没有执行任何操作" in page.text
    assert not browser.cookies


async def test_a_form_needs_the_token_of_its_own_session(site, browser):
    (case_id,) = await site.opened()
    await browser.step_in("buyer/b42")

    for token in ({}, {"form_token": "x.y"}):
        page = await browser.post(f"/buyer/cases/{case_id}/withdraw", data=token)
        assert page.status_code == 403
        assert "没有执行任何操作" in page.text
    assert "等待商家处理" in (await browser.get(f"/buyer/cases/{case_id}")).text


async def test_the_language_is_chinese_until_another_is_chosen(browser):
    assert 'lang="zh-CN"' in (await browser.get("/demo", headers={"accept-language": "en"})).text

    chosen = await browser.get("/language/en?to=/demo")
    assert chosen.headers["location"] == "/demo"
    page = (await browser.get("/demo")).text
    assert '<html lang="en">' in page
    assert "Three people wait for an answer" in page

    assert (await browser.get("/language/en?to=//evil.example")).headers["location"] == "/"
