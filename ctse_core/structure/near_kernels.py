"""Inner loops of the search for neighbours among many posts, compiled by numba; imported only where it is done."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctse_core.structure.kernels import compiled


def _keep_best(likeness: Any, asked: Any, members: Any, best: Any, rows: Any) -> None:
    """Put into ``best`` and ``rows`` (u, k), sorted, what is larger in ``likeness`` (m, j) of ``asked`` to ``members``.

    ``asked`` (m,) are rows of ``best``, ``members`` (j,) the posts of a cell; a post is not its own neighbour.
    """
    last = best.shape[1] - 1
    for row in range(likeness.shape[0]):
        post = asked[row]
        for column in range(likeness.shape[1]):
            found = likeness[row, column]
            if found > best[post, last] and members[column] != post:
                place = last
                while place > 0 and best[post, place - 1] < found:
                    best[post, place] = best[post, place - 1]
                    rows[post, place] = rows[post, place - 1]
                    place -= 1
                best[post, place] = found
                rows[post, place] = members[column]


keep_best = compiled(_keep_best)


def _look_around(
    vectors: Any, todo: Any, rows: Any, back: Any, fresh: Any, best: Any, new_rows: Any, new_fresh: Any
) -> None:
    """Compare each post of ``todo`` (m,) with its neighbours' neighbours and with those that have it as a neighbour.

    ``rows`` (u, k) and ``fresh`` (u, k), which of them the last round found, are read; ``back`` (u, j) are posts that
    have a post among their neighbours, -1 for none. ``best``, ``new_rows`` and ``new_fresh`` (u, k) are written, in the
    rows of ``todo`` only, so that threads share them. Pairs that an earlier round compared are left out.
    """
    unique, k = rows.shape
    seen = np.full(unique, -1, np.int32)
    for post in todo:
        seen[post] = post
        for place in range(k):
            new_fresh[post, place] = False
            if rows[post, place] >= 0:
                seen[rows[post, place]] = post
        for place in range(k + back.shape[1]):
            through = rows[post, place] if place < k else back[post, place - k]
            if through < 0:
                continue
            is_new = place >= k or fresh[post, place]
            for step in range(-1, k):
                other = through if step < 0 else rows[through, step]
                if other < 0 or seen[other] == post or not (is_new or fresh[through, step]):
                    continue
                seen[other] = post
                likeness: Any = np.float32(0.0)
                for dim in range(vectors.shape[1]):
                    likeness += vectors[post, dim] * vectors[other, dim]
                if likeness > best[post, k - 1]:
                    spot = k - 1
                    while spot > 0 and best[post, spot - 1] < likeness:
                        best[post, spot] = best[post, spot - 1]
                        new_rows[post, spot] = new_rows[post, spot - 1]
                        new_fresh[post, spot] = new_fresh[post, spot - 1]
                        spot -= 1
                    best[post, spot] = likeness
                    new_rows[post, spot] = other
                    new_fresh[post, spot] = True


look_around = compiled(_look_around)
