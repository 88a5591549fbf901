"""An analysis with what people added to it: corrected topics, tags. The run itself never changes."""

from __future__ import annotations

import dataclasses

from ctse_core.analysis import Analysis
from ctse_core.project import Project
from ctse_core.project.tags import with_tags


def edited(analysis: Analysis, project: Project) -> Analysis:
    """Return the analysis with the project's edits applied; the same object where nobody added anything.

    Row *i* stays the same post; topics, their names and the topic of each post follow the edits.

    Raises:
        ProjectError: what was added cannot be read.
    """
    tagged = with_tags(analysis.table, project.folder)
    return analysis if tagged is analysis.table else dataclasses.replace(analysis, table=tagged)
