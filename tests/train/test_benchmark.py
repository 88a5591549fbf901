"""What the benchmark of training tells of its two clocks."""

from benchmarks.training import Ours, told


def test_the_ratio_is_told_with_and_without_our_tokenising():
    lines = told(64, Ours(seconds=0.5, tokenising=0.125, tokens=4000), other=1.0, weights=10).splitlines()
    assert lines[2:5] == [
        "| ctse | 128.0 | 0.500 |",
        "| ctse, tokenising counted in | 102.4 | 0.625 |",
        "| sentence-transformers | 64.0 | 1.000 |",
    ]
    assert lines[-1].startswith("ratio 2.00; 1.60 with our tokenising counted in (0.125 s")
    assert lines[-1].endswith("Tokenising is outside our clock and inside theirs.")
