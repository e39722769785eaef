"""Names of couriers and ways of paying by the codes that shops send; an unknown code is shown as it came."""

from collections.abc import Mapping

from amends.wording.catalogue import N_, Language, translate

CARRIERS: Mapping[str, str] = {
    "shunfeng": N_("SF Express"),
    "zhongtong": N_("ZTO Express"),
    "yuantong": N_("YTO Express"),
    "shentong": N_("STO Express"),
    "yunda": N_("Yunda Express"),
    "jingdong": N_("JD Logistics"),
    "jitu": N_("J&T Express"),
    "ems": N_("China Post EMS"),
    "debang": N_("Deppon Express"),
}

CHANNELS: Mapping[str, str] = {
    "wechat": N_("WeChat Pay"),
    "alipay": N_("Alipay"),
    "unionpay": N_("Bank card"),
}


def carrier_name(code: str, language: Language) -> str:
    """Who carries a parcel."""
    return translate(CARRIERS[code], language) if code in CARRIERS else code


def channel_name(code: str, language: Language) -> str:
    """How something was paid."""
    return translate(CHANNELS[code], language) if code in CHANNELS else code
