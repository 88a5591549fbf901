"""CTSE in the browser: ``streamlit run app.py``. Navigation over pages/, nothing else."""

import streamlit as st

from ctse_core.words import t
from ui.warming import warm, warming

if __name__ == "__main__":  # a visit: the server runs this file for each
    warm()
    from ui.language import speak

    speak()
    st.navigation(
        [
            st.Page("pages/overview.py", title=t("Overview"), default=True),
            st.Page("pages/search.py", title=t("Search")),
            st.Page("pages/map.py", title=t("Map")),
            st.Page("pages/topics.py", title=t("Topics")),
            st.Page("pages/queue.py", title=t("Queue")),
            st.Page("pages/when_where.py", title=t("When and where")),
            st.Page("pages/report.py", title=t("Report")),
            st.Page("pages/encoders.py", title=t("Encoders")),
        ]
    ).run()
else:  # the server itself takes it up once, when it starts
    app = st.App(__file__, lifespan=warming)
