"""Benchmarks: one command a figure; each prints ratios against a baseline measured in the same run."""
