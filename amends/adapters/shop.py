"""The shop, told in the log: for shops that read it there, and for demonstrations."""

import logging

log = logging.getLogger(__name__)


class LogShop:
    """A line a message, for whoever collects them."""

    async def stop_shipping(self, merchant_id: int, order_no: str) -> None:
        log.info("stop shipping: merchant %d, order %s was refunded", merchant_id, order_no)
