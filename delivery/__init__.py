"""Ways to hand the app to people: a window of its own, a bundle for sites without a network, container images."""
