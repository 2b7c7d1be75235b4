"""A reader with a solver, written apart from the protector: relations from docs/disclosure.md, intervals from scipy."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
from factlab.cells import CellKey, Codebook, SafeTable
from scipy import linalg, optimize, sparse

from tests import synthetic

Terms = dict[CellKey, float]


_counted: dict[int, tuple[Codebook, list[set[tuple[str, str]]]]] = {}


def columns_of(book: Codebook, level: str) -> list[tuple[str, str]]:
    return [
        (t.name, c.code)
        for t in book.tables
        if level in t.levels and t.kind != "unmatched"
        for c in t.categories
        if c.available
    ]


def patterns(book: Codebook, seed: int = 7, number: int = 4000) -> list[set[tuple[str, str]]]:
    """Sets of (service, organisation), each within a few domains, organisations or services."""
    draw = random.Random(seed)
    uses = [(s.code, o) for s in book.delivered_services for o in s.organisations]
    domain = {s.code: s.domain for s in book.services}
    made: list[set[tuple[str, str]]] = [set(), *({use} for use in uses)]
    made += [{a, b} for a in uses for b in uses if a < b]
    while len(made) < number and uses:
        some = draw.sample(uses, draw.randint(1, len(uses)))
        about = draw.choice(uses)
        within = draw.choice(["all", "domain", "organisation", "both", "service"])
        if within in ("domain", "both"):
            some = [u for u in uses if domain[u[0]] == domain[about[0]]]
        if within in ("organisation", "both"):
            some = [u for u in some if u[1] == about[1]]
        if within == "service":
            some = [u for u in uses if u[0] == about[0]] + draw.sample(uses, draw.randint(0, 2))
        made.append(set(draw.sample(some, draw.randint(1, len(some)))) if some else set())
    return made


def evaluate(book: Codebook, level: str) -> np.ndarray:
    wanted = columns_of(book, level)
    if id(book) not in _counted:
        _counted[id(book)] = (book, [synthetic.columns(book, pattern) for pattern in patterns(book)])
    counted = _counted[id(book)][1]
    return np.array([[column in row for column in wanted] for row in counted], dtype=float)


def linear_identities(matrix: np.ndarray) -> np.ndarray:
    """One row for each column that is a sum of others, in whole numbers or simple fractions: without rounding errors, that
    a solver could take for relations."""
    _, upper, order = linalg.qr(matrix, mode="economic", pivoting=True)
    size = np.abs(np.diag(upper))
    rank = int((size > 1e-8 * size[0]).sum())
    parts = linalg.solve_triangular(upper[:rank, :rank], upper[:rank, rank:])
    rows = np.zeros((len(order) - rank, len(order)))
    for row, terms in zip(rows, parts.T, strict=True):
        row[order[:rank]] = [-float(Fraction(part).limit_denominator(1000)) for part in terms]
    rows[np.arange(len(rows)), order[rank:]] = 1
    assert np.abs(matrix @ rows.T).max(initial=0) < 1e-9
    return rows


class Reader:
    """What follows from a protected table for any linear form over its cells."""

    def __init__(self, safe: SafeTable) -> None:
        book = self.book = safe.codebook
        self.cells = {cell.key: cell for cell in safe.cells if cell.status != "unavailable"}
        self.place = {key: i for i, key in enumerate(self.cells)}
        self.equal: list[Terms] = []
        self.least: list[Terms] = []
        self.inclusions: list[tuple[CellKey, CellKey]] = []  # the first lies within the second
        self.forced: set[CellKey] = set()
        self._areas()
        for level in book.levels:
            self._columns(level)

    def _areas(self) -> None:
        for area in self.book.areas:
            for key in [key for key in self.cells if key.area_code == area.code and key.table != "unmatched"]:
                parts = [
                    key._replace(area_level=child.level, area_code=child.code)
                    for child in self.book.children(area.code)
                ]
                if parts and parts[0] in self.cells:
                    self.equal.append({key: 1.0} | dict.fromkeys(parts, -1.0))

    def _columns(self, level: str) -> None:
        book, columns = self.book, columns_of(self.book, level)
        matrix = evaluate(book, level)
        identities = linear_identities(matrix)
        outside = matrix.T @ (1 - matrix)
        reached = matrix.any(axis=0)
        services = {s.code: s for s in book.delivered_services}
        present = set(columns)
        for area in book.at(level):
            key = [CellKey(t, level, area.code, "", c) for t, c in columns]
            self.forced |= {k for k, r in zip(key, reached, strict=True) if not r}
            for vector in identities:
                self.equal.append({k: v for k, v in zip(key, vector, strict=True) if v})
            for a in range(len(key)):
                for b in range(len(key)):
                    if a != b and outside[a, b] == 0 and outside[b, a] > 0 and reached[a]:
                        self.inclusions.append((key[a], key[b]))
                        self.least.append({key[b]: 1.0, key[a]: -1.0})

            def cell(table: str, category: str, code: str = area.code) -> CellKey:
                return CellKey(table, level, code, "", category)

            for table, whole, parts in (
                *(
                    ("domain", d.code, [("service", s) for s, v in services.items() if v.domain == d.code])
                    for d in book.domains
                ),
                *(
                    (
                        "organisation",
                        o.id,
                        [("service", s) for s, v in services.items() if o.id in v.organisations],
                    )
                    for o in book.organisations
                ),
                *(
                    ("service", s, [("organisation", o) for o in v.organisations])
                    for s, v in services.items()
                ),
            ):
                if (table, whole) in present and parts and set(parts) <= present:
                    self.least.append({cell(*part): 1.0 for part in parts} | {cell(table, whole): -1.0})
            nobody = [one for one in (("services", "0"), ("domain_combination", "none")) if one in present][
                :1
            ]
            for column in [
                one for one in columns if one[0] in ("service", "organisation", "domain") and nobody
            ]:
                every = {cell("households", "all"): 1.0}
                self.least.append(every | {cell(*column): -1.0, cell(*nobody[0]): -1.0})
            for using in ("services", "domains"):
                if (using, "0") in present:
                    everyone = {cell("households", "all"): 1.0, cell(using, "0"): -1.0}
                    users_of = [(t, c) for t, c in present if t in ("service", "domain", "organisation")]
                    self.least += [everyone | {cell(*column): -1.0} for column in users_of]
            for users, classes, exist in (
                ("service", "services", len(services)),
                (
                    "organisation",
                    "organisations",
                    len({o for s in services.values() for o in s.organisations}),
                ),
            ):
                if any(t == users for t, _ in present) and any(t == classes for t, _ in present):
                    uses = {cell(t, c): 1.0 for t, c in present if t == users}
                    floors = {c: float(c.rstrip("+")) for t, c in present if t == classes}
                    self.least.append(uses | {cell(classes, c): -n for c, n in floors.items()})
                    most = {c: max(exist, n) if c.endswith("+") else n for c, n in floors.items()}
                    self.least.append(
                        dict.fromkeys(uses, -1.0) | {cell(classes, c): n for c, n in most.items()}
                    )
            both = {"services", "domains"} <= {t for t, _ in present}
            for j in range(1, len(book.domains) + 1) if both else ():
                self.least.append(
                    {cell("services", c): 1.0 for t, c in present if t == "services" and int(c[0]) >= j}
                    | {cell("domains", c): -1.0 for t, c in present if t == "domains" and int(c) >= j}
                )

    def _matrix(self, rows: list[Terms]) -> sparse.csr_array:
        entries = [(i, self.place[key], value) for i, row in enumerate(rows) for key, value in row.items()]
        i, j, values = zip(*entries, strict=True)
        return sparse.csr_array((values, (i, j)), shape=(len(rows), len(self.place)))

    def solve_for(self, counts: dict[CellKey, int]) -> None:
        """Set up the intervals. Written as deviations from the true counts, of the hidden cells alone: the same
        intervals as the reader's, without rounding errors in the right-hand sides."""
        self._true = np.array([counts[key] for key in self.place], dtype=float)
        equal, least = self._matrix(self.equal), self._matrix(self.least)
        assert np.abs(equal @ self._true).max() < 1e-6
        assert (least @ self._true).min() >= 0
        free = [c.status == "suppressed" and key not in self.forced for key, c in self.cells.items()]
        self._free = np.flatnonzero(free)
        self._equal = equal[:, self._free]
        self._equal = self._equal[np.abs(self._equal).sum(axis=1) > 1e-9]
        moving = np.abs(least[:, self._free]).sum(axis=1) > 0
        self._least, self._slack = least[moving][:, self._free], (least @ self._true)[moving]

    def end(self, form: Terms, *, up: bool) -> float:
        """The largest (or smallest) value of a form over all tables that the reader can't exclude."""
        whole = np.zeros(len(self.place))
        for key, value in form.items():
            whole[self.place[key]] += value
        now = float(whole @ self._true)
        if not whole[self._free].any():
            return now
        solved = optimize.linprog(
            whole[self._free] * (-1 if up else 1),
            A_ub=-self._least,
            b_ub=self._slack,
            A_eq=self._equal,
            b_eq=np.zeros(self._equal.shape[0]),
            bounds=[(-n, None) for n in self._true[self._free]],
            method="highs",
        )
        if solved.status == 3:
            return np.inf if up else -np.inf
        return self._nearest(now, solved, up=up)

    def whole_end(self, form: Terms, *, up: bool) -> float:
        """The same among tables of whole numbers."""
        whole = np.zeros(len(self.place))
        for key, value in form.items():
            whole[self.place[key]] += value
        least = optimize.LinearConstraint(self._least, -self._slack, np.inf)
        equal = optimize.LinearConstraint(self._equal, 0, 0)
        solved = optimize.milp(
            whole[self._free] * (-1 if up else 1),
            constraints=[least, equal],
            integrality=np.ones(len(self._free)),
            bounds=optimize.Bounds(-self._true[self._free], np.inf),
        )
        return self._nearest(float(whole @ self._true), solved, up=up)

    def _nearest(self, now: float, solved: optimize.OptimizeResult, *, up: bool) -> float:
        assert solved.status == 0, solved.message
        # whole-number ends: a value of 7.6 can be reached up to 7 only
        return float(np.floor(now - solved.fun + 1e-6) if up else np.ceil(now + solved.fun - 1e-6))
