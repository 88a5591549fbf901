"""The work in progress on the Overview: the place in the line and who is before, then stages, pace and time left."""

import os
import time

import pytest

from ctse_core.analysis import JOB_TARGET, STEPS
from ctse_core.expected import room_for
from ctse_core.project import Job, Project, read_job, write_job
from ctse_core.project.jobs import own_start_time
from ctse_core.project.queue import enter, tickets
from tests.app.test_pages import opened, words
from ui import first_look, frame, job_panel


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


def test_a_file_that_would_not_fit_is_told_before_it_is_analysed_and_its_first_posts_are_offered(monkeypatch):
    told = []
    monkeypatch.setattr(first_look, "room_for", lambda posts: room_for(posts, int(2e9)))
    monkeypatch.setattr(first_look.st, "warning", lambda sentence, **_: told.append(sentence))
    monkeypatch.setattr(first_look.st, "checkbox", lambda label, **_: told.append(label) or True)
    look = type("Look", (), {"expected_posts": 2_000_000})
    asked = first_look.room_needed(look)
    assert "2,000,000 posts need about" in told[0] and f"{asked['first']:,}" in told[1]
    monkeypatch.setattr(first_look.st, "checkbox", lambda *_, **__: False)
    assert first_look.room_needed(look) == {"anyway": True}
    look.expected_posts = 2_000
    assert first_look.room_needed(look) == {}
