"""The page in a real Chromium, from real servers on loopback."""
