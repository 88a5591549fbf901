"""CTSE in the browser: ``streamlit run app.py``. Navigation over pages/, nothing else."""

import streamlit as st

st.navigation(
    [
        st.Page("pages/overview.py", title="Overview", icon=":material/dashboard:", default=True),
        st.Page("pages/search.py", title="Search", icon=":material/search:"),
        st.Page("pages/map.py", title="Map", icon=":material/scatter_plot:"),
        st.Page("pages/topics.py", title="Topics", icon=":material/category:"),
        st.Page("pages/report.py", title="Report", icon=":material/description:"),
        st.Page("pages/encoders.py", title="Encoders", icon=":material/memory:"),
    ]
).run()
