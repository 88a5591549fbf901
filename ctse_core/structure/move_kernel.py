"""The inner loop of communities among many posts, compiled by numba; imported only where they are looked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctse_core.structure.kernels import compiled


def _move(
    starts: Any, ends: Any, weights: Any, degree: Any, within: Any, labels: Any, order: Any, resolution: float
) -> None:
    """Move each post to the community in which it adds most to modularity, until none gains; ``labels`` (u,) change.

    Post ``i`` has links to ``ends[starts[i]:starts[i + 1]]`` of ``weights``; ``degree`` (u,) is the weight of all its
    links, a link to itself counted. Only posts that agree in ``within`` (u,) may come together. ``order`` (u,) is that
    of the first look; a post is looked at again when a neighbour has left.
    """
    unique = len(labels)
    total = degree.sum()
    inside = np.zeros(unique)
    for post in range(unique):
        inside[labels[post]] += degree[post]
    queue = order.copy()
    waits = np.ones(unique, np.bool_)
    to_each = np.zeros(unique)
    touched = np.empty(unique, np.int32)
    first = 0
    left = unique
    looks = 0
    while left > 0 and looks < 60 * unique:
        post = queue[first]
        first = first + 1 if first + 1 < unique else 0
        left -= 1
        looks += 1
        waits[post] = False
        own = labels[post]
        count = 0
        for edge in range(starts[post], starts[post + 1]):
            other = ends[edge]
            if other != post and within[other] == within[post]:
                label = labels[other]
                if to_each[label] == 0.0:
                    touched[count] = label
                    count += 1
                to_each[label] += weights[edge]
        share = resolution * degree[post] / total
        inside[own] -= degree[post]
        best = own
        most = to_each[own] - share * inside[own] + 1e-9 * degree[post]
        for place in range(count):
            label = touched[place]
            gain = to_each[label] - share * inside[label]
            if gain > most:
                best, most = label, gain
        inside[best] += degree[post]
        for place in range(count):
            to_each[touched[place]] = 0.0
        if best != own:
            labels[post] = best
            for edge in range(starts[post], starts[post + 1]):
                other = ends[edge]
                if not waits[other] and labels[other] != best and within[other] == within[post]:
                    waits[other] = True
                    queue[(first + left) % unique] = other
                    left += 1


move = compiled(_move)
