"""An analysis with what people added to it: corrected topics, tags. The run itself never changes."""

from __future__ import annotations

import dataclasses

from ctse_core.analysis import Analysis
from ctse_core.crisis_layer import with_crisis
from ctse_core.masked import shown
from ctse_core.project import Project
from ctse_core.project.tags import with_tags
from ctse_core.topic_editing import TopicMemory, with_topic_edits


def edited(analysis: Analysis, project: Project, memory: TopicMemory | None = None) -> Analysis:
    """Return the analysis with the project's edits applied, with what responders ask for, as screens show it.

    Row *i* stays the same post; topics, their names and the topic of each post follow the edits. ``memory`` is of
    this analysis, and makes the second time quick. People are masked, unless the project is shown as written.

    Raises:
        ProjectError: what was added cannot be read.
    """
    analysis = with_topic_edits(analysis, project, memory)
    tagged = with_tags(analysis.table, project.folder)
    analysis = analysis if tagged is analysis.table else dataclasses.replace(analysis, table=tagged)
    return shown(with_crisis(analysis, project), project)
