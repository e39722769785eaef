"""When they do not agree: rejection, the platform, statements, ruling, appeal, dossier; on a phone and at a desk."""

from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from amends.domain import commands as k
from amends.proof.verify import verify
from amends.wording.actions import action_words
from tests.portal.buyer_stories import BUYER as B42
from tests.portal.buyer_stories import GROUNDS

BUYER, OWNER, GAO, SHEN, ZHOU, BAI = (
    "buyer/b42", "merchant/1001/li", "platform/gao", "platform/shen", "platform/zhou", "platform/bai",
)  # fmt: skip
POINT = "照片中的裂纹在壶底，与描述的壶嘴漏水不一致。"


def test_a_rejection_needs_talk_a_script_time_and_proof_and_the_buyer_calls_the_platform(person, story):
    """R3.4, R3.5, R6.2, R1.3, R5.3, R5.4: the whole way from "talk first" to both sides' points."""
    case_id = story("complained")
    buyer, shop = person(BUYER), person(OWNER)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    expect(buyer.page.locator("#do-request-intervention")).to_have_count(0)

    shop.go(f"/merchant/cases/{case_id}")
    shop.follows("Reject…")
    shop.follows("Talk now")
    shop.writes("您好，请问漏水发生在什么时候？")
    shop.page.locator("#wizard a[href*='reject=facts_differ']").click()
    shop.fits()
    shop.presses("Send and go to the conversation")
    shop.page.wait_for_url("**#composer")
    expect(shop.page.locator(".wizard-left")).to_be_visible()
    buyer.sees_by_itself("Before rejecting: the merchant explains")
    buyer.writes("第一次用就漏。")
    shop.sees_by_itself("第一次用就漏。")
    shop.writes("收到，我们再核对一次。")
    wizard = shop.page.locator("#wizard")
    wizard.locator("[name='points.0.text']").fill(POINT)
    wizard.locator("[name='evidence.0.note']").first.fill("出库时拍摄")
    expect(wizard.locator(".act-says").last).to_contain_text(action_words("reject", shop.language).says)
    shop.presses("Reject the application")
    expect(shop.page.locator(".case-clock")).to_contain_text(
        shop.words("Rejected by the merchant, waiting for the buyer")
    )
    buyer.sees_by_itself("Rejected by the merchant, waiting for the buyer")

    buyer.sees(POINT)
    buyer.does("request-intervention", statement="商家不认可裂纹，请平台判断。")
    buyer.is_told("request-intervention")
    buyer.sees("The platform is looking into it")
    buyer.does("state-position", points__0__text="壶嘴根部有裂纹，第一次使用就漏水。")
    buyer.is_told("state-position")
    shop.sees_by_itself("The platform is looking into it")
    shop.does("state-position", points__0__text="出库时完好，裂纹在壶底。")
    shop.is_told("state-position")


def test_evidence_that_is_missing_is_named_and_given(person, story, tmp_path: Path):
    """R1.2: what the reason needs, from whom, what is there; a photo is added and both have it."""
    photo = tmp_path / "crack.jpg"
    Image.effect_noise((640, 480), 60).convert("RGB").save(photo, quality=90)
    case_id = story("complained")
    shop = person(OWNER)
    shop.go(f"/merchant/cases/{case_id}")
    expect(shop.page.locator(".checklist li").first).to_be_visible()
    form = shop.form("add-evidence")
    shop.fill(form, "evidence.0.kind", "packing_photo")
    shop.fill(form, "evidence.0.note", "打包时完好")
    form.locator("input[type=file]").first.set_input_files(photo)
    expect(form.locator("progress, .upload-done, [data-state=done]").first).to_be_attached()
    form.get_by_role("button", name=shop.name_of("add-evidence"), exact=True).click()
    shop.is_told("add-evidence")

    buyer = person(BUYER)
    buyer.go(f"/buyer/cases/{case_id}")
    shown = buyer.page.locator("main img[src*='/evidence/']").first
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_the_platform_takes_rules_and_both_sides_read_why(person, story):
    """R4.2, R4.6, R1.1, R1.3: taken from the queue, ruled on findings and clauses, read by both, appealed by one."""
    case_id = story("rejected")
    story.send(k.RequestIntervention("请平台判断。"), B42, case_id=case_id)
    story.site.clock.advance(timedelta(hours=13))
    buyer, gao = person(BUYER), person(GAO)
    buyer.waits_for_the_line(f"/buyer/cases/{case_id}")
    gao.go("/desk?queue=unassigned")
    gao.page.locator(f'[data-case="{case_id}"]').click()
    gao.presses("Take this case")
    gao.is_told("assign")
    form = gao.page.locator("#ruling-form")
    expect(form).to_be_visible()
    gao.fill(form, "outcome", "dismiss")
    gao.fill(form, "fault", "buyer")
    form.locator('[name="findings.0.text"]').fill("照片显示裂纹在壶底，无法证明壶嘴漏水。")
    form.locator('[name^="findings.0.rests_on"]').first.check()
    form.locator('[name="findings.0.clause"]').select_option("visible-defect")
    gao.fits()
    gao.presses("See what it would do")
    gao.fits()
    gao.page.locator("#preview").get_by_role("button").first.click()
    buyer.sees_by_itself("Result and reasons")
    buyer.sees("照片显示裂纹在壶底，无法证明壶嘴漏水。")

    buyer.does("appeal", grounds=GROUNDS)
    buyer.is_told("appeal")
    gao.go("/desk?queue=appeal")
    expect(gao.page.locator(f'[data-case="{case_id}"]')).to_have_count(0)
    shen = person(SHEN)
    shen.go("/desk?queue=appeal")
    shen.page.locator(f'[data-case="{case_id}"]').click()
    shen.page.wait_for_url("**/desk/cases/*")
    appeal = shen.page.locator("#appeal-form")
    shen.fill(appeal, "outcome", "uphold")
    appeal.locator('textarea[name="reason"]').fill("补充的照片没有显示壶嘴，维持原裁决。")
    shen.fits()
    shen.presses("See what it would do")
    shen.page.locator("#preview").get_by_role("button").first.click()
    buyer.sees_by_itself("补充的照片没有显示壶嘴，维持原裁决。")


def test_the_dossier_is_taken_home_and_holds_without_the_service(person, story, tmp_path: Path):
    """R1.4: to read and to check, from the page of whoever is a side."""
    case_id = story("ruled")
    for actor in (BUYER, OWNER):
        somebody = person(actor)
        somebody.go(f"/{actor.partition('/')[0]}/cases/{case_id}")
        with somebody.page.expect_download() as read:
            somebody.follows("To read (PDF)")
        assert Path(read.value.path()).read_bytes().startswith(b"%PDF-")
        with somebody.page.expect_download() as taken:
            somebody.follows("With original files and proofs (ZIP)")
        kept = tmp_path / f"{somebody.language}-{actor.partition('/')[0]}.zip"
        taken.value.save_as(kept)
        assert verify(kept).holds


def test_a_person_is_asked_for_in_other_words_and_answers_at_once(person, story):
    """R5.1: a buyer and a shop each reach a person, with their place in the queue."""
    zhou = person(ZHOU)
    for number, (actor, asked) in enumerate(((BUYER, "我要找真人客服"), (OWNER, "human please"))):
        somebody = person(actor)
        somebody.go(f"/{actor.partition('/')[0]}/service")
        somebody.page.locator("textarea[name=text]").fill(asked)
        somebody.presses("Send")
        somebody.page.wait_for_url("**/service/*")
        expect(somebody.page.get_by_role("heading").filter(has_text="1")).to_be_visible()
        number_of_talk = somebody.page.url.rpartition("/")[2]
        zhou.go(f"/desk/inbox/{number_of_talk}")
        zhou.presses("Take")
        zhou.page.locator("#composer textarea").fill(f"您好，请讲（{number}）。")
        zhou.presses("Send")
        somebody.sees_by_itself(f"您好，请讲（{number}）。")
        zhou.go(f"/desk/inbox/{number_of_talk}")
        zhou.presses("End the conversation")
        zhou.page.wait_for_url("**/desk/inbox")


def test_whoever_runs_it_reads_the_policy_the_outbox_and_the_health(person):
    bai = person(BAI)
    bai.go("/desk/policy")
    expect(bai.page.locator("table th a").first).to_be_visible()
    for path in ("/desk/outbox", "/desk/health", "/desk/clock"):
        bai.go(path)
        expect(bai.page.locator("main h1")).to_be_visible()
