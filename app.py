"""CTSE in the browser: ``streamlit run app.py``. Navigation over pages/, nothing else."""

import streamlit as st

st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", default=True),
        st.Page("pages/search.py", title="Search"),
        st.Page("pages/map.py", title="Map"),
        st.Page("pages/topics.py", title="Topics"),
        st.Page("pages/report.py", title="Report"),
        st.Page("pages/encoders.py", title="Encoders"),
    ]
).run()
