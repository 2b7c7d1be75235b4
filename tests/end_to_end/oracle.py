"""An independent count of everything that is published: plain pandas over the truth. Imports nothing from factlab."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

Counts = dict[tuple[str, str, str], int]  # (table, area code, category)


def count(truth: Path, catalogue: Path, rule: dict[str, int]) -> Counts:
    """Count every household of the truth in every area that it lies in (areas nest by their codes)."""
    households = pd.read_parquet(truth / "households.parquet")
    households = households[households["counted"]].set_index("household")
    use = pd.read_parquet(truth / "use.parquet")
    use = use[use["counted"]].copy()
    use["household"] = use["household"].astype("int64")
    services = pd.read_csv(catalogue, dtype=str, keep_default_na=False).set_index("code")
    use["domain"] = use["service"].map(services["domain"])
    assert use["domain"].notna().all()
    assert use["household"].isin(households.index).all()

    frame = pd.DataFrame(index=households.index)
    for of in ("service", "organisation", "domain"):
        frame[of] = use.groupby("household")[of].nunique()
    frame = frame.fillna(0).astype(int)
    frame["combination"] = use.groupby("household")["domain"].agg(lambda d: "+".join(sorted(set(d))))
    frame["combination"] = frame["combination"].fillna("none")
    numbers = {
        "services": frame["service"],
        "organisations": frame["organisation"],
        "domains": frame["domain"],
    }
    vulnerable = pd.Series(False, index=frame.index)
    for of, least in rule.items():
        vulnerable |= numbers[of] >= least

    single = {
        "households": pd.Series("all", index=frame.index),
        "services": frame["service"].map(lambda n: "5+" if n >= 5 else str(n)),
        "organisations": frame["organisation"].map(lambda n: "5+" if n >= 5 else str(n)),
        "domains": frame["domain"].astype(str),
        "domain_combination": frame["combination"],
        "vulnerable": vulnerable.map({True: "yes", False: "no"}),
    }
    several = {of: use[["household", of]].drop_duplicates() for of in ("service", "organisation", "domain")}

    neighbourhood = households["neighbourhood"]
    places = {
        "neighbourhood": neighbourhood,
        "district": "WK" + neighbourhood.str[2:8],
        "municipality": "GM" + neighbourhood.str[2:6],
    }
    found: Counts = {}
    for area in places.values():
        for table, category in single.items():
            for (code, name), number in pd.crosstab(area, category).stack().items():
                found[table, code, name] = int(number)
        for of, rows in several.items():
            pairs = pd.DataFrame({"area": rows["household"].map(area), "category": rows[of]})
            for (code, name), number in pairs.groupby(["area", "category"]).size().items():
                found[of, code, name] = int(number)
    reported = pd.read_parquet(truth / "reported.parquet")
    for area in (reported["area"], "GM" + reported["area"].str[2:6]):
        for (code, service), number in reported.groupby([area, "service"])["count"].sum().items():
            found["informal", code, service] = int(number)
    return found


def unexplained(truth: Path) -> int:
    """Rows that did not count and carry no reason, or counted and carry one."""
    wrong = 0
    for name in ("households", "use"):
        frame = pd.read_parquet(truth / f"{name}.parquet")
        wrong += int((frame["counted"] == (frame["reason"] != "")).sum())
    return wrong
