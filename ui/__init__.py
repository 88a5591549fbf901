"""What the pages are drawn with: frame, state, caches, widgets. Streamlit is known only here and in pages."""
