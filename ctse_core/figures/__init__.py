"""Tables become figures, pure: the page and the report draw the same one, with its table and a sentence."""

from ctse_core.figures.base import Figure
from ctse_core.figures.bursts import bursts_figure
from ctse_core.figures.counts import duplicates_figure, languages_figure, topics_figure
from ctse_core.figures.evaluation import ALL_LANGUAGES, DOTS, dots_figure, scores_figure
from ctse_core.figures.language_names import LANGUAGE_NAMES, language_name
from ctse_core.figures.lines_over_time import Kind, Look, topics_over_time_figure, values_over_time_figure
from ctse_core.figures.measures import MEASURES, measure_words
from ctse_core.figures.named import places_figure, tags_figure
from ctse_core.figures.needs import needs_figure, urgency_figure
from ctse_core.figures.over_time import volume_figure
from ctse_core.figures.pairs import AMOUNTS, EFFECTS, amounts_figure, effects_figure
from ctse_core.figures.periods import TimeChoice
from ctse_core.figures.semantic_map import semantic_map
from ctse_core.figures.spans import Span
from ctse_core.figures.speeds import SPEEDS, runtime_words, speed_quality_figure, still_speeds
from ctse_core.figures.standalone import standalone_html, still_svg
from ctse_core.figures.topic_cells import topics_per_label_figure, topics_per_language_figure
from ctse_core.figures.topic_groups import groups_figure, similar_figure

__all__ = [
    "ALL_LANGUAGES",
    "AMOUNTS",
    "DOTS",
    "EFFECTS",
    "LANGUAGE_NAMES",
    "MEASURES",
    "SPEEDS",
    "Figure",
    "Kind",
    "Look",
    "Span",
    "TimeChoice",
    "amounts_figure",
    "bursts_figure",
    "dots_figure",
    "duplicates_figure",
    "effects_figure",
    "groups_figure",
    "language_name",
    "languages_figure",
    "measure_words",
    "needs_figure",
    "places_figure",
    "runtime_words",
    "scores_figure",
    "semantic_map",
    "similar_figure",
    "speed_quality_figure",
    "standalone_html",
    "still_speeds",
    "still_svg",
    "tags_figure",
    "topics_figure",
    "topics_over_time_figure",
    "topics_per_label_figure",
    "topics_per_language_figure",
    "urgency_figure",
    "values_over_time_figure",
    "volume_figure",
]
