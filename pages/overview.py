"""Overview: open a file or the example, watch the analysis, then see what there is."""

import streamlit as st

from ctse_core.words import t
from ui.append_file import add_file, analyse_again, newest_file
from ui.encoder_choice import encoder_line
from ui.frame import page
from ui.intake import choose_columns, delete_project, open_file
from ui.job_panel import job_panel
from ui.overview_figures import filtered_posts, overview_figures
from ui.search_saved import news_notice
from ui.so_far import so_far
from ui.summary import headline, notes
from ui.widgets import folded

with page(t("Overview"), needs_analysis=False) as workspace:
    project, analysis = workspace.project, workspace.analysis
    if project is None:
        open_file()
        st.stop()
    at_work = job_panel(project)
    if analysis is None:
        if at_work:
            so_far(project)
        else:
            choose_columns(project)
        st.stop()
    newest_file(workspace)
    headline(workspace)
    news_notice(workspace)
    encoder_line(workspace)
    if not workspace.count(workspace.among):
        st.info(t("No post passes the filter. Take one of its chips off, or clear it."))
        st.stop()
    filtered_posts(workspace)
    overview_figures(workspace)
    notes(workspace)
    add_file(project, at_work)
    folded(t("Analyse this file again"), lambda: analyse_again(project), "analyse_again", ":material/replay:")
    with st.expander(t("Delete this project"), icon=":material/delete:"):
        delete_project(project)
