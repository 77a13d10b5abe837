"""Laws, on random ledgers."""
