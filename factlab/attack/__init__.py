"""The attacker: reads a publication as a stranger would and tries to undo what is hidden in it."""

from factlab.attack.findings import Finding, Verdict
from factlab.attack.judgement import audit, feasible
from factlab.attack.rendered import check_page

__all__ = ["Finding", "Verdict", "audit", "check_page", "feasible"]
