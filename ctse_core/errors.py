"""Errors that are sentences: each tells a person what went wrong, where, and what to do next."""


class CtseError(Exception):
    """Base of every error whose text may be shown to a person as it stands."""


class InputFileError(CtseError):
    """A file that cannot be read as a table of posts."""


class ColumnError(CtseError):
    """A column that is missing or cannot play the role it was given."""


class EncoderError(CtseError):
    """An encoder that is unknown, cannot be had, or does not fit the vectors at hand."""


class ProjectError(CtseError):
    """A project folder that is missing, incomplete, damaged or in use."""


class ServerError(CtseError):
    """A team's database that cannot be reached, or does not hold what is asked of it."""


class JobError(CtseError):
    """A job that cannot be started, found or finished."""


class RoomError(JobError):
    """An analysis that memory would not do for; ``typed`` tells it with the flags of the command line.

    ``room`` has what it needs, what is free and how much would fit, so that a page can offer what to do.
    """

    def __init__(self, sentence: str, typed: str, room: dict[str, int]) -> None:
        """Keep the sentence and what a page makes its offer of."""
        super().__init__(sentence)
        self.typed = typed
        self.room = room


class TrainError(CtseError):
    """Pairs that cannot be trained on, or a training or an evaluation that cannot go on."""


class SettingError(CtseError):
    """A setting outside its range."""


class EditError(CtseError):
    """An edit of topics that would change nothing, because its topics or posts are elsewhere by now."""


class Cancelled(CtseError):
    """The person asked for the work to stop; whatever was finished is kept."""
