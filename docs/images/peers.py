"""Draws peers.png from the real builder: python docs/images/peers.py."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from scipy import sparse

from trajectsim.engine.luck import run_key, uniforms, youth_keys
from trajectsim.engine.network import ANYBODY, LayerSpec, Network, build_network

INK, GREY, COLOURS = "#26323a", "#9aa5ab", ("#2a6f97", "#c8553d", "#5b8e55")


def keys_of(n: int, seed: int) -> np.ndarray:
    """Keys of n youths."""
    return youth_keys(run_key(seed, -1, 0), np.arange(n, dtype=np.int64))


def ties(network: Network) -> np.ndarray:
    """Every tie once, [ties, 2]."""
    rows = np.repeat(np.arange(len(network.outside)), np.diff(network.start))
    both = np.stack([rows, network.friends], axis=1)
    return both[rows < network.friends]


def draw_friends(ax: plt.Axes) -> None:
    """Sixty youths of three neighbourhoods; short grey ends are friends outside."""
    n, seed = 60, 3
    group = (np.arange(n) % 3).astype(np.int32)
    layers = [LayerSpec(0, 3.5, 0.9), LayerSpec(ANYBODY, 1.2)]
    network = build_network(keys_of(n, seed), [group], layers, inside=0.88)
    pairs = ties(network)
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(pairs.tolist())
    place = nx.kamada_kawai_layout(graph)
    spot = np.array([place[i] for i in range(n)])
    for a, b in pairs:
        same = group[a] == group[b]
        ax.plot(*spot[[a, b]].T, color=COLOURS[group[a]] if same else GREY, lw=1.1, alpha=0.75, zorder=1)
    centre = spot.mean(axis=0)
    for i in range(n):
        out = np.arctan2(*(spot[i] - centre)[::-1])
        for k in range(int(network.outside[i])):
            angle = out + (k - (network.outside[i] - 1) / 2) * 0.5
            end = spot[i] + 0.075 * np.array([np.cos(angle), np.sin(angle)])
            ax.plot([spot[i, 0], end[0]], [spot[i, 1], end[1]], color=GREY, lw=0.9, ls=(0, (1.5, 1.2)), zorder=1)
    ax.scatter(*spot.T, s=46, c=[COLOURS[g] for g in group], edgecolors="white", linewidths=1, zorder=2)
    for g, colour in enumerate(COLOURS):
        ax.scatter([], [], s=46, c=colour, label=f"neighbourhood {'ABC'[g]}")
    ax.plot([], [], color=GREY, lw=1.1, label="tie between neighbourhoods")
    ax.plot([], [], color=GREY, lw=0.9, ls=(0, (1.5, 1.2)), label="friend outside the cohort")
    ax.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0.03), ncols=2)
    ax.set_title("Sixty youths and their friends", fontsize=10, color=INK)
    ax.set_axis_off()
    ax.set_aspect("equal")


def draw_spread(ax: plt.Axes) -> None:
    """Largest outbreak by chance per tie: 50,000 youths with four friends each, against theory."""
    n, degree = 50_000, 4
    for clustering, colour, words in ((0.0, COLOURS[0], "friends at random"), (0.9, COLOURS[1], "close-knit friends")):
        network = build_network(keys_of(n, 1), [], [LayerSpec(ANYBODY, degree, clustering)])
        a, b = ties(network).astype(np.int64).T
        luck = uniforms(youth_keys(run_key(7, 0, 0), a * n + b), 0, "open")
        chances = np.linspace(0.1, 0.8, 29)
        sizes = []
        for chance in chances:
            is_open = luck < chance
            graph = sparse.coo_array((np.ones(is_open.sum()), (a[is_open], b[is_open])), shape=(n, n))
            sizes.append(np.bincount(sparse.csgraph.connected_components(graph, directed=False)[1]).max() / n)
        ax.plot(chances, sizes, "o", ms=4, color=colour, label=words)
    fine, theory = np.linspace(0.1, 0.8, 400), []
    for chance in fine:
        u = 0.0
        for _ in range(3000):
            u = 1 - chance + chance * u ** (degree - 1)
        theory.append(1 - u**degree)
    ax.plot(fine, theory, color=INK, lw=1.2, label="theory, friends at random", zorder=0)
    ax.axvline(1 / (degree - 1), color=GREY, lw=0.8, ls="--")
    ax.text(1 / (degree - 1) - 0.01, 0.97, "threshold T(k - 1) = 1", fontsize=8, color=INK, ha="right", va="top")
    ax.set_xlabel("T: chance per tie that it is passed on", fontsize=9)
    ax.set_ylabel("share of youths in the largest outbreak", fontsize=9)
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    ax.set_title("What spreads along four friends each", fontsize=10, color=INK)


if __name__ == "__main__":
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8), width_ratios=(1.1, 1))
    draw_friends(left)
    draw_spread(right)
    figure.tight_layout()
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=130)
