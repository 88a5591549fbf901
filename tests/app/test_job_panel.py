"""The work in progress on the Overview: the place in the line and who is before, then stages, pace and time left."""

import os
import time

import pytest

from ctse_core.analysis import JOB_TARGET, STEPS
from ctse_core.errors import RoomError
from ctse_core.expected import check_room, room_for
from ctse_core.project import Job, Project, read_job, write_job
from ctse_core.project.jobs import own_start_time
from ctse_core.project.queue import enter, tickets
from tests.app.test_pages import opened, words
from ui import first_look, frame, intake, job_panel


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch):
    """No process is started for the line."""
    for room in (frame, job_panel):
        monkeypatch.setattr(room, "keep_moving", lambda: True)


def job_of(project, **state):
    write_job(project, Job(JOB_TARGET, {}, started=time.time(), pid=os.getpid(), pid_started=own_start_time(), **state))
    enter(project, "Ada")


def test_an_analyst_sees_the_place_in_the_line_and_who_is_before_and_steps_out_of_it(example):
    first = Project(example.folder.parent / "flood")
    first.folder.mkdir()
    job_of(first, state="running", share=0.42)
    write_job(example, Job(JOB_TARGET, {}, started=time.time()))
    enter(example, "Ben")
    app = opened("overview.py", project=example.name)
    told = words(app)
    assert "Number 2 in line" in told and "flood, asked for by Ada · 42%" in told
    app.button(key="cancel_job").click().run()
    assert read_job(example).state == "cancelled"
    assert [ticket.folder.name for ticket in tickets()] == ["flood"]


def test_what_is_at_work_tells_its_steps_their_pace_and_the_time_left(example):
    stages = [
        {"key": step.key, "title": step.title, "share": share, "seconds": 8.0 * share, "posts_a_second": pace}
        for step, share, pace in zip(STEPS, (1.0, 0.5, *[0.0] * 9), (900, 450, *[0] * 9), strict=True)
    ]
    job_of(example, state="running", share=0.2, sentence=STEPS[1].title, stages=stages, left=95.0, began=1.0)
    told = words(opened("overview.py", project=example.name))
    assert "about 1 min 35 s left" in told
    assert "✓ Reading the file (8 s)" in told and "(450 posts/s)" in told and "Naming the topics" in told


def test_a_file_that_would_not_fit_is_told_before_it_is_analysed_and_its_first_posts_are_offered(example, monkeypatch):
    short(monkeypatch, 2e9)
    app = opened("overview.py", project=unread(example).name)
    asked = started(monkeypatch)
    assert "2,000,000 posts need about" in words(app) and "of them would fit" in words(app)
    analyse(app).click().run()
    assert asked[-1]["first"] == room_for(2_000_000, int(2e9)).fit and "anyway" not in asked[-1]


def test_what_will_run_out_of_memory_starts_only_where_a_person_says_so(example, monkeypatch):
    short(monkeypatch, 1e8)
    app = opened("overview.py", project=unread(example).name)
    asked = started(monkeypatch)
    assert "use a machine with more memory" in words(app) and analyse(app).disabled
    app.radio(key="room_choice_True").set_value("anyway").run()
    analyse(app).click().run()
    assert asked[-1]["anyway"] is True and "first" not in asked[-1]


@pytest.mark.parametrize(("cut", "keys"), [(True, ["first_job", "anyway_job"]), (False, ["anyway_job"])])
def test_a_job_refused_at_its_turn_says_in_plain_words_what_to_do_and_offers_it(example, monkeypatch, cut, keys):
    with pytest.raises(RoomError) as refused:
        check_room(2_000_000, int(4e9), cut)
    error = refused.value
    job = Job(JOB_TARGET, {"encoder": "auto"}, state="failed", error=str(error), room=error.room, started=time.time())
    write_job(example, job)
    monkeypatch.setattr(job_panel, "start_job", lambda project, target, arguments: asked.append(arguments))
    asked = []
    app = opened("overview.py", project=example.name)
    assert "2,000,000 posts need about" in words(app) and "--" not in words(app)
    assert app.button(key="resume_job").label == "Resume"
    assert [key for key in ("first_job", "anyway_job") if key in {one.key for one in app.button}] == keys
    for key in keys:
        app.button(key=key).click().run()
    wanted = {"first_job": {"first": error.room["fit"]}, "anyway_job": {"anyway": True}}
    assert asked == [{"encoder": "auto"} | wanted[key] for key in keys]


def test_a_job_that_failed_otherwise_is_not_taken_up_again(example):
    write_job(example, Job(JOB_TARGET, {}, state="failed", error="No.", started=time.time()))
    assert "resume_job" not in {one.key for one in opened("overview.py", project=example.name).button}


def short(monkeypatch, free):
    """Let the machine have so many bytes left, and every file 2,000,000 posts."""
    monkeypatch.setattr(first_look, "room_for", lambda _, cut: room_for(2_000_000, int(free), cut))


def unread(example):
    """A project whose file was not analysed yet."""
    project = Project(example.folder.parent / "unread")
    project.source.mkdir(parents=True)
    (project.source / "posts.csv").write_text("id;text;created_at\n" + "1;No water here;2031-03-02 10:00\n" * 30)
    return project


def analyse(app):
    return next(button for button in app.button if button.label == "Analyse")


def started(monkeypatch):
    asked = []
    monkeypatch.setattr(intake, "begin", lambda project, arguments: asked.append(arguments))
    return asked
