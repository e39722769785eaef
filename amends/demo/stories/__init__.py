"""What happens on the demo's marketplace: one script for each way in which an after-sales case can go."""

from amends.demo.stories import negotiated, platform, received, rejected, transit, unshipped
from amends.demo.stories.book import BOOK, Story

__all__ = ["BOOK", "Story", "negotiated", "platform", "received", "rejected", "transit", "unshipped"]
