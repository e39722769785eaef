"""What is found in evidence is stated as a fact, to whoever may know it (R5.4)."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from amends.adapters.files.reader import ProcessReader
from amends.application.examining import Examiner, PictureReader, Seen
from tests.http.filing import filed, send
from tests.http.stories import BUYER, OWNER, complained, opened
from tests.support import files, pictures
from tests.support.api import Api

ARBITRATOR = "platform/gao"
EVERYBODY = (BUYER, OWNER, ARBITRATOR)

Look = Callable[[], None]


class Deaf(ProcessReader):
    """Where the reader of pictures is not installed."""

    @property
    def reads_text(self) -> bool:
        return False


@pytest.fixture
def look(api: Api) -> Iterator[Look]:
    """The worker looks at all that was filed."""
    yield from looks(api, ProcessReader)


@pytest.fixture
def deaf(api: Api) -> Iterator[Look]:
    """The same, by a worker that cannot read pictures."""
    yield from looks(api, Deaf)


def looks(api: Api, kind: type[ProcessReader]) -> Iterator[Look]:
    folder = Path(tempfile.mkdtemp(prefix="amends-test-"))

    async def once() -> None:
        async with kind() as reader:
            while await examiner(api, reader, folder).once():
                pass

    yield lambda: api.run(once())
    shutil.rmtree(folder)


def examiner(api: Api, reader: PictureReader, folder: Path) -> Examiner:
    desk = api.desk
    return Examiner(desk.findings.examinations, desk.evidence.blobs, reader, desk.clock, folder)


def findings(api: Api, case_id: str, actor: str = ARBITRATOR, **headers: str) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/cases/{case_id}/findings", actor, **headers)
    assert answer.status == 200, answer.json
    return answer.json["findings"]


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in found]


def taken(at: str, picture: Image.Image, software: str = "") -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Xiaomi 14"
    if software:
        exif[ExifTags.Base.Software] = software
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = at
    exif.get_ifd(ExifTags.IFD.GPSInfo)[2] = (31.0, 13.0, 49.4)
    return files.saved(picture, "JPEG", exif=exif)


def test_the_same_file_in_another_case_is_stated_to_the_platform_alone_with_the_way_there(api: Api):
    first, second = opened(api, "o1"), opened(api, "o2")
    photo = pictures.jpeg(pictures.scene(1))
    filed(api, first, photo)
    api.clock.advance(timedelta(hours=1))
    filed(api, second, photo, OWNER, "packing_photo")
    (found,) = findings(api, first)
    assert (found["code"], found["evidence_id"], found["case_id"]) == ("same_file", "e1", second)
    assert found["facts"]["side"] == "merchant"
    assert second in found["text"]
    assert findings(api, second)[0]["case_id"] == first
    for actor in (BUYER, OWNER):
        assert findings(api, first, actor) == findings(api, second, actor) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cropped", lambda photo: pictures.cropped(photo, 0.03, 0.08, 0.0, 0.06)),
        ("resized", lambda photo: pictures.resized(photo, 0.35)),
        ("compressed", lambda photo: pictures.compressed(photo, 25)),
        ("stamped", pictures.stamped),
        ("brightened", pictures.brightened),
    ],
)
def test_a_photo_is_found_again_after_being_changed_in_the_usual_ways(
    api: Api, look: Look, name: str, change: Callable[[Image.Image], Image.Image]
):
    photo = pictures.scene(2)
    first, second = opened(api, "o1"), opened(api, "o2")
    filed(api, first, pictures.jpeg(photo))
    filed(api, second, pictures.jpeg(change(photo)))
    filed(api, second, pictures.jpeg(pictures.scene(3)))
    assert findings(api, second) == [], "nobody has looked yet"
    look()
    (found,) = findings(api, second, accept_language="en")
    assert (found["code"], found["evidence_id"], found["case_id"]) == ("similar_picture", "e1", first), name
    assert "nearly identical picture" in found["text"]
    assert [one["case_id"] for one in findings(api, first)] == [second]
    assert findings(api, first, OWNER) == []


def test_screenshots_all_look_alike_and_are_compared_only_as_files(api: Api, look: Look):
    first, second = opened(api, "o1"), opened(api, "o2")
    filed(api, first, pictures.jpeg(pictures.chat("你好", "在的", "谢谢")), kind="listing_tag")
    filed(api, second, pictures.jpeg(pictures.chat("您好", "好的", "谢谢")), kind="listing_tag")
    look()
    assert findings(api, first) == []


def test_the_time_of_a_photo_is_held_against_the_order_and_told_to_its_own_side_and_the_platform(api: Api):
    case_id = complained(api)
    delivered = "2026:03:03 17:00:00"
    for at in ("2026:02:28 14:00:00", "2026:03:03 20:00:00", "2027:01:01 00:00:00", "1970:01:01 00:00:00", delivered):
        filed(api, case_id, taken(at, pictures.scene(4)))
    found = [one for one in findings(api, case_id, accept_language="en") if one["code"] == "taken_at"]
    assert [(one["facts"]["relation"], one["facts"]["seconds"]) for one in found] == [
        ("before_delivery", (3 * 24 + 3) * 3600),
        ("after_delivery", 3 * 3600),
        ("after_filing", (303 * 24 + 1) * 3600),
        ("after_delivery", 0),
    ]
    assert "3 days 3 hours before the parcel was delivered" in found[0]["text"]
    assert codes(findings(api, case_id, OWNER)) == []
    assert "taken_at" in codes(findings(api, case_id, BUYER))


def test_the_place_of_a_photo_is_told_to_nobody_and_its_device_not_to_the_other_side(api: Api):
    case_id = opened(api)
    filed(api, case_id, taken("2026:03:02 18:00:00", pictures.scene(5), software="Snapseed 2.0"))
    assert codes(findings(api, case_id)) == ["taken_at", "device", "software"]
    for actor in EVERYBODY:
        answer = api.get(f"/v1/cases/{case_id}/findings", actor)
        assert "13.0" not in answer.body.decode()
        assert "location" not in answer.body.decode()
    assert "Xiaomi" not in api.get(f"/v1/cases/{case_id}/findings", OWNER).body.decode()
    assert "Xiaomi" not in api.get(f"/v1/cases/{case_id}/evidence", OWNER).body.decode()


def test_text_in_a_chat_screenshot_is_read_and_held_against_the_order(api: Api, look: Look):
    order_no, tracking_no = "260302-482915730", "SF-260302-482915730"
    case_id = opened(api, order_no)
    talk = pictures.chat(
        f"您好，我的订单 {order_no} 还没有收到",
        "您好，退您 ¥100.00 可以吗",
        f"快递单号是 {tracking_no}",
        "另一单 260228-110022003 已经补偿 8.50 元",
        "单号 YT9988776655443 请查收",
        f"再说一遍：{order_no[:-1]}9",
    )
    evidence_id = filed(api, case_id, pictures.jpeg(talk), kind="chat_screenshot")
    assert findings(api, case_id) == [], "read later, and never while somebody waits"
    look()
    for actor in EVERYBODY:
        found = {one["code"]: one for one in findings(api, case_id, actor)}
        assert set(found) == {"order_number", "amount", "tracking_number", "other_order_number", "other_amount",
                              "other_tracking_number", "nearly_number"}  # fmt: skip
        assert {one["evidence_id"] for one in found.values()} == {evidence_id}
        assert found["amount"]["facts"]["amount_minor"] == 100_00
        assert found["amount"]["facts"]["means"] == "asked"
        assert found["other_amount"]["facts"]["amount_minor"] == 8_50
        assert found["tracking_number"]["facts"]["leg"] == "outward"
        assert found["other_order_number"]["facts"]["value"] == "260228-110022003"
        assert found["other_tracking_number"]["facts"]["value"] == "YT9988776655443"
        assert found["nearly_number"]["facts"]["differing"] == 1
        assert "还没有收到" in found["order_number"]["text"], "stated with the passage"


def test_a_long_screenshot_is_read_to_its_end(api: Api, look: Look):
    case_id = opened(api, "260302-482915730")
    talk = pictures.chat(*[f"第 {number} 条消息" for number in range(14)], "订单 260302-482915730 请退款")
    filed(api, case_id, pictures.jpeg(talk), kind="chat_screenshot")
    look()
    assert codes(findings(api, case_id)) == ["order_number"]


def test_without_the_reader_the_rest_is_found_and_it_is_said_that_text_was_not_read(api: Api, deaf: Look):
    first, second = opened(api, "o1"), opened(api, "o2")
    filed(api, first, pictures.jpeg(pictures.scene(6)))
    filed(api, second, pictures.jpeg(pictures.resized(pictures.scene(6), 0.5)))
    filed(api, second, pictures.jpeg(pictures.chat("你好")), kind="chat_screenshot")
    deaf()
    assert codes(findings(api, second)) == ["similar_picture", "text_not_read"]


ORDER_NO = "260302-482915730"
PAPER = (
    f"BT /F1 14 Tf 72 700 Td (Invoice for order {ORDER_NO}) Tj ET",
    "BT /F1 14 Tf 72 700 Td (Waybill YT9988776655443) Tj ET BT /F1 9 Tf 3 Tr 72 600 Td (order 260302-482915731) Tj ET",
)


def test_a_paper_is_read_page_by_page_and_what_is_hidden_in_it_is_not(api: Api, look: Look):
    case_id = opened(api, ORDER_NO)
    evidence_id = filed(api, case_id, files.document(*PAPER), OWNER, "document")
    look()
    for actor in EVERYBODY:
        found = findings(api, case_id, actor, accept_language="en")
        assert [(one["code"], one["facts"]["page"]) for one in found] == [
            ("order_number", 1),
            ("other_tracking_number", 2),
        ]
        assert {one["evidence_id"] for one in found} == {evidence_id}
        assert found[0]["text"].endswith(f"“Invoice for order {ORDER_NO}” (page 1)")
    assert findings(api, case_id)[1]["text"].endswith("（第 2 页）")


def test_a_paper_is_read_where_pictures_cannot_be(api: Api, deaf: Look):
    case_id = opened(api, ORDER_NO)
    filed(api, case_id, files.document(*PAPER), OWNER, "document")
    filed(api, case_id, files.document("0 g 60 590 300 30 re f"), OWNER, "document")
    deaf()
    found = findings(api, case_id)
    assert codes(found) == ["order_number", "other_tracking_number", "text_not_read"]
    assert found[2]["evidence_id"] == "e2", "a page that only a reader of pictures could read"


def test_a_picture_of_a_video_is_found_again_in_a_photo_and_in_another_video(api: Api, look: Look):
    wall, pot, hand, lid = (pictures.scene(seed, 320, 240) for seed in (21, 22, 23, 24))
    first, second, third = opened(api, "o1"), opened(api, "o2"), opened(api, "o3")
    filed(api, first, files.film(wall, pot, hand, lid), kind="video")
    filed(api, second, pictures.jpeg(pictures.resized(hand, 2.0)))
    filed(api, third, files.film(pot, pictures.scene(25, 320, 240)), OWNER, "video")
    look()
    said = {case: {one["case_id"]: one for one in findings(api, case, accept_language="en")}
            for case in (first, second, third)}  # fmt: skip
    assert {case: set(found) for case, found in said.items()} == {
        first: {second, third}, second: {first}, third: {first},
    }  # fmt: skip
    assert {one["code"] for found in said.values() for one in found.values()} == {"similar_picture"}
    assert said[first][second]["text"].startswith("A picture of this video is nearly identical to what the Buyer filed")
    assert said[second][first]["text"].startswith("A nearly identical picture is in the video that the Buyer filed")
    assert said[first][second]["facts"]["kind"] == "photo"
    assert findings(api, first, BUYER) == findings(api, third, OWNER) == []


@pytest.mark.parametrize(
    ("container", "told"),
    [
        ("mp4", {"creation_time": "2026-02-28T06:00:00.000000Z", "com.android.manufacturer": "Xiaomi",
                 "com.android.model": "Xiaomi 14"}),
        ("mov", {"com.apple.quicktime.creationdate": "2026-02-28T14:00:00+0800", "com.apple.quicktime.make": "Apple",
                 "com.apple.quicktime.model": "iPhone 16", "creation_time": "2026-03-09T06:00:00Z"}),
    ],
)  # fmt: skip
def test_when_and_with_what_a_video_was_recorded_is_found_in_its_container(
    api: Api, container: str, told: dict[str, str]
):
    """An iPhone's own date stands before the container's, which is of the last copy."""
    case_id = complained(api)
    filed(api, case_id, files.film(pictures.scene(26), container=container, **told), kind="video")
    taken_at, device = findings(api, case_id, accept_language="en")
    assert (taken_at["code"], taken_at["facts"]["relation"]) == ("taken_at", "before_delivery")
    assert taken_at["facts"]["seconds"] == (3 * 24 + 3) * 3600
    assert device["facts"]["device"] == ("Apple iPhone 16" if container == "mov" else "Xiaomi 14")
    assert findings(api, case_id, OWNER) == []


def test_a_picture_that_breaks_its_reader_is_not_looked_at_again_and_holds_nobody_up(api: Api):
    class Broken:
        reads_text = True

        async def see(self, _file: Path, _media_type: str, **_wanted: bool) -> Seen | None:
            return None

    case_id = opened(api)
    filed(api, case_id, pictures.jpeg(pictures.scene(7)))
    send(api, files.pdf(), case_id=case_id, kind="document")
    folder = Path(tempfile.mkdtemp(prefix="amends-test-"))
    broken = examiner(api, Broken(), folder)  # type: ignore[arg-type]
    assert [api.run(broken.once()), api.run(broken.once())] == [2, 0]
    shutil.rmtree(folder)
    (found,) = findings(api, case_id)
    assert (found["code"], found["evidence_id"]) == ("text_not_read", "e2")


def test_findings_are_for_those_whose_case_it_is(api: Api):
    case_id = opened(api)
    assert api.get(f"/v1/cases/{case_id}/findings", "buyer/b43").json["code"] == "not_yours"
    assert api.get(f"/v1/cases/{case_id}/findings", "merchant/1002/qian").json["code"] == "not_yours"
