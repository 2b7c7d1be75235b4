"""Factlab: how social services stack up per household, without anyone seeing anyone's clients."""

__version__ = "0.1.0"
