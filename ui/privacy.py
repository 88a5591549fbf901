"""Names and numbers of people: masked on every page, and who let the screens show what was written."""

from __future__ import annotations

import streamlit as st

from ctse_core.analysis import Analysis
from ctse_core.masked import PRIVACY
from ctse_core.project import Project
from ctse_core.project.privacy import Deed, privacy_deeds, show_as_written
from ctse_core.words import mark, minute, number, said, t
from ui.widgets import done, plain

_MOST_DEEDS = 5
_KINDS = {
    "author": mark("authors"),
    "handle": mark("handles"),
    "e-mail": mark("e-mail addresses"),
    "phone": mark("telephone numbers"),
    "card": mark("card numbers"),
    "document": mark("document and account numbers"),
    "number": mark("other long numbers"),
}


def privacy_switch(project: Project, analysis: Analysis) -> None:
    """Draw whether people are masked on the screens, with the way to change it and who did so before."""
    deeds = privacy_deeds(project.folder)
    open_now = bool(deeds) and deeds[0].as_written
    if open_now:
        label, icon = t("People shown as written"), ":material/visibility:"
    else:
        label, icon = t("People are masked"), ":material/visibility_off:"
    if open_now:
        st.badge(t("since {when}", when=minute(deeds[0].at)), icon=":material/warning:", color="orange")
    with st.popover(label, icon=icon, width="stretch"):
        if open_now:
            _mask_again(project)
        else:
            _show(project, analysis)
        _log(deeds)


def _show(project: Project, analysis: Analysis) -> None:
    told = [
        f"{number(count)} {said(_KINDS[kind])}"
        for kind, count in (analysis.manifest.get(PRIVACY) or {}).items()
        if kind in _KINDS and count
    ]
    if told:
        st.markdown(plain(t("Masked in these posts: {what}.", what=", ".join(told))))
    else:
        st.markdown(t("Nothing in these posts had to be masked."))
    st.caption(
        t(
            "One person has one pseudonym in this project, one number one mark: you see who writes again. Free-phone "
            "numbers and short numbers stay. Names written out in a text are not found."
        )
    )
    why = st.text_input(t("What for (kept with your name)"), key="privacy_why", max_chars=200)
    if st.button(t("Show as written"), icon=":material/visibility:", key="privacy_show"):
        done(lambda: show_as_written(project.folder, True, why))
    st.caption(t("For everybody who opens this project. Files that are taken away stay masked."))


def _mask_again(project: Project) -> None:
    st.markdown(t("Everybody who opens this project sees names and numbers as written. Files stay masked."))
    if st.button(t("Mask again"), icon=":material/visibility_off:", type="primary", key="privacy_mask"):
        done(lambda: show_as_written(project.folder, False))


def _log(deeds: list[Deed]) -> None:
    """Draw who showed and masked what was written, newest first."""
    for deed in deeds[:_MOST_DEEDS]:
        if deed.as_written:
            line = t("{when}: {who} showed what was written", when=minute(deed.at), who=deed.author)
        else:
            line = t("{when}: {who} masked it again", when=minute(deed.at), who=deed.author)
        st.caption(plain(f"{line} ({deed.why})" if deed.why else line))
