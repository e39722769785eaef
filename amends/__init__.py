"""After-sales and disputes for a marketplace: cases, deadlines, money, proof."""
