"""Which services each household uses: a need that nobody sees decides in how many domains and how often help is asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factlab.sample.doors import Doors, Ints
from factlab.sample.participants import SERVICES
from factlab.sample.place import GROUPS, NEIGHBOURHOODS

# What published monitors show of households, the middle of each range.
USE = 0.22  # of households use a service: 23% over three laws (2017), Heerlen 26%, Utrecht and Alkmaar lower
EXACTLY_ONE = 0.50  # of users: 45 to 55% in five municipalities
# Of users: which domains they combine. Heerlen, Utrecht, Zutphen and Tiel lie between 8.5 and 15% over several.
DOMAINS = ("jeugd", "pwet", "wmo")
COMBINATIONS: dict[tuple[str, ...], float] = {
    ("jeugd",): 0.135,
    ("pwet",): 0.290,
    ("wmo",): 0.455,
    ("jeugd", "pwet"): 0.026,
    ("jeugd", "wmo"): 0.014,
    ("pwet", "wmo"): 0.073,
    ("jeugd", "pwet", "wmo"): 0.007,
}
SEVERAL_MORE = 0.40  # how likely a household over several domains has yet another service

# How much likelier a group asks for help of a domain (natural logarithm), in the order of GROUPS.
_GROUP_LEANS = {
    "jeugd": (-5.5, 1.8, 1.1, -5.0, -6.5),
    "pwet": (0.5, 1.0, -0.3, -0.6, -0.9),
    "wmo": (0.0, -0.2, -0.9, -0.6, 1.6),
}
_HARDSHIP_LEANS = {"jeugd": 0.55, "pwet": 1.05, "wmo": 0.45}


def draw(doors: Doors, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Household (from 0) and service (place in SERVICES) of every use; each pair once, households ascending."""
    cell = doors.neighbourhood * len(GROUPS) + doors.group
    cells = np.bincount(cell, minlength=len(NEIGHBOURHOODS) * len(GROUPS))
    chance = _combination_chances(cells)
    # One draw per household decides its combination of domains; most have none.
    bounds = np.cumsum(chance, axis=1)
    drawn = rng.random(len(doors))
    combination = np.zeros(len(doors), np.int64)
    for column in range(bounds.shape[1]):
        combination += drawn >= bounds[cell, column]
    users = np.flatnonzero(combination < len(COMBINATIONS))
    combination, group = combination[users], doors.group[users]
    uses = np.array([[domain in chosen for domain in DOMAINS] for chosen in COMBINATIONS])[combination]
    domains = uses.sum(axis=1)

    # A need that is spread exponentially gives a geometric number of services.
    need = -np.log1p(-rng.random(len(users)))
    hardship = np.array([one.hardship for one in NEIGHBOURHOODS])[doors.neighbourhood[users]]
    single = domains == 1
    again = 1 - EXACTLY_ONE / sum(share for chosen, share in COMBINATIONS.items() if len(chosen) == 1)
    lean = 0.06 * (hardship - (hardship[single].mean() if single.any() else 0.0))
    ratio = np.where(single, again + lean, SEVERAL_MORE + lean)
    number = domains + np.floor(need / -np.log(ratio)).astype(np.int64)

    # The services with the highest marks win (Gumbel: a draw without replacement by appeal); the best of each
    # domain that the household combines always does.
    domain = np.array([DOMAINS.index(service.domain) for service in SERVICES])
    with np.errstate(divide="ignore"):
        appeal = np.log(np.array([service.appeal for service in SERVICES]).T)
    mark = appeal[group] - np.log(-np.log(rng.random((len(users), len(SERVICES))) + 1e-300))
    mark[~uses[:, domain]] = -np.inf
    possible = np.isfinite(mark).sum(axis=1)
    for one in range(len(DOMAINS)):
        within = np.flatnonzero(domain == one)
        best = within[mark[:, within].argmax(axis=1)]
        rows = np.flatnonzero(uses[:, one])
        mark[rows, best[rows]] = np.inf
    order = np.argsort(-mark, axis=1, kind="stable")
    chosen = np.zeros(mark.shape, bool)
    wanted = np.arange(len(SERVICES)) < np.minimum(number, possible)[:, None]
    np.put_along_axis(chosen, order, wanted, axis=1)
    who, what = np.nonzero(chosen)
    return users[who], what


def _combination_chances(cells: Ints) -> npt.NDArray[np.float64]:
    """The chance of each combination in each cell of neighbourhood and group, so that the town meets the shares."""
    hardship = np.array([one.hardship for one in NEIGHBOURHOODS])
    lean = {
        domain: (_HARDSHIP_LEANS[domain] * hardship[:, None] + np.array(_GROUP_LEANS[domain])).ravel()
        for domain in DOMAINS
    }
    odds = np.exp(np.stack([sum(lean[domain] for domain in chosen) for chosen in COMBINATIONS], axis=1))
    wanted = np.array(list(COMBINATIONS.values())) * USE * cells.sum()
    scale = np.full(len(COMBINATIONS), 0.05)
    for _ in range(200):  # proportional fitting; far more rounds than it needs
        share = odds * scale
        share /= 1 + share.sum(axis=1, keepdims=True)
        scale *= wanted / (cells @ share)
    share = odds * scale
    return np.asarray(share / (1 + share.sum(axis=1, keepdims=True)))
