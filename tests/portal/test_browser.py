"""What only a browser shows: live pages, what is typed stays, keys, no JavaScript, no fault that axe finds."""

import re
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
AT_ONCE_MS = 1_000
_MEANT = re.compile("409|503")


@pytest.fixture
def person(chromium, live_site):
    """Somebody with a browser of his own. Whatever its console complains of fails the test."""
    _, address = live_site
    contexts, complaints = [], []

    def step_in(actor: str | None = None, **options):
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        if actor:
            entered = context.request.post("/demo", form={"actor": actor}, max_redirects=0)
            assert entered.status == 303
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return page

    yield step_in
    for context in contexts:
        context.close()
    # Chromium reports every answer above 399; a refused step and a line broken on purpose are meant.
    assert [one for one in complaints if not _MEANT.search(one)] == []


@contextmanager
def watched(page):
    """Until the page listens for changes."""
    with page.expect_response(lambda response: "/live" in response.url):
        yield
    page.wait_for_timeout(150)


def opened(live_site) -> str:
    site, _ = live_site
    (case_id,) = site.run(site.opened())
    return case_id


def test_a_message_appears_on_the_other_side_within_a_second_and_what_is_typed_there_stays(person, live_site):
    case_id = opened(live_site)
    buyer, merchant = person("buyer/b42", **PHONE), person("merchant/1001/li", **DESK)
    with watched(buyer):
        buyer.goto(f"/buyer/cases/{case_id}")
    merchant.goto(f"/merchant/cases/{case_id}")
    buyer.locator("textarea[name=text]").first.fill("我正在写")

    merchant.locator("textarea[name=text]").first.fill("您好，请问方便拍一张照片吗？")
    merchant.locator("textarea[name=text]").first.press("Enter")

    expect(buyer.get_by_text("方便拍一张照片")).to_be_visible(timeout=AT_ONCE_MS)
    expect(buyer.locator("textarea[name=text]").first).to_have_value("我正在写")
    expect(merchant.get_by_text("方便拍一张照片")).to_be_visible()
    expect(merchant.locator("textarea[name=text]").first).to_have_value("")


def test_an_action_appears_on_the_other_side_within_a_second(person, live_site):
    case_id = opened(live_site)
    buyer, merchant = person("buyer/b42", **PHONE), person("merchant/1001/li", **DESK)
    with watched(merchant):
        merchant.goto(f"/merchant/cases/{case_id}")
    buyer.goto(f"/buyer/cases/{case_id}")

    # The form as the page has it, sent without the page: where buttons stand is another test's matter.
    buyer.evaluate(
        """async () => {
            const form = document.querySelector(`form[action$="/withdraw"]`);
            await fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))});
        }"""
    )
    expect(merchant.get_by_text(re.compile("买家撤销|已撤销|撤销")).first).to_be_visible(timeout=AT_ONCE_MS)


def test_the_time_left_goes_on_by_the_services_clock_and_colours_when_little_is_left(person, live_site):
    case_id = opened(live_site)
    buyer = person("buyer/b42", **PHONE)
    buyer.goto(f"/buyer/cases/{case_id}")
    shown = buyer.locator(".countdown").first
    due_at = shown.get_attribute("datetime")
    assert due_at

    left = buyer.evaluate("([due]) => (Date.parse(due) - now()) / 3600e3", [due_at])
    wanted = left - 0.5
    buyer.evaluate("([hours]) => { ahead += hours * 3600e3; tick(); }", [wanted])
    expect(shown).to_have_text(re.compile(r"还剩 (30:00|29:\d\d)"))
    expect(shown).to_have_attribute("data-tone", "soon")

    before = shown.inner_text()
    expect(shown).not_to_have_text(before, timeout=3_000)
    buyer.evaluate("() => { ahead += 3600e3; tick(); }")
    expect(shown).to_have_attribute("data-tone", "over")


def test_without_javascript_a_form_still_sends_and_comes_back(person, live_site):
    case_id = opened(live_site)
    merchant = person("merchant/1001/li", java_script_enabled=False, **PHONE)
    merchant.goto(f"/merchant/cases/{case_id}")
    merchant.locator("textarea[name=text]").first.fill("没有脚本也能发送")
    merchant.get_by_role("button", name="发送").first.click()

    expect(merchant.get_by_text("没有脚本也能发送")).to_be_visible()
    assert merchant.url.endswith(f"/merchant/cases/{case_id}")


def test_the_first_key_leads_past_the_menu(person):
    page = person(**DESK)
    page.goto("/demo")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('page').contains(document.activeElement)")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/demo", "/sign-in", "/demo/gallery"])
def test_a_page_fits_its_screen_and_has_no_serious_fault_for_those_who_cannot_see_it(person, path, scheme, size):
    page = person(color_scheme=scheme, **size)
    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    faults = [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert faults == []


def test_nothing_jumps_while_a_page_loads(person):
    page = person(**PHONE)
    page.add_init_script(
        """window.shifts = 0;
           new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifts += one.value; })
             .observe({type: "layout-shift", buffered: true});"""
    )
    page.goto("/demo/gallery")
    page.wait_for_timeout(400)
    assert page.evaluate("window.shifts") < 0.01


def test_a_broken_line_is_polled_over_until_it_is_back(person, live_site):
    case_id = opened(live_site)
    buyer, merchant = person("buyer/b42", **PHONE), person("merchant/1001/li", **DESK)
    buyer.route("**/live?**", lambda route: route.fulfill(status=503, body=""))
    buyer.goto(f"/buyer/cases/{case_id}")
    merchant.goto(f"/merchant/cases/{case_id}")
    merchant.locator("textarea[name=text]").first.fill("线路断了也能看到")
    merchant.locator("textarea[name=text]").first.press("Enter")

    expect(buyer.get_by_text("线路断了也能看到")).to_be_visible(timeout=8_000)
