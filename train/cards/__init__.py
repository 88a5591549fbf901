"""Model cards of encoders: runs, sources, scores and speeds ─▶ the card in ``ctse.json``, and one to read."""
