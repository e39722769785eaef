"""The shop, told in the log: for shops that read it there, and for demonstrations."""

import structlog

log = structlog.get_logger(__name__)


class LogShop:
    """A line a message, for whoever collects them."""

    async def stop_shipping(self, merchant_id: int, order_no: str) -> None:
        log.warning("stop_shipping", merchant_id=merchant_id, order_no=order_no)
