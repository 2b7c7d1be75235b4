"""The attacker: reads a publication as a stranger would and tries to undo what is hidden in it."""

from factlab.attack.judgement import Finding, Verdict, audit, feasible

__all__ = ["Finding", "Verdict", "audit", "feasible"]
