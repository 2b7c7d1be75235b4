"""The attacker: reads a publication as a stranger would and tries to undo what is hidden in it."""

from factlab.attack.findings import Finding, Verdict
from factlab.attack.judgement import audit, feasible
from factlab.attack.register import Misprint
from factlab.attack.rendered import check_folder, check_page, check_paper

__all__ = ["Finding", "Misprint", "Verdict", "audit", "check_folder", "check_page", "check_paper", "feasible"]
