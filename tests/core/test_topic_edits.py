"""Edits of topics: each kind, undo, two people at once, numbers never used twice, sizes that add up."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ctse_core.analysis import load_analysis
from ctse_core.edited import edited
from ctse_core.errors import EditError
from ctse_core.example import EXAMPLE
from ctse_core.project import Project
from ctse_core.project.topic_events import add_event, last_done, next_undone, told, topic_events
from ctse_core.structure.edits import FIRST_NEW, KINDS, Edit
from ctse_core.topic_editing import TopicMemory, record, redo, undo
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol


@pytest.fixture(scope="module")
def run():
    return load_analysis(Project(EXAMPLE))


@pytest.fixture(scope="module")
def memory(run):
    return TopicMemory(run)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def do(project, memory):
    """Do an edit and return the analysis after it."""

    def done(kind, **payload):
        shown = edited(memory.run, project, memory)
        record(project, memory, Edit(kind, payload), names_of(shown))
        return edited(memory.run, project, memory)

    return done


def names_of(analysis):
    return dict(analysis.topics.select(TopicCol.ID, TopicCol.NAME).rows())


def sizes_of(analysis):
    return dict(analysis.topics.select(TopicCol.ID, TopicCol.SIZE).rows())


def posts_of(analysis, topic):
    return np.flatnonzero(analysis.table[Col.CLUSTER].to_numpy() == topic).tolist()


def check_whole(analysis):
    """Every post is in one topic or unsorted, under one name, copies with their original."""
    table, topics = analysis.table, analysis.topics
    assert topics[TopicCol.SIZE].sum() + (table[Col.CLUSTER] == UNSORTED).sum() == table.height
    assert set(topics[TopicCol.ID]) == set(table[Col.CLUSTER].unique()) - {UNSORTED}
    names = names_of(analysis) | {UNSORTED: UNSORTED_NAME}
    assert table[Col.TOPIC].to_list() == [names[topic] for topic in table[Col.CLUSTER]]
    clusters = table[Col.CLUSTER].to_numpy()
    assert (clusters == clusters[table[Col.REPRESENTATIVE].to_numpy()]).all()
    assert (table[Col.STRENGTH].to_numpy()[clusters == UNSORTED] == 0).all()
    for topic in topics.iter_rows(named=True):
        inside = table[posts_of(analysis, topic[TopicCol.ID])]
        assert topic[TopicCol.SIZE] == inside.height == sum(topic[TopicCol.LANGUAGE_POSTS])
        assert topic[TopicCol.UNIQUE] == inside[Col.REPRESENTATIVE].n_unique()
        assert set(topic[TopicCol.TYPICAL]) <= set(posts_of(analysis, topic[TopicCol.ID]))
        assert (topic[TopicCol.FIRST], topic[TopicCol.LAST]) == (inside[Col.TIME].min(), inside[Col.TIME].max())
    assert analysis.manifest["counts"]["topics"] == topics.height
    assert topics[TopicCol.NAME].n_unique() == topics.height


def test_an_analysis_that_nobody_edited_is_the_same_object(run, project):
    assert edited(run, project).topics is run.topics


def test_a_new_name_stands_in_the_topic_and_in_its_posts(do, run):
    after = do("rename", topic=2, name="  Boats \n needed ")
    assert names_of(after)[2] == "Boats needed"
    check_whole(after)
    assert names_of(do("rename", topic=2, name="")) == names_of(run)


def test_a_merge_adds_up_and_keeps_the_name_that_a_person_gave(do, run):
    do("rename", topic=3, name="Shelters")
    after = do("merge", topics=[1, 3, 5], into=1)
    check_whole(after)
    assert sizes_of(after)[1] == sum(sizes_of(run)[topic] for topic in (1, 3, 5))
    assert names_of(after)[1] == "Shelters"
    assert not {3, 5} & set(names_of(after))


def test_a_merged_topic_gets_words_and_typical_posts_of_both(do, run):
    after = do("merge", topics=[1, 3], into=1)
    row = after.topics.filter(after.topics[TopicCol.ID] == 1).row(0, named=True)
    former = run.topics.filter(run.topics[TopicCol.ID].is_in([1, 3]))
    assert set(row[TopicCol.TERMS]) & set(former[TopicCol.TERMS][0])
    assert set(row[TopicCol.TERMS]) & set(former[TopicCol.TERMS][1])
    assert row[TopicCol.EDITED] and not row[TopicCol.PINNED]


def test_a_split_gives_new_numbers_and_moves_copies_with_their_original(do, run, memory):
    posts = posts_of(run, 0)
    after = do("split", topic=0, parts=[{"posts": posts[:6]}, {"posts": posts[6:11]}])
    check_whole(after)
    assert {FIRST_NEW, FIRST_NEW + 1} <= set(names_of(after))
    assert sum(sizes_of(after)[topic] for topic in (0, FIRST_NEW, FIRST_NEW + 1)) == sizes_of(run)[0]


def test_numbers_of_new_topics_are_never_used_again(do, run, project, memory):
    do("split", topic=0, parts=[{"posts": posts_of(run, 0)[:4]}])
    undo(project, memory)
    after = do("reassign", posts=posts_of(run, 1)[:3], new=True, name="Mine")
    assert FIRST_NEW + 1 in names_of(after)
    assert FIRST_NEW not in names_of(after)
    assert names_of(after)[FIRST_NEW + 1] == "Mine"


def test_posts_moved_by_hand_are_firm_and_those_made_unsorted_are_not(do, run):
    posts = posts_of(run, 0)[:3]
    after = do("reassign", posts=posts, to=4)
    check_whole(after)
    assert set(after.table[Col.STRENGTH].gather(posts)) == {1.0}
    check_whole(do("reassign", posts=posts, to=UNSORTED))


def test_a_topic_that_loses_all_posts_is_gone(do, run):
    after = do("reassign", posts=posts_of(run, 5), to=4)
    assert 5 not in names_of(after)
    check_whole(after)


def test_noise_goes_to_the_unsorted(do, run):
    after = do("noise", topics=[2, 4])
    check_whole(after)
    unsorted = (after.table[Col.CLUSTER] == UNSORTED).sum()
    assert unsorted == (run.table[Col.CLUSTER] == UNSORTED).sum() + sizes_of(run)[2] + sizes_of(run)[4]


def test_adopted_posts_are_weak_and_only_unsorted_ones_move(do, run):
    loose = posts_of(run, UNSORTED)[:2]
    firm = posts_of(run, 1)[0]
    after = do("adopt", percent=10, moves=[{"to": 0, "posts": [*loose, firm], "strength": [0.1, 0.2, 0.3]}])
    check_whole(after)
    assert after.table[Col.CLUSTER].gather(loose).to_list() == [0, 0]
    assert after.table[Col.CLUSTER][firm] == 1
    assert after.table[Col.STRENGTH].gather(loose).to_list() == pytest.approx([0.1, 0.2])


def test_pins_are_kept_and_taken_off(do):
    assert do("pin", topics=[1, 2]).topics[TopicCol.PINNED].sum() == 2
    assert do("merge", topics=[2, 3], into=3).topics.filter(TopicCol.PINNED)[TopicCol.ID].to_list() == [1, 3]
    assert do("unpin", topics=[1]).topics[TopicCol.PINNED].sum() == 1


def test_a_refused_typical_post_gives_way_to_another_and_stays_away(do, run):
    before = run.topics[TopicCol.TYPICAL][0].to_list()
    after = do("typical", topic=0, post=before[1]).topics[TopicCol.TYPICAL][0].to_list()
    assert before[1] not in after
    assert after[0] == before[0] and len(after) == len(before)
    again = do("typical", topic=0, post=after[1]).topics[TopicCol.TYPICAL][0].to_list()
    assert not {before[1], after[1]} & set(again)


def test_undo_and_redo_walk_through_every_state(do, run, project, memory):
    one = do("rename", topic=0, name="First")
    two = do("merge", topics=[0, 1], into=0)
    assert undo(project, memory).kind == "merge"
    assert names_of(edited(run, project, memory)) == names_of(one)
    assert undo(project, memory).kind == "rename"
    assert edited(run, project, memory).topics is run.topics
    assert undo(project, memory) is None
    assert [redo(project, memory).kind for _ in range(2)] == ["rename", "merge"]
    assert redo(project, memory) is None
    assert names_of(edited(run, project, memory)) == names_of(two)


def test_a_new_edit_ends_what_could_be_done_again(do, project, memory):
    do("pin", topics=[0])
    undo(project, memory)
    do("pin", topics=[1])
    assert redo(project, memory) is None


def test_an_edit_of_a_topic_that_somebody_removed_is_a_sentence_and_not_written(do, project, memory):
    do("merge", topics=[0, 1], into=0)
    with pytest.raises(EditError, match="the topic is gone"):
        do("rename", topic=1, name="Too late")
    with pytest.raises(EditError, match="already"):
        for _ in range(2):
            do("pin", topics=[0])
    assert [event.kind for event in topic_events(project.folder)] == ["merge", "pin"]


def test_an_edit_that_no_longer_applies_is_skipped_and_told(run, project, memory):
    base = run.manifest["fingerprint"]
    for kind, payload in (
        ("noise", {"topics": [2]}),
        ("rename", {"topic": 2, "name": "late"}),
        ("merge", {"topics": [2, 99], "into": 99}),
        ("split", {"topic": 2, "parts": [{"id": 10_000, "posts": [1]}]}),
        ("reassign", {"posts": [-4, 10**9], "to": 1}),
        ("rename", {"nothing": "right"}),
        ("swim", {}),
        ("rename", {"topic": 1, "name": "in time"}),
    ):
        add_event(project.folder, kind, base, lambda _, payload=payload: payload)
    after = edited(run, project, memory)
    check_whole(after)
    assert names_of(after)[1] == "in time"
    assert len(after.manifest["edits"]["skipped"]) == 6
    assert after.manifest["edits"]["count"] == 2


def test_edits_of_another_run_are_kept_and_not_applied(run, project, memory):
    add_event(project.folder, "rename", "another run", lambda _: {"topic": 0, "name": "elsewhere"})
    after = edited(run, project, memory)
    assert names_of(after) == names_of(run)
    assert after.manifest["edits"]["of_other_runs"] == 1
    assert undo(project, memory) is None


def test_edits_follow_a_run_that_grew(run, project, memory):
    add_event(project.folder, "rename", "before", lambda _: {"topic": 0, "name": "kept"})
    grown = dataclasses.replace(run, manifest={**run.manifest, "grown_from": ["before"]})
    assert names_of(edited(grown, project))[0] == "kept"


def test_two_people_at_once_lose_nothing(run, project, memory):
    def work(mine):
        for post in mine:
            record(project, memory, Edit("reassign", {"posts": [post], "new": True}), {})

    with ThreadPoolExecutor(2) as people:
        for done in [people.submit(work, posts_of(run, topic)[:10]) for topic in (0, 1)]:
            done.result()
    made = [event.payload["to"] for event in topic_events(project.folder)]
    assert len(made) == len(set(made)) == 20
    check_whole(edited(run, project, memory))


def test_the_same_edits_give_the_same_topics(do, run, project):
    after = do("merge", topics=[0, 2], into=0)
    fresh = edited(run, project, TopicMemory(run))
    assert after.topics.equals(fresh.topics)
    assert after.table.equals(fresh.table)


def test_every_edit_is_told_in_a_sentence_with_the_names_of_then(do, run, project):
    name = names_of(run)[0]
    for kind, payload in (
        ("rename", {"topic": 0, "name": "New"}),
        ("pin", {"topics": [0]}),
        ("unpin", {"topics": [0]}),
        ("typical", {"topic": 0, "post": run.topics[TopicCol.TYPICAL][0][0]}),
        ("split", {"topic": 0, "parts": [{"posts": posts_of(run, 0)[:3]}]}),
        ("reassign", {"posts": posts_of(run, 1)[:2], "to": 0}),
        ("adopt", {"moves": [{"to": 0, "posts": posts_of(run, UNSORTED)[:1], "strength": [0.1]}]}),
        ("merge", {"topics": [0, 1], "into": 0}),
        ("noise", {"topics": [0]}),
    ):
        do(kind, **payload)
    events = topic_events(project.folder)
    assert {event.kind for event in events} == set(KINDS)
    sentences = [told(event) for event in events]
    assert sentences[0] == f"Renamed “{name}” to “New”"
    assert "“New”" in sentences[-1]
    assert all(event.author and event.at.tzinfo for event in events)
    assert last_done(events, {events[0].base}).kind == "noise"
    assert next_undone(events, {events[0].base}) is None
