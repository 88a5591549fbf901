"""Makes and measures encoders; imports the core, and the core never imports it."""
