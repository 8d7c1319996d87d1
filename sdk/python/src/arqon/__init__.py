"""Client and operator SDK of Arqon."""

__version__ = "0.1.0"
